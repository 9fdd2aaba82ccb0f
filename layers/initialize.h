// Gives the weights of a whole module other first values.
//
//   initialize(net, init::Scheme::kKaimingNormal, generator);
//   initialize(net, generator);   // by what follows each layer: He before ReLU, Xavier before tanh
#ifndef TENON_LAYERS_INITIALIZE_H_
#define TENON_LAYERS_INITIALIZE_H_

#include <string>
#include <utility>
#include <vector>

#include "init/scheme.h"
#include "layers/module.h"

namespace tenon::layers {

/// Fills every parameter of two or more dimensions by the scheme and the others named "bias" with
/// 0, in the order of named_parameters(). Others (scales of normalizations, …) keep their values.
void initialize(const Module& module, init::Scheme scheme, Generator& generator);

struct HeuristicOptions {
  /// For a weight after which no activation module is declared before the next weight: what the
  /// program's forward() applies there, if it is the same everywhere.
  init::Scheme otherwise = init::Scheme::kXavierUniform;
};
/// The same with a scheme for each weight, chosen by the activation module that is declared after
/// its layer (normalization, pooling and dropout may stand between): kKaimingNormal before ReLU and
/// its kin (LeakyReLU, PReLU, ELU, CELU, GELU, SiLU, Swish, Mish, Softplus, Hardswish, ReLU6,
/// Maxout; He et al. 2015, §2.2), kLecunNormal before SELU (Klambauer et al. 2017, §4),
/// kXavierUniform before others (Glorot & Bengio 2010, §4.2.1).
void initialize(const Module& module, Generator& generator, const HeuristicOptions& options = {});

/// What that heuristic chooses, by the names of named_parameters() with two or more dimensions.
std::vector<std::pair<std::string, init::Scheme>> heuristic_schemes(
    const Module& module, const HeuristicOptions& options = {});

}  // namespace tenon::layers

#endif  // TENON_LAYERS_INITIALIZE_H_

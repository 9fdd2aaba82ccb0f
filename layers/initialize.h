// Gives the weights of a whole module other first values.
//
//   initialize(net, init::Scheme::kKaimingNormal, generator);
#ifndef TENON_LAYERS_INITIALIZE_H_
#define TENON_LAYERS_INITIALIZE_H_

#include "init/scheme.h"
#include "layers/module.h"

namespace tenon::layers {

/// Fills every parameter of two or more dimensions by the scheme and the others named "bias" with
/// 0, in the order of named_parameters(). Others (scales of normalizations, …) keep their values.
void initialize(const Module& module, init::Scheme scheme, Generator& generator);

}  // namespace tenon::layers

#endif  // TENON_LAYERS_INITIALIZE_H_

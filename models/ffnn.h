// A feed-forward network with an activation of one's choice after each layer.
//
//   models::Ffnn net({.inputs = 784,
//                     .layers = {{512, models::with<layers::ReLU>},
//                                {128, models::with<layers::Tanh>},
//                                {10}}});               // [N,784] or [N,1,28,28] -> [N,10]
#ifndef TENON_MODELS_FFNN_H_
#define TENON_MODELS_FFNN_H_

#include <functional>
#include <optional>
#include <vector>

#include "init/scheme.h"
#include "layers/sequential.h"

namespace tenon::models {

/// Adds an activation, any module or several, to the end of a network.
using AddActivation = std::function<void(layers::Sequential& net)>;

/// The AddActivation of a module that needs no options; a lambda will do for one that does:
/// `[](layers::Sequential& net) { net.add<layers::LeakyReLU>({.slope = 0.1}); }`.
template <class Activation>
void with(layers::Sequential& net) {
  net.add<Activation>();
}

struct FfnnLayer {
  std::int64_t features = 0;
  AddActivation activation = {};  ///< none where empty
  double dropout = 0;             ///< probability of a zero after the activation; none where 0
};

struct FfnnOptions {
  std::int64_t inputs = 0;
  std::vector<FfnnLayer> layers = {};  ///< the last one's features are the outputs
  /// Fills the weights from default_generator() and zeroes the biases; PyTorch's values where
  /// absent.
  std::optional<init::Scheme> init = {};
};

/// Linear, activation, (Dropout,) Linear, …, numbered as in PyTorch's Sequential of these. Inputs
/// of more than two dimensions are flattened to [N,inputs]. Activations may have parameters: they
/// are trained and saved like any other. Throws ValueError for no layers or features below 1.
class Ffnn : public layers::Sequential {
 public:
  using Options = FfnnOptions;

  explicit Ffnn(const FfnnOptions& options) { init(options); }
  Ffnn(layers::Module* parent, std::string_view name, const FfnnOptions& options)
      : Sequential(parent, name) {
    init(options);
  }

  layers::Variable forward(const layers::Variable& x) override;

 private:
  void init(const FfnnOptions& options);
};

}  // namespace tenon::models

#endif  // TENON_MODELS_FFNN_H_

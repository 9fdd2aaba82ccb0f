// Multilayer perceptron.
//
//   models::Mlp net({.sizes = {784, 512, 10}});    // state dict: 0.weight,
//   0.bias, 2.weight, 2.bias Variable logits = net(images);                 // [N,784] or
//   [N,1,28,28] -> [N,10]
#ifndef TENON_MODELS_MLP_H_
#define TENON_MODELS_MLP_H_

#include <optional>
#include <vector>

#include "init/scheme.h"
#include "layers/sequential.h"

namespace tenon::models {

struct MlpOptions {
  /// Features of the input, of the hidden layers, of the output.
  std::vector<std::int64_t> sizes = {};
  /// kRelu, kTanh, kSigmoid, or kLinear for none.
  init::Nonlinearity activation = init::Nonlinearity::kRelu;
  /// Probability of a zero after each activation; no Dropout where 0.
  double dropout = 0;
  /// Fills the weights from default_generator() and zeroes the biases; PyTorch's values where
  /// absent.
  std::optional<init::Scheme> init = {};
};

/// Linear, activation, (Dropout,) …, Linear, numbered as in PyTorch's Sequential of these. Inputs
/// of more than two dimensions are flattened to [N,sizes[0]]. Throws ValueError for fewer than two
/// sizes, one below 1, or an activation not listed.
class Mlp : public layers::Sequential {
 public:
  using Options = MlpOptions;

  explicit Mlp(const MlpOptions& options) { init(options); }
  Mlp(layers::Module* parent, std::string_view name, const MlpOptions& options)
      : Sequential(parent, name) {
    init(options);
  }

  layers::Variable forward(const layers::Variable& x) override;

 private:
  void init(const MlpOptions& options);
};

}  // namespace tenon::models

#endif  // TENON_MODELS_MLP_H_

// The network that the experiments of this folder share.
#ifndef TENON_EXAMPLES_MNIST_FFNN_FFNN_H_
#define TENON_EXAMPLES_MNIST_FFNN_FFNN_H_

#include <memory>
#include <optional>
#include <string_view>

#include "init/scheme.h"
#include "models/ffnn.h"

namespace tenon::examples {

struct MnistFfnnOptions {
  /// "relu" after every hidden layer, or "mixed": ReLU, CELU and Swish after one each, with CELU's
  /// alpha and Swish's beta trained.
  std::string_view activations = "mixed";
  std::optional<init::Scheme> init = {};  ///< PyTorch's values where absent
  double dropout = 0;                     ///< after each activation
};

/// 784-512-1024-128-10: images [N,1,28,28] -> [N,10]. Throws ValueError for other activations.
std::unique_ptr<models::Ffnn> make_mnist_ffnn(const MnistFfnnOptions& options);

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_MNIST_FFNN_FFNN_H_

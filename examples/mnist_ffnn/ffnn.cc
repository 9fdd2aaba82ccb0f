#include "examples/mnist_ffnn/ffnn.h"

#include <array>
#include <string>

#include "layers/activation.h"
#include "tensor/error.h"

namespace tenon::examples {
namespace {

void add_celu(layers::Sequential& net) { net.add<layers::CELU>({.trainable = true}); }

std::array<models::AddActivation, 3> activations(std::string_view name) {
  using models::with;
  if (name == "relu") return {with<layers::ReLU>, with<layers::ReLU>, with<layers::ReLU>};
  if (name == "mixed") return {with<layers::ReLU>, add_celu, with<layers::Swish>};
  throw ValueError("[make_mnist_ffnn] expected activations relu or mixed, got " +
                   std::string(name));
}

}  // namespace

std::unique_ptr<models::Ffnn> make_mnist_ffnn(const MnistFfnnOptions& options) {
  const auto after = activations(options.activations);
  return std::make_unique<models::Ffnn>(
      models::FfnnOptions{.inputs = 784,
                          .layers = {{512, after[0], options.dropout},
                                     {1024, after[1], options.dropout},
                                     {128, after[2], options.dropout},
                                     {10}},
                          .init = options.init});
}

}  // namespace tenon::examples

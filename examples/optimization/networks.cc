#include "examples/optimization/networks.h"

#include "layers/activation.h"
#include "layers/batch_norm.h"
#include "models/ffnn.h"
#include "models/residual_mlp.h"

namespace tenon::examples {

std::unique_ptr<layers::Module> make_perceptron(const PerceptronOptions& options) {
  models::FfnnOptions network{.inputs = 784};
  for (const std::int64_t features : options.hidden) {
    const bool normalized = options.batch_norm;
    network.layers.push_back({features, [=](layers::Sequential& net) {
                                if (normalized)
                                  net.add<layers::BatchNorm1d>({.features = features});
                                net.add<layers::ReLU>();
                              }});
  }
  network.layers.push_back({10});
  return std::make_unique<models::Ffnn>(network);
}

std::unique_ptr<layers::Module> make_residual_perceptron() {
  return std::make_unique<models::ResidualMlp>(
      models::ResidualMlpOptions{.sizes = {784, 128, 64, 10}});
}

}  // namespace tenon::examples

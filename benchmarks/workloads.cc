#include "benchmarks/workloads.h"

#include <memory>

#include "layers/layers.h"
#include "models/mlp.h"
#include "optim/adam.h"
#include "optim/sgd.h"
#include "tensor/random.h"

namespace tenon::benchmarks {
namespace {

struct Classification {
  std::unique_ptr<layers::Module> model;
  std::unique_ptr<optim::Optimizer> optimizer;
  Tensor inputs;
  Tensor labels;

  void step() const {
    optimizer->zero_grad();
    layers::cross_entropy((*model)(inputs), labels).backward();
    optimizer->step();
  }
};

std::function<void()> steps_of(Classification task) {
  auto shared = std::make_shared<Classification>(std::move(task));
  return [shared] { shared->step(); };
}

std::unique_ptr<optim::Optimizer> sgd(const layers::Module& model) {
  return std::make_unique<optim::SGD>(model.parameters(),
                                      optim::SGDOptions{.lr = 0.01, .momentum = 0.9});
}

std::unique_ptr<optim::Optimizer> adam(const layers::Module& model) {
  return std::make_unique<optim::Adam>(model.parameters(), optim::AdamOptions{.lr = 1e-3});
}

using MakeOptimizer = std::unique_ptr<optim::Optimizer> (*)(const layers::Module&);

/// An MLP over MNIST-shaped images.
Workload mlp(const std::string& name, std::vector<std::int64_t> sizes, std::int64_t batch,
             MakeOptimizer make_optimizer) {
  double flop = 0;
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
    const int products = i == 0 ? 2 : 3;
    flop += 2.0 * products * static_cast<double>(batch * sizes[i] * sizes[i + 1]);
  }
  const auto prepare = [sizes, batch, make_optimizer] {
    Generator& random = default_generator();
    Classification task;
    task.model = std::make_unique<models::Mlp>(models::MlpOptions{.sizes = sizes});
    task.optimizer = make_optimizer(*task.model);
    task.inputs = randn({batch, 1, 28, 28}, random);
    task.labels = randint(0, sizes.back(), {batch}, random);
    return steps_of(std::move(task));
  };
  return {name, flop, prepare};
}

}  // namespace

std::vector<Workload> workloads() {
  return {
      mlp("mlp_mnist_b64", {784, 128, 10}, 64, sgd),
      mlp("ffnn_mnist_b100", {784, 512, 1024, 128, 10}, 100, adam),
  };
}

}  // namespace tenon::benchmarks

// SGD, Adagrad, RMSprop and Adam on a small network, each with the rate that PyTorch gives it.
//
//   ./bazelw run //examples/optimization:optimizers
#include "examples/common/optimizers.h"

#include <utility>
#include <vector>

#include "examples/common/experiment.h"
#include "examples/common/mnist_rows.h"
#include "examples/optimization/networks.h"

namespace tenon::examples {
namespace {

std::vector<RowOptions> rows() {
  std::vector<RowOptions> rows;
  for (const auto& [name, lr] :
       {std::pair{"sgd", 1e-2}, std::pair{"momentum", 1e-2}, std::pair{"adagrad", 1e-2},
        std::pair{"rmsprop", 1e-3}, std::pair{"adam", 1e-3}}) {
    rows.push_back({.name = name,
                    .network = [] { return make_perceptron(); },
                    .optimizer = optimizer_maker(name, lr)});
  }
  return rows;
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 10, .batch_size = 32}};
  Flags flags("optimization_optimizers", "Compares update rules on MNIST.");
  add(flags, options);
  return flags.run(argc, argv, [&] {
    return train_on_mnist("optimization_optimizers", "MNIST: update rules", rows(), options);
  });
}

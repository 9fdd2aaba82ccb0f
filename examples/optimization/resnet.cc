// A residual perceptron under four update rules: with ways around its layers and batch
// normalization the choice hardly matters any more.
//
//   ./bazelw run //examples/optimization:resnet
#include <utility>
#include <vector>

#include "examples/common/experiment.h"
#include "examples/common/mnist_rows.h"
#include "examples/common/optimizers.h"
#include "examples/optimization/networks.h"

namespace tenon::examples {
namespace {

std::vector<RowOptions> rows() {
  std::vector<RowOptions> rows;
  for (const auto& [name, lr] : {std::pair{"sgd", 1e-1}, std::pair{"adagrad", 1e-2},
                                 std::pair{"rmsprop", 1e-3}, std::pair{"adam", 1e-3}}) {
    rows.push_back({.name = name,
                    .network = [] { return make_residual_perceptron(); },
                    .optimizer = optimizer_maker(name, lr)});
  }
  return rows;
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 10, .batch_size = 64}};
  Flags flags("optimization_resnet", "Compares update rules for a residual network on MNIST.");
  add(flags, options);
  return flags.run(argc, argv, [&] {
    return train_on_mnist("optimization_resnet", "MNIST: a residual network", rows(), options);
  });
}

// What a falling learning rate is worth: constant, in a straight line, with the square root of the
// epoch, exponentially.
//
//   ./bazelw run //examples/optimization:annealing
#include <cmath>
#include <vector>

#include "examples/common/experiment.h"
#include "examples/common/mnist_rows.h"
#include "examples/common/optimizers.h"
#include "examples/optimization/networks.h"
#include "optim/schedule.h"

namespace tenon::examples {
namespace {

std::vector<RowOptions> rows(double lr, int epochs) {
  const auto row = [&](const char* name, optim::Schedule schedule) {
    return RowOptions{.name = name,
                      .network = [] { return make_perceptron(); },
                      .optimizer = optimizer_maker("sgd", lr),
                      .schedule = std::move(schedule),
                      .every = train::Every::kEpoch};
  };
  const auto inverse_root = [](std::int64_t epoch) {
    return 1 / std::sqrt(static_cast<double>(epoch + 1));
  };
  return {row("constant", {}), row("linear", optim::polynomial_lr({.steps = epochs})),
          row("inverse_root", optim::lambda_lr(inverse_root)),
          row("exponential", optim::exponential_lr({.gamma = 0.8}))};
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 10, .batch_size = 32, .lr = 0.2}};
  Flags flags("optimization_annealing", "Compares learning rates that fall on MNIST.");
  add(flags, options);
  return flags.run(argc, argv, [&] {
    return train_on_mnist("optimization_annealing", "MNIST: falling learning rates",
                          rows(options.lr, options.epochs), options);
  });
}

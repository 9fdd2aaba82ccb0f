// A residual perceptron under four update rules: with ways around its layers and batch
// normalization the choice hardly matters any more.
//
//   ./bazelw run //examples/optimization:resnet
#include "examples/common/experiment.h"
#include "examples/common/mnist_rows.h"
#include "examples/common/row_trainer.h"
#include "examples/optimization/networks.h"

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 10, .batch_size = 64}};
  Flags flags("optimization_resnet", "Compares update rules for a residual network on MNIST.");
  add(flags, options);
  return flags.run(argc, argv, [&] {
    return train_on_mnist(
        "optimization_resnet", "MNIST: a residual network",
        optimizer_rows([] { return make_residual_perceptron(); },
                       {{"sgd", 1e-1}, {"adagrad", 1e-2}, {"rmsprop", 1e-3}, {"adam", 1e-3}}),
        options);
  });
}

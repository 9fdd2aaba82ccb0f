// SGD, Adagrad, RMSprop and Adam on a small network, each with the rate that PyTorch gives it.
//
//   ./bazelw run //examples/optimization:optimizers
#include "examples/common/experiment.h"
#include "examples/common/mnist_rows.h"
#include "examples/common/row_trainer.h"
#include "examples/optimization/networks.h"

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 10, .batch_size = 32}};
  Flags flags("optimization_optimizers", "Compares update rules on MNIST.");
  add(flags, options);
  return flags.run(argc, argv, [&] {
    return train_on_mnist("optimization_optimizers", "MNIST: update rules",
                          optimizer_rows([] { return make_perceptron(); }, {{"sgd", 1e-2},
                                                                            {"momentum", 1e-2},
                                                                            {"adagrad", 1e-2},
                                                                            {"rmsprop", 1e-3},
                                                                            {"adam", 1e-3}}),
                          options);
  });
}

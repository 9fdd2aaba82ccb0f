// Batches from 8 to 1,024: small ones learn more from an epoch, large ones pass it faster.
//
//   ./bazelw run //examples/optimization:batch_size
#include <cstdint>
#include <string>
#include <vector>

#include "examples/common/experiment.h"
#include "examples/common/mnist_rows.h"
#include "examples/common/optimizers.h"
#include "examples/optimization/networks.h"

namespace tenon::examples {
namespace {

std::vector<RowOptions> rows(double lr) {
  std::vector<RowOptions> rows;
  for (const std::int64_t size : {8, 16, 32, 64, 128, 256, 512, 1024}) {
    rows.push_back({.name = "batch_" + std::to_string(size),
                    .published = size == 32 ? ">= 96" : "",
                    .network = [] { return make_perceptron(); },
                    .optimizer = optimizer_maker("momentum", lr),
                    .batch_size = size});
  }
  return rows;
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 10, .batch_size = 0, .lr = 1e-2}};
  Flags flags("optimization_batch_size", "Compares batch sizes on MNIST.");
  add(flags, options);
  return flags.run(argc, argv, [&] {
    return train_on_mnist("optimization_batch_size", "MNIST: batch sizes", rows(options.lr),
                          options);
  });
}

// Batch normalization in a shallow network and in a deep one.
//
//   ./bazelw run //examples/optimization:batch_norm
#include <string>
#include <vector>

#include "examples/common/experiment.h"
#include "examples/common/mnist_rows.h"
#include "examples/common/optimizers.h"
#include "examples/optimization/networks.h"

namespace tenon::examples {
namespace {

std::vector<RowOptions> rows(double lr) {
  const PerceptronOptions shallow{.hidden = {256}};
  const PerceptronOptions deep{.hidden = std::vector<std::int64_t>(8, 128)};
  std::vector<RowOptions> rows;
  for (const auto& [name, network] : {std::pair{"shallow", shallow}, std::pair{"deep", deep}}) {
    for (const bool batch_norm : {false, true}) {
      PerceptronOptions options = network;
      options.batch_norm = batch_norm;
      rows.push_back({.name = std::string(name) + (batch_norm ? "_bn" : ""),
                      .network = [=] { return make_perceptron(options); },
                      .optimizer = optimizer_maker("momentum", lr)});
    }
  }
  return rows;
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 10, .batch_size = 64, .lr = 1e-2}};
  Flags flags("optimization_batch_norm",
              "Networks of one and of eight hidden layers, with and without batch "
              "normalization, on MNIST.");
  add(flags, options);
  return flags.run(argc, argv, [&] {
    return train_on_mnist("optimization_batch_norm", "MNIST: batch normalization", rows(options.lr),
                          options);
  });
}

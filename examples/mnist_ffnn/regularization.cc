// Dropout and weight decay on a network whose first weights are far too large.
//
//   ./bazelw run //examples/mnist_ffnn:regularization
//
// 784-512-1024-128-10 from N(0,1) weights: logits begin in the tens of thousands, and a learning
// rate of 1e-5 is all that plain SGD can take.
#include <string>
#include <vector>

#include "examples/common/experiment.h"
#include "examples/common/mnist_rows.h"
#include "examples/common/optimizers.h"
#include "examples/mnist_ffnn/ffnn.h"

namespace tenon::examples {
namespace {

struct Options : ExperimentOptions {
  std::string activations = "mixed";
  std::string optimizer = "sgd";
  double dropout = 0.2;
  double weight_decay = 10;
};

RowOptions row(const std::string& name, const std::string& published, double dropout,
               double weight_decay, const Options& options) {
  const MnistFfnnOptions network{
      .activations = options.activations, .init = init::Scheme::kNormal, .dropout = dropout};
  return {.name = name,
          .published = published,
          .network = [=] { return make_mnist_ffnn(network); },
          .optimizer = optimizer_maker(options.optimizer, options.lr, weight_decay)};
}

absl::Status compare(const Options& options) {
  return train_on_mnist(
      "mnist_ffnn_regularization", "MNIST: dropout and weight decay",
      {row("baseline", "79.5", 0, 0, options), row("dropout", "~85", options.dropout, 0, options),
       row("weight_decay", "77.6", 0, options.weight_decay, options),
       row("both", "~85", options.dropout, options.weight_decay, options)},
      options);
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  Options options{{{.epochs = 5, .batch_size = 100, .lr = 1e-5}}};
  Flags flags("mnist_ffnn_regularization", "Dropout and weight decay on a network for MNIST.");
  add(flags, options);
  flags.add_choice("activations", options.activations, {"mixed", "relu"},
                   "after the hidden layers");
  flags.add_choice("optimizer", options.optimizer, {"sgd", "momentum", "rmsprop", "adam"},
                   "of all rows");
  flags.add_number("dropout", options.dropout, 0, 0.99, "share of activations that are zeroed");
  flags.add_number("weight_decay", options.weight_decay, 0, 1e6, "of the L2 penalty");
  return flags.run(argc, argv, [&] { return compare(options); });
}

// First weights and optimizers: which of them get a deep network to learn at all.
//
//   ./bazelw run //examples/mnist_ffnn:optimizers
//
// 784-512-1024-128-10 with ReLU, CELU and Swish (alpha and beta trained), eight ways to draw its
// first weights, three optimizers.
#include "examples/common/optimizers.h"

#include <array>
#include <string>
#include <vector>

#include "examples/common/experiment.h"
#include "examples/common/mnist_rows.h"
#include "examples/mnist_ffnn/ffnn.h"

namespace tenon::examples {
namespace {

constexpr std::array<const char*, 3> kOptimizers = {"momentum", "rmsprop", "adam"};

struct FirstWeights {
  const char* name;
  init::Scheme scheme;
  std::array<const char*, 3> published;  // in the order of kOptimizers; empty where there is none
};

// The published table calls LeCun's rule Xavier, and Xavier's, sqrt(2 / (in + out)), a heuristic.
const std::vector<FirstWeights> kFirstWeights = {
    {"lecun_normal", init::Scheme::kLecunNormal, {"94.4", "97.5", "98.0"}},
    {"he_normal", init::Scheme::kKaimingNormal, {"95.4", "98.0", "97.8"}},
    {"xavier_normal", init::Scheme::kXavierNormal, {"95.1", "97.8", "97.7"}},
    {"normal", init::Scheme::kNormal, {"11.4", "92.4", ""}},
    {"lecun_uniform", init::Scheme::kLecunUniform, {}},
    {"he_uniform", init::Scheme::kKaimingUniform, {}},
    {"xavier_uniform", init::Scheme::kXavierUniform, {}},
    {"uniform", init::Scheme::kUniform, {}},
};

struct Options : ExperimentOptions {
  std::string activations = "mixed";
  std::string init = "all";
  std::string optimizer = "all";
};

std::vector<std::string> first_weights_names() {
  std::vector<std::string> names = {"all"};
  for (const FirstWeights& first : kFirstWeights) names.emplace_back(first.name);
  return names;
}

std::vector<RowOptions> rows(const Options& options) {
  std::vector<RowOptions> rows;
  for (const FirstWeights& first : kFirstWeights) {
    if (options.init != "all" && options.init != first.name) continue;
    for (std::size_t i = 0; i < kOptimizers.size(); ++i) {
      if (options.optimizer != "all" && options.optimizer != kOptimizers[i]) continue;
      const MnistFfnnOptions network{.activations = options.activations, .init = first.scheme};
      rows.push_back({.name = std::string(first.name) + "/" + kOptimizers[i],
                      .published = first.published[i] ? first.published[i] : "",
                      .network = [=] { return make_mnist_ffnn(network); },
                      .optimizer = optimizer_maker(kOptimizers[i], options.lr)});
    }
  }
  return rows;
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  Options options{{{.epochs = 10, .batch_size = 100, .lr = 1e-3}}};
  Flags flags("mnist_ffnn_optimizers",
              "Compares first weights and optimizers of a network for MNIST.");
  add(flags, options);
  flags.add_choice("activations", options.activations, {"mixed", "relu"},
                   "after the hidden layers");
  flags.add_choice("init", options.init, first_weights_names(), "to try");
  flags.add_choice("optimizer", options.optimizer, {"all", "momentum", "rmsprop", "adam"},
                   "to try");
  return flags.run(argc, argv, [&] {
    return train_on_mnist("mnist_ffnn_optimizers", "MNIST: first weights and optimizers",
                          rows(options), options);
  });
}

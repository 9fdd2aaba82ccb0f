// How gradients fade on their way through nine layers, and what keeps them alive.
//
//   ./bazelw run //examples/small_nets:vanishing
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "autograd/ops.h"
#include "data/data_loader.h"
#include "examples/common/experiment.h"
#include "examples/common/image_problem.h"
#include "examples/common/picture.h"
#include "examples/common/result_line.h"
#include "examples/common/statistics.h"
#include "examples/common/table.h"
#include "init/scheme.h"
#include "layers/layers.h"
#include "models/ffnn.h"
#include "optim/adam.h"
#include "tensor/ops.h"
#include "tensor/random.h"
#include "train/train.h"

namespace tenon::examples {
namespace {

constexpr int kLayers = 9;
constexpr std::int64_t kWidth = 32;

struct Variant {
  std::string activation, init;
  models::AddActivation add;
  std::optional<init::Scheme> scheme;
};

template <class Activation>
void normalized(layers::Sequential& net) {
  net.add<layers::BatchNorm1d>({.features = kWidth});
  net.add<Activation>();
}

const std::vector<Variant>& variants() {
  using init::Scheme;
  static const std::vector<Variant> all = {
      {"sigmoid", "PyTorch's", models::with<layers::Sigmoid>, {}},
      {"sigmoid", "Xavier", models::with<layers::Sigmoid>, Scheme::kXavierUniform},
      {"sigmoid, batch norm", "PyTorch's", normalized<layers::Sigmoid>, {}},
      {"tanh", "PyTorch's", models::with<layers::Tanh>, {}},
      {"tanh", "Xavier", models::with<layers::Tanh>, Scheme::kXavierUniform},
      {"ReLU", "PyTorch's", models::with<layers::ReLU>, {}},
      {"ReLU", "He", models::with<layers::ReLU>, Scheme::kKaimingNormal}};
  return all;
}

models::FfnnOptions nine_layers(const Variant& variant) {
  models::FfnnOptions options{.inputs = 64, .init = variant.scheme};
  for (int i = 1; i < kLayers; ++i) options.layers.push_back({kWidth, variant.add});
  options.layers.push_back({10});
  return options;
}

// The norm of each linear layer's weight gradient for these examples.
std::vector<double> gradient_norms(layers::Module& net, const Examples& examples) {
  cross_entropy(net(examples.inputs), examples.labels).backward();
  std::vector<double> norms = {};
  for (const autograd::Variable& parameter : net.parameters()) {
    if (parameter.ndim() == 2) norms.push_back(norm(parameter.grad().value()).item<double>());
  }
  net.zero_grad();
  return norms;
}

struct Outcome {
  std::vector<double> norms = {};
  train::History history = {};
};

absl::StatusOr<Outcome> learn(const ImageProblem& digits, const Variant& variant,
                              const ExperimentOptions& options, std::uint64_t seed) {
  manual_seed(seed);
  models::Ffnn net(nine_layers(variant));
  Outcome outcome{.norms = gradient_norms(net, head(digits.train, 256))};
  const data::TensorDataset train_set = dataset(digits.train), test_set = dataset(digits.test);
  data::DataLoader train_loader(train_set,
                                {.batch_size = options.batch_size, .shuffle = true, .seed = seed});
  data::DataLoader test_loader(test_set, {.batch_size = 500});
  net.to(options.device);
  optim::Adam optimizer(net.parameters(), {.lr = options.lr});
  train::Accuracy accuracy;
  auto history =
      train::fit(net, train_loader, optimizer,
                 {.epochs = options.epochs, .metrics = {&accuracy}, .validation = &test_loader});
  if (!history.ok()) return history.status();
  outcome.history = *std::move(history);
  return outcome;
}

absl::Status compare(ExperimentOptions& options) {
  if (options.quick) {
    options.epochs = 3;
    options.seeds = 1;
  }
  const auto digits = load_digits_problem(options);
  if (!digits.ok()) return digits.status();

  Table table(
      {"activation", "first weights", "gradient of the first layer / last", "test accuracy %"});
  train::Panel norms{
      .title = "gradient before training", .x_label = "layer", .y_label = "norm", .log_y = true};
  train::Panel curves{.title = "test accuracy", .x_label = "epoch"};
  double sigmoid_ratio = 0, best = 0, seconds = 0;
  for (const Variant& variant : variants()) {
    std::vector<double> ratios, accuracies;
    const std::string label = variant.activation + ", " + variant.init;
    for (std::int64_t i = 0; i < options.seeds; ++i) {
      const auto outcome =
          learn(*digits, variant, options, options.seed + static_cast<std::uint64_t>(i));
      if (!outcome.ok()) return outcome.status();
      ratios.push_back(outcome->norms.front() / outcome->norms.back());
      accuracies.push_back(outcome->history.back().value("val_accuracy"));
      seconds += training_seconds(outcome->history);
      if (i > 0) continue;
      norms.series.push_back(curve(label, outcome->norms));
      curves.series.push_back(curve(label, train::column(outcome->history, "val_accuracy")));
    }
    const Spread ratio = spread(ratios), accuracy = spread(accuracies);
    if (&variant == &variants().front()) sigmoid_ratio = ratio.mean;
    best = std::max(best, accuracy.mean);
    char shown[32];
    std::snprintf(shown, sizeof shown, "%.1e", ratio.mean);
    table.add_row({variant.activation, variant.init, shown, percent(accuracy)});
    if (!options.quiet) {
      std::printf("%-34s first / last gradient %s, test accuracy %s %%\n", label.c_str(), shown,
                  percent(accuracy).c_str());
    }
  }
  if (!options.quiet) std::printf("\n%s\n", table.to_text().c_str());
  absl::Status status = table.write(options.output("table"));
  if (status.ok()) {
    status = draw({norms, curves}, options.output("vanishing"),
                  {.title = "nine layers on 8x8 digits", .panel_width = 560});
  }
  if (!status.ok()) return status;
  ResultLine result("small_nets:vanishing", options);
  result.add("sigmoid_ratio", sigmoid_ratio);
  result.add("test_accuracy", best);
  result.add("seconds", seconds);
  result.print();
  return absl::OkStatus();
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 20, .batch_size = 32, .lr = 1e-3},
                            /*quick=*/false,
                            /*seeds=*/5};
  Flags flags("vanishing",
              "Gradients of a network of nine layers, by activation and first weights.");
  add(flags, options);
  return flags.run(argc, argv, [&] { return compare(options); });
}

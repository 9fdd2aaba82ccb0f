// What a loss asks for: losses and their gradients drawn, and what they make of damaged data.
//
//   ./bazelw run //examples/small_nets:losses
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "autograd/ops.h"
#include "data/data_loader.h"
#include "data/tensor_dataset.h"
#include "examples/common/experiment.h"
#include "examples/common/picture.h"
#include "examples/common/result_line.h"
#include "examples/common/statistics.h"
#include "examples/common/table.h"
#include "examples/small_nets/hillshade.h"
#include "layers/layers.h"
#include "models/ffnn.h"
#include "optim/adam.h"
#include "tensor/ops.h"
#include "tensor/random.h"
#include "train/train.h"

namespace tenon::examples {
namespace {

using autograd::Variable;

struct NamedLoss {
  std::string name;
  train::Loss loss;
};

const std::vector<NamedLoss>& regression_losses() {
  static const std::vector<NamedLoss> all = {
      {"MSE", layers::MseLoss{}},
      {"L1", layers::L1Loss{}},
      {"Huber, delta 0.1", layers::HuberLoss{.delta = 0.1}},
      {"smooth L1, beta 0.5", layers::SmoothL1Loss{.beta = 0.5}}};
  return all;
}

// Losses of one example of the first of two classes, by how much more its score is.
Variable scores(const Variable& margin) {
  return stack(std::vector<Variable>{margin, margin * 0}, 1);
}
const std::vector<NamedLoss>& margin_losses() {
  static const std::vector<NamedLoss> all = {
      {"cross entropy",
       [](const Variable& m, const Tensor&) {
         return cross_entropy(scores(m), zeros(m.shape(), {.dtype = DType::kI64}));
       }},
      {"hinge",
       [](const Variable& m, const Tensor&) {
         return 2 * layers::multi_margin_loss(scores(m), zeros(m.shape(), {.dtype = DType::kI64}));
       }},
      {"squared error of the sigmoid", [](const Variable& m, const Tensor&) {
         return layers::mse_loss(sigmoid(m), ones(m.shape()));
       }}};
  return all;
}

// Each loss over x, and its derivative.
std::vector<train::Panel> drawn(const std::vector<NamedLoss>& losses, const std::string& x_label) {
  std::vector<train::Panel> panels = {{.title = "loss", .x_label = x_label},
                                      {.title = "its gradient", .x_label = x_label}};
  const std::vector<double> xs = linspace(-3, 3, 121).to(DType::kF64).to_vector<double>();
  for (const NamedLoss& named : losses) {
    train::Series value{.label = named.name, .x = xs}, slope{.label = named.name, .x = xs};
    for (const double at : xs) {
      const Variable x(full({1}, at), /*requires_grad=*/true);
      const Variable loss = named.loss(x, zeros({1}));
      loss.backward();
      value.y.push_back(loss.item<double>());
      slope.y.push_back(x.grad().item<double>());
    }
    panels[0].series.push_back(value);
    panels[1].series.push_back(slope);
  }
  return panels;
}

// Replaces a share of the shades by three times the brightest: readings of a broken instrument.
Tensor damaged(const Tensor& shade, double share, Generator& random) {
  return where(gt(bernoulli(shade.shape(), share, random), 0), full_like(shade, 3), shade);
}

struct Outcome {
  double error = 0;  // on sound slopes
  double seconds = 0;
};

// Trains the 2-5-4-1 network on damaged shades.
absl::StatusOr<Outcome> learn(const Hillshade& problem, const train::Loss& loss, double share,
                              const ExperimentOptions& options, std::uint64_t seed) {
  Generator random(seed);
  const data::TensorDataset train_set(problem.train.inputs,
                                      damaged(problem.train.shade, share, random));
  const data::TensorDataset test_set(problem.test.inputs, problem.test.shade);
  data::DataLoader train_loader(train_set,
                                {.batch_size = options.batch_size, .shuffle = true, .seed = seed});
  data::DataLoader test_loader(test_set, {.batch_size = 5000});
  manual_seed(seed);
  models::Ffnn net(
      {.inputs = 2,
       .layers = {{5, models::with<layers::Tanh>}, {4, models::with<layers::Tanh>}, {1}}});
  net.to(options.device);
  optim::Adam optimizer(net.parameters(), {.lr = 0.01});
  train::RateSchedule rate(
      optim::cosine_annealing_lr({.steps = options.epochs * train_loader.num_batches()}));
  const auto history = train::fit(net, train_loader, optimizer,
                                  {.epochs = options.epochs, .loss = loss, .callbacks = {&rate}});
  if (!history.ok()) return history.status();
  ShadeError error;
  train::evaluate(net, test_loader, {.loss = loss, .metrics = {&error}});
  return Outcome{.error = error.value(), .seconds = training_seconds(*history)};
}

// The errors over the seeds; adds to the seconds.
absl::StatusOr<Spread> errors_of(const Hillshade& problem, const train::Loss& loss, double share,
                                 const ExperimentOptions& options, double& seconds) {
  std::vector<double> errors;
  for (std::int64_t i = 0; i < options.seeds; ++i) {
    const auto outcome =
        learn(problem, loss, share, options, options.seed + static_cast<std::uint64_t>(i));
    if (!outcome.ok()) return outcome.status();
    errors.push_back(outcome->error);
    seconds += outcome->seconds;
  }
  return spread(errors);
}

absl::Status draw_all(const ExperimentOptions& options) {
  std::vector<train::Panel> panels = drawn(regression_losses(), "error");
  const std::vector<train::Panel> more =
      drawn(margin_losses(), "score of the right class less the other");
  panels.insert(panels.end(), more.begin(), more.end());
  return draw(panels, options.output("losses"), {.title = "losses"});
}

absl::Status compare(ExperimentOptions& options) {
  if (options.quick) {
    options.epochs = 3;
    options.seeds = 1;
  }
  if (absl::Status status = draw_all(options); !status.ok()) return status;
  const auto problem = load_hillshade(options, options.quick ? 3'000 : 20'000, 5'000);
  if (!problem.ok()) return problem.status();

  Table table({"loss", "no damage", "10 % damaged", "30 % damaged"});
  ResultLine result("small_nets:losses", options);
  double seconds = 0;
  for (const NamedLoss& named : regression_losses()) {
    std::vector<std::string> row = {named.name};
    for (const double share : {0.0, 0.1, 0.3}) {
      const auto error = errors_of(*problem, named.loss, share, options, seconds);
      if (!error.ok()) return error.status();
      row.push_back(fixed(*error, 2));
      if (share == 0.1 && named.name == "MSE") result.add("mse_error", error->mean);
      if (share == 0.1 && named.name == "L1") result.add("l1_error", error->mean);
    }
    if (!options.quiet) std::printf("%s: done\n", named.name.c_str());
    table.add_row(row);
  }
  if (!options.quiet) {
    std::printf("\nhow far shades (0 to 255) of sound slopes are off:\n%s\n",
                table.to_text().c_str());
  }
  if (absl::Status status = table.write(options.output("table")); !status.ok()) return status;
  result.add("seconds", seconds);
  result.print();
  return absl::OkStatus();
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 20, .batch_size = 64}, /*quick=*/false, /*seeds=*/5};
  Flags flags("losses", "Losses drawn, and what damaged targets do to each.");
  add(flags, options);
  return flags.run(argc, argv, [&] { return compare(options); });
}

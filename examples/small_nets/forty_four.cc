// What can 44 parameters learn? Three networks of that size, wide to deep, learn the shade of real
// slopes, each with either activation, loss and optimizer.
//
//   ./bazelw run //examples/small_nets:forty_four
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "autograd/variable.h"
#include "data/data_loader.h"
#include "data/tensor_dataset.h"
#include "examples/common/experiment.h"
#include "examples/common/picture.h"
#include "examples/common/result_line.h"
#include "examples/common/statistics.h"
#include "examples/common/table.h"
#include "examples/small_nets/hillshade.h"
#include "layers/layers.h"
#include "optim/adam.h"
#include "optim/sgd.h"
#include "tensor/ops.h"
#include "tensor/random.h"
#include "train/train.h"

namespace tenon::examples {
namespace {

struct Architecture {
  std::string name;
  std::vector<std::int64_t> hidden;
  bool output_bias;
};

// 2 inputs and 1 output: 3 x 11 + 11, 15 + 24 + 5 and 9 + 12 + 12 + 8 + 3 parameters.
const std::vector<Architecture> kArchitectures = {
    {"2-11-1", {11}, false}, {"2-5-4-1", {5, 4}, true}, {"2-3-3-3-2-1", {3, 3, 3, 2}, true}};

struct Setting {
  Architecture architecture;
  bool sigmoid = false;  // else tanh
  bool mse = false;      // else L1
  bool adam = false;     // else SGD

  std::string recipe() const {
    return std::string(adam ? "Adam" : "SGD") + ", " + (mse ? "MSE" : "L1") + ", " +
           (sigmoid ? "sigmoid" : "tanh");
  }
};

void build(layers::Sequential& net, const Setting& setting) {
  std::int64_t features = 2;
  for (const std::int64_t width : setting.architecture.hidden) {
    net.add<layers::Linear>({.in_features = features, .out_features = width});
    if (setting.sigmoid) {
      net.add<layers::Sigmoid>();
    } else {
      net.add<layers::Tanh>();
    }
    features = width;
  }
  net.add<layers::Linear>(
      {.in_features = features, .out_features = 1, .bias = setting.architecture.output_bias});
}

std::unique_ptr<optim::Optimizer> optimizer_for(const layers::Module& net, const Setting& setting) {
  if (setting.adam)
    return std::make_unique<optim::Adam>(net.parameters(), optim::AdamOptions{.lr = 0.01});
  return std::make_unique<optim::SGD>(net.parameters(), optim::SGDOptions{.lr = 0.1});
}

train::Loss loss_for(const Setting& setting) {
  if (setting.mse) return layers::MseLoss{};
  return layers::L1Loss{};
}

struct Outcome {
  train::History history;
  std::int64_t parameters = 0;
  Tensor around;  // what the network says of slopes of 20 degrees, in shades
};

const std::vector<double>& aspects() {
  static const std::vector<double> all = linspace(0, 360, 181).to(DType::kF64).to_vector<double>();
  return all;
}

absl::StatusOr<Outcome> learn(const Hillshade& problem, const Setting& setting,
                              const ExperimentOptions& options, std::uint64_t seed) {
  manual_seed(seed);
  layers::Sequential net;
  build(net, setting);
  net.to(options.device);
  const auto optimizer = optimizer_for(net, setting);
  const data::TensorDataset train_set(problem.train.inputs, problem.train.shade);
  const data::TensorDataset test_set(problem.test.inputs, problem.test.shade);
  data::DataLoader train_loader(train_set,
                                {.batch_size = options.batch_size, .shuffle = true, .seed = seed});
  data::DataLoader test_loader(test_set, {.batch_size = 5000});
  ShadeError error;
  train::RateSchedule rate(
      optim::cosine_annealing_lr({.steps = options.epochs * train_loader.num_batches()}));
  auto history = train::fit(net, train_loader, *optimizer,
                            {.epochs = options.epochs,
                             .loss = loss_for(setting),
                             .metrics = {&error},
                             .validation = &test_loader,
                             .callbacks = {&rate}});
  if (!history.ok()) return history.status();
  const autograd::NoGrad no_grad;
  return Outcome{
      .history = *std::move(history),
      .parameters = net.num_parameters(),
      .around =
          net(inputs_at(aspects(), 20).to(options.device)).value().to(kCpu).flatten() * 255.0};
}

// Slopes near 20 degrees of the test set, beside what three networks say of them.
train::Panel surface(const Hillshade& problem, const std::vector<train::Series>& networks) {
  train::Panel panel{.title = "shade at 9 am, slopes of 20 degrees",
                     .x_label = "aspect (degrees)",
                     .y_label = "shade"};
  train::Series measured{.label = "measured", .style = train::SeriesStyle::kPoints};
  const Tensor inputs = problem.test.inputs, shade = problem.test.shade;
  for (std::int64_t i = 0; i < inputs.size(0); ++i) {
    if (std::abs((inputs.item<double>({i, 1}) + 1) * 33 - 20) > 0.5) continue;
    measured.x.push_back((inputs.item<double>({i, 0}) + 1) * 180);
    measured.y.push_back(shade.item<double>({i, 0}) * 255);
  }
  panel.series.push_back(std::move(measured));
  panel.series.insert(panel.series.end(), networks.begin(), networks.end());
  return panel;
}

class Experiment {
 public:
  Experiment(const Hillshade& problem, const ExperimentOptions& options)
      : problem_(problem), options_(options) {}

  absl::Status run_all() {
    for (const Architecture& architecture : kArchitectures) {
      for (const bool adam : {false, true}) {
        for (const bool mse : {false, true}) {
          for (const bool sigmoid : {false, true}) {
            const absl::Status status = run_row({architecture, sigmoid, mse, adam});
            if (!status.ok()) return status;
          }
        }
      }
    }
    return report();
  }

 private:
  absl::Status run_row(const Setting& setting) {
    std::vector<double> errors;
    for (std::int64_t i = 0; i < options_.seeds; ++i) {
      const auto outcome =
          learn(problem_, setting, options_, options_.seed + static_cast<std::uint64_t>(i));
      if (!outcome.ok()) return outcome.status();
      errors.push_back(outcome->history.back().value("val_error"));
      seconds_ += training_seconds(outcome->history);
      if (i == 0) keep(setting, *outcome);
    }
    const Spread error = spread(errors);
    if (best_ == 0 || error.mean < best_) best_ = error.mean;
    const std::string& network = setting.architecture.name;
    table_.add_row({network, std::to_string(parameters_), setting.adam ? "Adam" : "SGD",
                    setting.mse ? "MSE" : "L1", setting.sigmoid ? "sigmoid" : "tanh",
                    fixed(error, 2)});
    if (!options_.quiet) {
      std::printf("%-12s %-20s off by %s\n", network.c_str(), setting.recipe().c_str(),
                  fixed(error, 2).c_str());
    }
    return absl::OkStatus();
  }

  // The first seed's curves of two recipes, and the surface of one.
  void keep(const Setting& setting, const Outcome& outcome) {
    parameters_ = outcome.parameters;
    const std::string recipe = setting.recipe();
    if (recipe != "Adam, MSE, tanh" && recipe != "SGD, L1, tanh") return;
    curves_.push_back(curve(setting.architecture.name + ", " + recipe,
                            train::column(outcome.history, "val_error")));
    if (!setting.adam) return;
    surfaces_.push_back({.label = setting.architecture.name,
                         .x = aspects(),
                         .y = outcome.around.to(DType::kF64).to_vector<double>()});
  }

  absl::Status report() {
    const double blind =
        255 * mean(abs(problem_.test.shade - mean(problem_.train.shade))).item<double>();
    table_.add_row({"the mean", "1", "", "", "", fixed(blind, 2)});
    if (!options_.quiet) std::printf("\n%s\n", table_.to_text().c_str());
    absl::Status status = table_.write(options_.output("table"));
    if (!status.ok()) return status;
    const std::vector<train::Panel> panels = {surface(problem_, surfaces_),
                                              {.title = "error on the test set",
                                               .x_label = "epoch",
                                               .y_label = "shades of 255",
                                               .series = curves_,
                                               .log_y = true}};
    status =
        draw(panels, options_.output("forty_four"), {.title = "44 parameters", .panel_width = 560});
    if (!status.ok()) return status;
    ResultLine result("small_nets:forty_four", options_);
    result.add("params", parameters_);
    result.add("best_error", best_);
    result.add("blind_error", blind);
    result.add("seconds", seconds_);
    result.print();
    return absl::OkStatus();
  }

  const Hillshade& problem_;
  const ExperimentOptions& options_;
  Table table_{{"network", "parameters", "optimizer", "loss", "activation", "error (of 255)"}};
  std::vector<train::Series> curves_, surfaces_;
  std::int64_t parameters_ = 0;
  double best_ = 0, seconds_ = 0;
};

absl::Status compare(ExperimentOptions& options) {
  if (options.quick) {
    options.epochs = 3;
    options.seeds = 1;
  }
  const auto problem = load_hillshade(options, options.quick ? 3'000 : 20'000, 5'000);
  if (!problem.ok()) return problem.status();
  return Experiment(*problem, options).run_all();
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 20, .batch_size = 64}, /*quick=*/false, /*seeds=*/5};
  Flags flags("forty_four", "Networks of 44 parameters learn the shade of slopes.");
  add(flags, options);
  return flags.run(argc, argv, [&] { return compare(options); });
}

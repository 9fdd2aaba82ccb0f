// Every learning-rate schedule, drawn, and what a small network learns with it in the same time.
//
//   ./bazelw run //examples/small_nets:schedules
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/data_loader.h"
#include "examples/common/experiment.h"
#include "examples/common/image_problem.h"
#include "examples/common/picture.h"
#include "examples/common/result_line.h"
#include "examples/common/statistics.h"
#include "examples/common/table.h"
#include "models/mlp.h"
#include "optim/schedule.h"
#include "optim/sgd.h"
#include "tensor/random.h"
#include "train/train.h"

namespace tenon::examples {
namespace {

// A schedule over `steps` updates in all; none where it looks at the loss.
struct Named {
  std::string name;
  optim::Schedule schedule;
  bool plateau = false;
};

std::vector<Named> all_schedules(std::int64_t steps, double lr) {
  using namespace optim;
  const std::int64_t tenth = steps / 10;
  const auto slower = [steps](std::int64_t step) {
    return 1 / (1 + 10 * static_cast<double>(step) / static_cast<double>(steps));
  };
  const auto shrink = [tenth](std::int64_t step) { return step % tenth == 0 ? 0.7 : 1; };
  const double last_percent = std::pow(0.01, 1 / static_cast<double>(steps));
  CyclicLrOptions cycle{.base_lr = lr / 10, .max_lr = lr, .steps_up = tenth};
  CyclicLrOptions halving = cycle, falling = cycle;
  halving.mode = CyclicMode::kTriangular2;
  falling.mode = CyclicMode::kExpRange;
  falling.gamma = last_percent;
  return {
      {"constant", lambda_lr([](std::int64_t) { return 1; })},
      {"lambda_lr, 1 / (1 + 10 t)", lambda_lr(slower)},
      {"multiplicative_lr", multiplicative_lr(shrink)},
      {"step_lr", step_lr({.step_size = 3 * tenth, .gamma = 0.2})},
      {"multi_step_lr", multi_step_lr({.milestones = {5 * tenth, 8 * tenth}})},
      {"constant_lr", constant_lr({.factor = 1.0 / 3, .steps = 2 * tenth})},
      {"linear_lr", linear_lr({.start_factor = 1, .end_factor = 0.01, .steps = steps})},
      {"exponential_lr", exponential_lr({.gamma = last_percent})},
      {"polynomial_lr, power 2", polynomial_lr({.steps = steps, .power = 2})},
      {"inverse_sqrt_lr", inverse_sqrt_lr({.warmup_steps = tenth})},
      {"warmup_lr", warmup_lr({.steps = tenth})},
      {"cosine_annealing_lr", cosine_annealing_lr({.steps = steps})},
      {"cosine_annealing_warm_restarts",
       cosine_annealing_warm_restarts({.first_steps = steps / 7, .growth = 2})},
      {"cyclic_lr, kTriangular", cyclic_lr(cycle)},
      {"cyclic_lr, kTriangular2", cyclic_lr(halving)},
      {"cyclic_lr, kExpRange", cyclic_lr(falling)},
      {"one_cycle_lr", one_cycle_lr({.max_lr = lr, .steps = steps + 1, .cycle_momentum = false})},
      {"sequential: warm-up, cosine",
       sequential({{tenth, warmup_lr({.steps = tenth})},
                   {0, cosine_annealing_lr({.steps = steps - tenth})}})},
      {"chained: warm-up, exponential",
       chained({warmup_lr({.steps = tenth}), exponential_lr({.gamma = last_percent})})},
      {"ReduceLROnPlateau", {}, /*plateau=*/true}};
}

// Keeps the rate of every update.
struct RateLog : train::Callback {
  absl::Status on_step_end(train::Run& run, const data::Batch&) override {
    rates.push_back(run.optimizer.lr());
    return absl::OkStatus();
  }
  std::vector<double> rates;
};

struct Outcome {
  double accuracy = 0, loss = 0, seconds = 0;
  std::vector<double> rates;
};

absl::StatusOr<Outcome> learn(const ImageProblem& digits, const Named& named,
                              const ExperimentOptions& options, std::uint64_t seed) {
  manual_seed(seed);
  models::Mlp net({.sizes = {64, 32, 10}});
  const data::TensorDataset train_set = dataset(digits.train), test_set = dataset(digits.test);
  data::DataLoader train_loader(train_set,
                                {.batch_size = options.batch_size, .shuffle = true, .seed = seed});
  data::DataLoader test_loader(test_set, {.batch_size = 500});
  net.to(options.device);
  optim::SGD optimizer(net.parameters(), {.lr = options.lr, .momentum = 0.9});
  train::Accuracy accuracy;
  RateLog rates;
  std::unique_ptr<train::Callback> schedule;
  if (named.plateau) {
    schedule = std::make_unique<train::PlateauSchedule>(
        optim::PlateauOptions{.factor = 0.3, .patience = 1}, "train_loss");
  } else {
    schedule = std::make_unique<train::RateSchedule>(named.schedule);
  }
  const auto history = train::fit(net, train_loader, optimizer,
                                  {.epochs = options.epochs,
                                   .metrics = {&accuracy},
                                   .validation = &test_loader,
                                   .callbacks = {schedule.get(), &rates}});
  if (!history.ok()) return history.status();
  return Outcome{.accuracy = history->back().value("val_accuracy"),
                 .loss = history->back().value("train_loss"),
                 .seconds = training_seconds(*history),
                 .rates = std::move(rates.rates)};
}

absl::Status compare(ExperimentOptions& options) {
  if (options.quick) {
    options.epochs = 5;
    options.seeds = 1;
  }
  const auto digits = load_digits_problem(options);
  if (!digits.ok()) return digits.status();
  const std::int64_t batches = (digits->train.size() + options.batch_size - 1) / options.batch_size;

  Table table({"schedule", "test accuracy %", "last training loss"});
  std::vector<train::Panel> panels;
  double best = 0, seconds = 0;
  const std::vector<Named> schedules = all_schedules(options.epochs * batches, options.lr);
  for (const Named& named : schedules) {
    std::vector<double> accuracies, losses;
    for (std::int64_t i = 0; i < options.seeds; ++i) {
      const auto outcome =
          learn(*digits, named, options, options.seed + static_cast<std::uint64_t>(i));
      if (!outcome.ok()) return outcome.status();
      accuracies.push_back(outcome->accuracy);
      losses.push_back(outcome->loss);
      seconds += outcome->seconds;
      if (i == 0) panels.push_back({.title = named.name, .series = {curve("", outcome->rates)}});
    }
    const Spread accuracy = spread(accuracies);
    best = std::max(best, accuracy.mean);
    table.add_row({named.name, percent(accuracy), fixed(spread(losses), 4)});
    if (!options.quiet) {
      std::printf("%-34s %s %%\n", named.name.c_str(), percent(accuracy).c_str());
    }
  }
  if (!options.quiet) std::printf("\n%s\n", table.to_text().c_str());
  absl::Status status = table.write(options.output("table"));
  if (status.ok()) {
    status = draw(panels, options.output("schedules"),
                  {.title = "rates, update by update", .panel_width = 280, .panel_height = 200}, 5);
  }
  if (!status.ok()) return status;
  ResultLine result("small_nets:schedules", options);
  result.add("schedules", std::ssize(schedules));
  result.add("test_accuracy", best);
  result.add("seconds", seconds);
  result.print();
  return absl::OkStatus();
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 15, .batch_size = 32, .lr = 0.2},
                            /*quick=*/false,
                            /*seeds=*/5};
  Flags flags("schedules", "Learning-rate schedules: drawn, and compared on real digits.");
  add(flags, options);
  return flags.run(argc, argv, [&] { return compare(options); });
}

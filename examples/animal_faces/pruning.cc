// How many weights a trained network can lose, before and after it is trained on.
//
//   ./bazelw run //examples/animal_faces:pruning
#include "regularize/pruning.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "examples/animal_faces/animals.h"
#include "examples/animal_faces/nets.h"
#include "examples/animal_faces/report.h"
#include "examples/animal_faces/trial.h"
#include "regularize/masks.h"
#include "tensor/random.h"

namespace tenon::examples {
namespace {

enum class Way { kMagnitude, kRandom };

/// Of one sparsity, over the seeds.
struct Level {
  double sparsity = 0;
  std::int64_t weights = 0, left = 0;  // all that may be pruned, and those that were not
  bool exact = true;
  std::vector<double> cut[2] = {};  // test accuracy at once, by way
  Tally retrained[2] = {};          // and after training on
};

// The weights that are 0, counted one by one.
std::int64_t zeros(const regularize::Masks& masks) {
  std::int64_t count = 0;
  for (const auto& entry : masks.entries()) {
    for (const float w : entry.parameter.value().to_vector<float>()) count += w == 0;
  }
  return count;
}

absl::Status prune_and_retrain(const layers::StateDict& dense, const Parts& parts, Way way,
                               const TrialOptions& options, Report& report, Level& level) {
  const Net net = big_animal_net();
  net->load_state_dict(dense);
  regularize::Masks masks(*net);
  if (way == Way::kMagnitude) {
    regularize::prune_global_l1(masks, level.sparsity);
  } else {
    regularize::prune_global_random(masks, level.sparsity);
  }
  const auto w = static_cast<std::size_t>(way);
  level.cut[w].push_back(accuracy(*net, parts.test));
  TrialOptions retraining = options;
  retraining.callbacks = {&masks};
  const auto trial = run_trial(*net, parts, retraining);
  if (!trial.ok()) return trial.status();
  report.add_trial("", *trial);
  level.retrained[w].add(*trial);
  const regularize::SparsityRow total = masks.report().back();
  level.weights = total.elements;
  level.left = total.elements - total.masked;
  const double wanted = std::nearbyint(level.sparsity * static_cast<double>(total.elements));
  level.exact = level.exact && static_cast<double>(zeros(masks)) == wanted;
  return absl::OkStatus();
}

absl::Status prune_at_all_levels(const Animals& animals, const ExperimentOptions& options,
                                 std::uint64_t seed, Report& report, Tally& dense,
                                 std::vector<Level>& levels) {
  const auto parts = deal(animals, {.train = options.quick ? 1000 : 4000, .validation = 500}, seed);
  if (!parts.ok()) return parts.status();
  TrialOptions training_on = training(options, seed);
  manual_seed(seed);
  const Net net = big_animal_net();
  const auto trial = run_trial(*net, *parts, training_on);
  if (!trial.ok()) return trial.status();
  report.add_trial("", *trial);
  dense.add(*trial);
  training_on.epochs = std::max(1, options.epochs / 2);
  for (Level& level : levels) {
    for (const Way way : {Way::kMagnitude, Way::kRandom}) {
      const absl::Status status =
          prune_and_retrain(net->state_dict(), *parts, way, training_on, report, level);
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

train::Panel accuracy_panel(const std::vector<Level>& levels) {
  train::Panel panel{.title = "test accuracy", .x_label = "sparsity %", .y_label = "%"};
  const char* const names[] = {"smallest", "random"};
  for (const Way way : {Way::kMagnitude, Way::kRandom}) {
    const auto w = static_cast<std::size_t>(way);
    train::Series cut{.label = std::string(names[w]) + ", at once"};
    train::Series retrained{.label = std::string(names[w]) + ", retrained"};
    for (const Level& level : levels) {
      for (train::Series* series : {&cut, &retrained}) series->x.push_back(100 * level.sparsity);
      cut.y.push_back(100 * mean(level.cut[w]));
      retrained.y.push_back(100 * mean(level.retrained[w].test));
    }
    panel.series.push_back(cut);
    panel.series.push_back(retrained);
  }
  return panel;
}

absl::Status prune(const ExperimentOptions& options) {
  const auto animals = load_animals(options);
  if (!animals.ok()) return animals.status();
  std::vector<Level> levels;
  for (int percents = 15; percents <= 95; percents += options.quick ? 40 : 10) {
    levels.emplace_back().sparsity = percents / 100.0;
  }
  Report report("pruning", options, *animals,
                {"sparsity %", "weights left", "smallest, at once", "smallest, retrained",
                 "random, at once", "random, retrained"});
  Tally dense;
  for (std::int64_t s = 0; s < options.seeds; ++s) {
    const std::uint64_t seed = options.seed + static_cast<std::uint64_t>(s);
    const absl::Status status = prune_at_all_levels(*animals, options, seed, report, dense, levels);
    if (!status.ok()) return status;
    report.say("seed " + std::to_string(seed) + ": " + percent(dense.test.back()) + " % unpruned");
  }
  const std::string unpruned = cell(dense.test);
  report.add_row(
      {"0", std::to_string(levels.front().weights), unpruned, unpruned, unpruned, unpruned}, dense);
  bool exact = true;
  for (const Level& level : levels) {
    exact = exact && level.exact;
    report.add_row(
        {fixed(100 * level.sparsity, 0), std::to_string(level.left), cell(level.cut[0]),
         cell(level.retrained[0].test), cell(level.cut[1]), cell(level.retrained[1].test)},
        level.retrained[0]);
  }
  report.add_panel(accuracy_panel(levels));
  return report.finish("Pruning", {{"sparsity_exact", exact ? 1 : 0},
                                   {"test_accuracy", mean(levels.back().retrained[0].test)}});
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 20, .batch_size = 128, .lr = 5e-3}, false, 5};
  Flags flags("pruning", "Prunes a trained network at many levels and trains it on.");
  add(flags, options);
  return flags.run(argc, argv, [&] {
    if (options.quick) shorten(options, 6);
    return prune(options);
  });
}

// A network with thousands of parameters per picture learns any labels by heart, even random ones.
//
//   ./bazelw run //examples/animal_faces:memorization
#include <string>
#include <utility>
#include <vector>

#include "data/stats/labels.h"
#include "examples/animal_faces/animals.h"
#include "examples/animal_faces/nets.h"
#include "examples/animal_faces/report.h"
#include "examples/animal_faces/trial.h"
#include "tensor/random.h"

namespace tenon::examples {
namespace {

struct Row {
  std::string name;
  double noise = 0;    ///< the share of the labels that are dealt anew
  bool faces = false;  ///< the genuine faces of afhq_sample instead
  std::string published = "-";
};

// Counts the labels that are now others.
std::int64_t differences(const Tensor& a, const Tensor& b) {
  const auto x = a.to_vector<std::int64_t>(), y = b.to_vector<std::int64_t>();
  std::int64_t count = 0;
  for (std::size_t i = 0; i < x.size(); ++i) count += x[i] != y[i];
  return count;
}

absl::StatusOr<Parts> parts_of(const Row& row, const Animals& animals,
                               const ExperimentOptions& options, std::uint64_t seed) {
  absl::StatusOr<Parts> parts = deal(animals, {.train = 100, .validation = 100}, seed);
  if (!parts.ok() || !row.faces) return parts;
  const auto sample = load_sample(options);
  if (!sample.ok()) return sample.status();
  parts->train = *sample;
  return parts;
}

absl::StatusOr<Tally> run_row(const Row& row, const Animals& animals,
                              const ExperimentOptions& options, Report& report) {
  std::int64_t wrong = 0;
  const auto tally =
      over_seeds(options, report, row.name, [&](std::uint64_t seed) -> absl::StatusOr<Trial> {
        auto parts = parts_of(row, animals, options, seed);
        if (!parts.ok()) return parts.status();
        const Tensor labels =
            data::shuffle_labels(parts->train.labels, {.share = row.noise, .seed = seed}).labels;
        wrong += differences(labels, parts->train.labels);
        parts->train.labels = labels;
        manual_seed(seed);
        const Net net = big_animal_net();
        return run_trial(*net, *parts, training(options, seed));
      });
  if (!tally.ok()) return tally.status();
  const double each = static_cast<double>(wrong) / static_cast<double>(options.seeds);
  report.add_judged_row({row.name, fixed(each, 1), row.published}, *tally);
  return tally;
}

absl::Status memorize(const ExperimentOptions& options) {
  const auto animals = load_animals(options);
  if (!animals.ok()) return animals.status();
  std::vector<Row> rows = {{.name = "true labels"},
                           {.name = "15 % noisy", .noise = 0.15},
                           {.name = "random labels", .noise = 1, .published = "100"}};
  if (load_sample(options).ok()) {
    rows.push_back({.name = "41 faces, true", .faces = true});
    rows.push_back({.name = "41 faces, random", .noise = 1, .faces = true});
  }
  Report report(
      "memorization", options, *animals,
      {"labels", "wrong ones", "notebook's train %", "train %", "validation %", "test %"});
  double random_accuracy = 0;
  for (const Row& row : rows) {
    const auto tally = run_row(row, *animals, options, report);
    if (!tally.ok()) return tally.status();
    if (row.name == "random labels") random_accuracy = mean(tally->train);
  }
  return report.finish("Memorization", {{"train_accuracy", random_accuracy}});
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 200, .batch_size = 128, .lr = 5e-3}, false, 5};
  Flags flags("memorization", "Learns 100 pictures with true, noisy and random labels by heart.");
  add(flags, options);
  return flags.run(argc, argv, [&] {
    if (options.quick) shorten(options, 130);
    return memorize(options);
  });
}

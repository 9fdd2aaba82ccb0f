// L1, L2 and both together as penalties on the size of the parameters.
//
//   ./bazelw run //examples/animal_faces:penalties
#include <algorithm>
#include <string>
#include <vector>

#include "examples/animal_faces/animals.h"
#include "examples/animal_faces/nets.h"
#include "examples/animal_faces/report.h"
#include "examples/animal_faces/trial.h"
#include "regularize/norms.h"
#include "regularize/penalty.h"
#include "tensor/random.h"

namespace tenon::examples {
namespace {

struct Row {
  std::string name;
  double l1 = 0;
  double l2 = 0;
};

absl::Status run_row(const Row& row, const Animals& animals, const ExperimentOptions& options,
                     Report& report) {
  std::vector<double> norms;
  const auto tally =
      over_seeds(options, report, row.name, [&](std::uint64_t seed) -> absl::StatusOr<Trial> {
        const auto parts = deal(animals, {.train = 30, .validation = 100}, seed);
        if (!parts.ok()) return parts.status();
        manual_seed(seed);
        const Net net = animal_net();
        // As the notebook has it: over the biases too.
        regularize::ElasticNet penalty(*net, {.l1 = row.l1, .l2 = row.l2, .parameters = "*"});
        regularize::NormLog norm("*");
        auto trial = run_trial(*net, *parts,
                               {.epochs = options.epochs,
                                .batch_size = options.batch_size,
                                .sgd = {.lr = options.lr, .momentum = 0.99},
                                .seed = seed,
                                .callbacks = {&penalty, &norm}});
        if (trial.ok()) norms.push_back(regularize::frobenius_norm(*net));
        return trial;
      });
  if (!tally.ok()) return tally.status();
  report.add_row({row.name, fixed(mean(norms), 2), cell(tally->train), cell(tally->validation),
                  cell(tally->test)},
                 *tally);
  return absl::OkStatus();
}

absl::Status penalize(const ExperimentOptions& options) {
  const auto animals = load_animals(options);
  if (!animals.ok()) return animals.status();
  Report report("penalties", options, *animals,
                {"penalty", "norm in the end", "train %", "validation %", "test %"});
  for (const Row& row : std::vector<Row>{{"none"},
                                         {"L1 0.001", 1e-3, 0},
                                         {"L2 0.001", 0, 1e-3},
                                         {"L1 + L2 0.001", 1e-3, 1e-3},
                                         {"L2 0.01", 0, 1e-2}}) {
    const absl::Status status = run_row(row, *animals, options, report);
    if (!status.ok()) return status;
  }
  return report.finish("Penalties", {});
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 150, .batch_size = 128, .lr = 5e-3}, false, 5};
  Flags flags("penalties", "Trains on 30 pictures with L1 and L2 penalties.");
  add(flags, options);
  return flags.run(argc, argv, [&] {
    if (options.quick) {
      options.seeds = 1;
      options.epochs = std::min(options.epochs, 60);
    }
    return penalize(options);
  });
}

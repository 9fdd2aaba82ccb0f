// L1, L2 and both together as penalties on the size of the parameters.
//
//   ./bazelw run //examples/animal_faces:penalties
#include <string>
#include <vector>

#include "examples/animal_faces/animals.h"
#include "examples/animal_faces/nets.h"
#include "examples/animal_faces/report.h"
#include "examples/animal_faces/trial.h"
#include "regularize/norms.h"
#include "regularize/penalty.h"

namespace tenon::examples {
namespace {

struct Row {
  std::string name;
  double l1 = 0;
  double l2 = 0;
};

absl::Status run_row(const Row& row, const Animals& animals, const ExperimentOptions& options,
                     Report& report) {
  const RowSetup setup{row.name, {.train = 30, .validation = 100}, animal_net};
  const auto tally = over_seeds(options, report, animals, setup,
                                [&](layers::Module& net, const Parts& parts, std::uint64_t seed) {
                                  // As the notebook has it: over the biases too.
                                  regularize::ElasticNet penalty(
                                      net, {.l1 = row.l1, .l2 = row.l2, .parameters = "*"});
                                  regularize::NormLog norm("*");
                                  TrialOptions penalized = training(options, seed, 0.99);
                                  penalized.callbacks = {&penalty, &norm};
                                  return run_trial(net, parts, penalized);
                                });
  if (!tally.ok()) return tally.status();
  report.add_judged_row({row.name, fixed(mean(tally->norm), 2)}, *tally);
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
    if (options.quick) shorten(options, 60);
    return penalize(options);
  });
}

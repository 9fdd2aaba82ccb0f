// Ends training when validation does not get better any more, and goes back to when it was best.
//
//   ./bazelw run //examples/animal_faces:early_stopping
#include "train/early_stopping.h"

#include <algorithm>
#include <string>
#include <vector>

#include "examples/animal_faces/animals.h"
#include "examples/animal_faces/nets.h"
#include "examples/animal_faces/report.h"
#include "examples/animal_faces/trial.h"

namespace tenon::examples {
namespace {

std::string epochs_cell(const std::vector<double>& epochs) { return fixed(mean(epochs), 1); }

absl::Status run_row(int patience, const Animals& animals, const ExperimentOptions& options,
                     Report& report) {
  const std::string name = patience > 0 ? "patience " + std::to_string(patience) : "no stopping";
  std::vector<double> run, best;
  const RowSetup setup{name, {.train = 100, .validation = 100}, animal_net};
  const auto tally =
      over_seeds(options, report, animals, setup,
                 [&](layers::Module& net, const Parts& parts, std::uint64_t seed) {
                   train::EarlyStopping stopping({.monitor = "val_accuracy",
                                                  .higher_is_better = true,
                                                  .patience = std::max(patience, 1)});
                   TrialOptions stopped = training(options, seed, 0.99);
                   if (patience > 0) stopped.callbacks = {&stopping};
                   auto trial = run_trial(net, parts, stopped);
                   if (!trial.ok()) return trial;
                   const auto epochs = static_cast<double>(trial->history.size());
                   run.push_back(epochs);
                   best.push_back(epochs - stopping.epochs_in_vain());
                   return trial;
                 });
  if (!tally.ok()) return tally.status();
  report.add_judged_row({name, epochs_cell(run), patience > 0 ? epochs_cell(best) : "-"}, *tally);
  return absl::OkStatus();
}

absl::Status stop_early(const ExperimentOptions& options) {
  const auto animals = load_animals(options);
  if (!animals.ok()) return animals.status();
  Report report("early_stopping", options, *animals,
                {"rule", "epochs", "best epoch", "train %", "validation %", "test %"});
  for (const int patience : {0, 5, 10, 20, 40}) {
    const absl::Status status = run_row(patience, *animals, options, report);
    if (!status.ok()) return status;
  }
  return report.finish("Early stopping", {});
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 200, .batch_size = 128, .lr = 5e-4}, false, 5};
  Flags flags("early_stopping", "Stops training on 100 pictures with several patiences.");
  add(flags, options);
  return flags.run(argc, argv, [&] {
    if (options.quick) shorten(options, 60);
    return stop_early(options);
  });
}

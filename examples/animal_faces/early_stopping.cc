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
#include "tensor/random.h"

namespace tenon::examples {
namespace {

std::string epochs_cell(const std::vector<double>& epochs) { return fixed(mean(epochs), 1); }

absl::Status run_row(int patience, const Animals& animals, const ExperimentOptions& options,
                     Report& report) {
  const std::string name = patience > 0 ? "patience " + std::to_string(patience) : "no stopping";
  std::vector<double> run, best;
  const auto tally =
      over_seeds(options, report, name, [&](std::uint64_t seed) -> absl::StatusOr<Trial> {
        const auto parts = deal(animals, {.train = 100, .validation = 100}, seed);
        if (!parts.ok()) return parts.status();
        train::EarlyStopping stopping({.monitor = "val_accuracy",
                                       .higher_is_better = true,
                                       .patience = std::max(patience, 1)});
        manual_seed(seed);
        const Net net = animal_net();
        TrialOptions training{.epochs = options.epochs,
                              .batch_size = options.batch_size,
                              .sgd = {.lr = options.lr, .momentum = 0.99},
                              .seed = seed};
        if (patience > 0) training.callbacks = {&stopping};
        auto trial = run_trial(*net, *parts, training);
        if (!trial.ok()) return trial;
        const auto epochs = static_cast<double>(trial->history.size());
        run.push_back(epochs);
        best.push_back(epochs - stopping.epochs_in_vain());
        return trial;
      });
  if (!tally.ok()) return tally.status();
  report.add_row({name, epochs_cell(run), patience > 0 ? epochs_cell(best) : "-",
                  cell(tally->train), cell(tally->validation), cell(tally->test)},
                 *tally);
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
    if (options.quick) {
      options.seeds = 1;
      options.epochs = std::min(options.epochs, 60);
    }
    return stop_early(options);
  });
}

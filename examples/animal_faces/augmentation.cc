// More pictures than there are: flips, crops, turns and mixtures of 250 of them.
//
//   ./bazelw run //examples/animal_faces:augmentation
#include <functional>
#include <string>
#include <vector>

#include "data/image/compose.h"
#include "data/image/mix.h"
#include "data/image/random_geometry.h"
#include "data/image/warp.h"
#include "examples/animal_faces/animals.h"
#include "examples/animal_faces/nets.h"
#include "examples/animal_faces/report.h"
#include "examples/animal_faces/trial.h"
#include "regularize/norms.h"
#include "regularize/soft_targets.h"

namespace tenon::examples {
namespace {

struct Row {
  std::string name;
  std::function<void(data::Batch&, const data::BatchKey&)> transform = {};
};

std::vector<Row> all_rows() {
  const data::RandomCrop crop{
      .height = 32, .width = 32, .padding = 4, .border = data::Border::kReflect};
  const data::Compose rare({data::RandomHorizontalFlip{.probability = 0.1},
                            data::RandomVerticalFlip{.probability = 0.1}});
  const data::Compose moved({data::RandomHorizontalFlip{}, crop});
  const data::Compose turned({data::RandomHorizontalFlip{}, crop, data::RandomRotation{}});
  const data::Mixup mixup{.alpha = 0.2, .classes = 3};
  return {{"none"},
          {"flips, 10 % each way", data::on_inputs(rare)},
          {"mirrored half the time", data::on_inputs(data::RandomHorizontalFlip{})},
          {"mirrored, cropped", data::on_inputs(moved)},
          {"mirrored, cropped, turned", data::on_inputs(turned)},
          {"mixup", mixup},
          {"mirrored, cropped, mixup", data::in_turn({data::on_inputs(moved), mixup})}};
}

absl::Status run_row(const Row& row, const Animals& animals, const ExperimentOptions& options,
                     Report& report) {
  const RowSetup setup{row.name, {.train = 250, .validation = 100}, animal_net};
  const auto tally = over_seeds(options, report, animals, setup,
                                [&](layers::Module& net, const Parts& parts, std::uint64_t seed) {
                                  regularize::NormLog norm("*");
                                  TrialOptions mixed = training(options, seed, 0.99);
                                  mixed.loss = regularize::SoftCrossEntropy();
                                  mixed.callbacks = {&norm};
                                  mixed.transform = row.transform;
                                  return run_trial(net, parts, mixed);
                                });
  if (!tally.ok()) return tally.status();
  report.add_judged_row({row.name, fixed(mean(tally->norm), 2)}, *tally);
  return absl::OkStatus();
}

absl::Status augment(const ExperimentOptions& options) {
  const auto animals = load_animals(options);
  if (!animals.ok()) return animals.status();
  Report report("augmentation", options, *animals,
                {"pictures", "norm in the end", "train %", "validation %", "test %"});
  for (const Row& row : all_rows()) {
    const absl::Status status = run_row(row, *animals, options, report);
    if (!status.ok()) return status;
  }
  return report.finish("Augmentation", {});
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 250, .batch_size = 128, .lr = 1e-3}, false, 5};
  Flags flags("augmentation", "Trains on 250 pictures that are changed each time they are seen.");
  add(flags, options);
  return flags.run(argc, argv, [&] {
    if (options.quick) shorten(options, 15);
    return augment(options);
  });
}

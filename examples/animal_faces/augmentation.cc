// More pictures than there are: flips, crops, turns and mixtures of 250 of them.
//
//   ./bazelw run //examples/animal_faces:augmentation
#include <algorithm>
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
#include "tensor/random.h"

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
  std::vector<double> norms;
  const auto tally =
      over_seeds(options, report, row.name, [&](std::uint64_t seed) -> absl::StatusOr<Trial> {
        const auto parts = deal(animals, {.train = 250, .validation = 100}, seed);
        if (!parts.ok()) return parts.status();
        manual_seed(seed);
        const Net net = animal_net();
        regularize::NormLog norm("*");
        auto trial = run_trial(*net, *parts,
                               {.epochs = options.epochs,
                                .batch_size = options.batch_size,
                                .sgd = {.lr = options.lr, .momentum = 0.99},
                                .seed = seed,
                                .loss = regularize::SoftCrossEntropy(),
                                .callbacks = {&norm},
                                .transform = row.transform});
        if (trial.ok()) norms.push_back(regularize::frobenius_norm(*net));
        return trial;
      });
  if (!tally.ok()) return tally.status();
  report.add_row({row.name, fixed(mean(norms), 2), cell(tally->train), cell(tally->validation),
                  cell(tally->test)},
                 *tally);
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
    if (options.quick) {
      options.seeds = 1;
      options.epochs = std::min(options.epochs, 50);
    }
    return augment(options);
  });
}

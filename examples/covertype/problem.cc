#include "examples/covertype/problem.h"

#include <algorithm>
#include <cstdio>

#include "data/covertype/covertype.h"
#include "data/tensor_dataset.h"
#include "examples/common/data_folder.h"
#include "tensor/io/safetensors.h"

namespace tenon::examples {
namespace {

// The split is part of the problem: --seed changes the training alone.
constexpr std::uint64_t kSplitSeed = 1;
constexpr double kTestFraction = 0.15;
constexpr int kQuickEpochs = 2;

struct Options : ExperimentOptions {
  bool save_split = false;
};

absl::StatusOr<data::CovertypeSplit> load_split(const Options& options) {
  const auto folder = data_folder(options, "covertype");
  if (!folder.ok()) return folder.status();
  const auto rows = data::load_covertype(*folder + "/covtype.data.gz");
  if (!rows.ok()) return rows.status();
  return data::split_covertype(*rows, {.test_fraction = kTestFraction, .seed = kSplitSeed});
}

// Every tenth row where the run is to be quick.
data::TensorDataset dataset(const data::Covertype& rows, bool quick) {
  const data::TensorDataset all = data::covertype_dataset(rows);
  const std::int64_t step = quick ? 10 : 1;
  return {all.inputs().slice(0, 0, all.size(), step), all.targets().slice(0, 0, all.size(), step)};
}

absl::Status save(const data::TensorDataset& train, const data::TensorDataset& test,
                  const std::string& path) {
  return write_safetensors(path, {.tensors = {{"train.inputs", train.inputs()},
                                              {"train.targets", train.targets()},
                                              {"test.inputs", test.inputs()},
                                              {"test.targets", test.targets()}},
                                  .metadata = {}});
}

absl::Status train(const CovertypeExperiment& experiment, Options& options) {
  const auto split = load_split(options);
  if (!split.ok()) return split.status();
  if (options.quick) options.epochs = std::min(options.epochs, kQuickEpochs);
  const data::TensorDataset train_set = dataset(split->train, options.quick);
  const data::TensorDataset test_set = dataset(split->test, options.quick);
  if (options.save_split) {
    absl::Status status = save(train_set, test_set, options.output("split.safetensors"));
    if (!status.ok()) return status;
  }
  if (!options.quiet) {
    std::printf("%lld rows to train on, %lld to test\n", static_cast<long long>(train_set.size()),
                static_cast<long long>(test_set.size()));
  }
  const std::int64_t batches = (train_set.size() + options.batch_size - 1) / options.batch_size;
  RowTrainer trainer(train_set, test_set, options);
  absl::Status status = trainer.train(experiment.make_row(options, options.epochs * batches));
  if (!status.ok()) return status;
  return trainer.finish("covertype_" + experiment.name, "Covertype: " + experiment.name);
}

}  // namespace

models::TabularOptions covertype_columns() {
  return {.numbers = 10, .categories = {{.values = 4, .width = 2}, {.values = 40, .width = 6}}};
}

int run_covertype(int argc, char** argv, const CovertypeExperiment& experiment) {
  Options options{experiment.defaults};
  Flags flags("covertype_" + experiment.name, experiment.description);
  add(flags, options);
  flags.add_switch("save_split", options.save_split, "also write the rows: split.safetensors");
  return flags.run(argc, argv, [&] { return train(experiment, options); });
}

}  // namespace tenon::examples

// CIFAR-10 as fast as it goes: the airbench recipe, and the seconds to a fixed accuracy.
//
//   ./bazelw run //examples/airbench -- --device=cuda --precision=bf16
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "data/device_loader.h"
#include "data/tensor_dataset.h"
#include "examples/airbench/recipe.h"
#include "examples/common/experiment.h"
#include "examples/common/image_problem.h"
#include "examples/common/picture.h"
#include "examples/common/result_line.h"
#include "examples/common/statistics.h"
#include "examples/common/table.h"
#include "tensor/allocator.h"
#include "tensor/io/npy.h"
#include "tensor/random.h"
#include "train/loss_mean.h"

namespace tenon::examples {
namespace {

struct Options : ExperimentOptions {
  std::string precision = "f32";
  double target = 0.94;
  std::int64_t images = 0;
  bool save_data = false;
};

std::optional<DType> autocast_of(const std::string& precision) {
  if (precision == "bf16") return DType::kBF16;
  if (precision == "f16") return DType::kF16;
  return std::nullopt;
}

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// What training with a seed gave.
struct Run {
  train::History history = {};
  double accuracy = 0;  // of the mean of six views
  double plain = 0;     // of the images as they are
  double seconds = 0;   // of training alone
  double to_target = std::numeric_limits<double>::quiet_NaN();
  std::string not_captured = {};
};

class Airbench {
 public:
  Airbench(const data::Cifar10& cifar, const Options& options)
      : options_(options),
        train_(cifar.train.images, cifar.train.labels),
        test_(cifar.test.images, cifar.test.labels) {}

  absl::StatusOr<Run> learn(std::uint64_t seed) {
    data::DataLoader loader(train_, {.batch_size = options_.batch_size,
                                     .shuffle = true,
                                     .drop_last = true,
                                     .seed = seed,
                                     .workers = options_.device.is_cpu() ? 0 : 2,
                                     .transform = augmentation()});
    data::DeviceLoader batches(loader, options_.device);
    if (!options_.device.is_cpu()) warm_up(loader);
    manual_seed(seed);
    Run run;
    double start = now();
    Recipe recipe(some_pixels(), recipe_options(loader));
    for (int epoch = 0; epoch < options_.epochs; ++epoch) {
      recipe.begin_epoch(epoch);
      train::LossMean loss;
      for (const data::Batch& batch : batches) {
        loss.add(recipe.step(batch.inputs, batch.targets), batch.size());
      }
      const double mean_loss = loss.value();  // waits for the device
      const double seconds = now() - start;
      if (loss.first_bad() > 0) return bad_loss(loss, epoch);
      run.seconds += seconds;
      run.not_captured = recipe.captured().reason();
      judge(recipe, epoch + 1 == options_.epochs, run);
      run.history.push_back(
          {.epoch = epoch + 1,
           .values = {
               {"train_loss", mean_loss}, {"test_accuracy", run.plain}, {"seconds", seconds}}});
      print(run.history.back());
      start = now();
    }
    return run;
  }

 private:
  RecipeOptions recipe_options(const data::DataLoader& loader) const {
    return {.epochs = options_.epochs,
            .steps_per_epoch = loader.num_batches(),
            .lr = options_.lr,
            .device = options_.device,
            .autocast = autocast_of(options_.precision)};
  }

  // What the whitening filters are made of.
  Tensor some_pixels() const {
    return train_.inputs().slice(0, 0, std::min<std::int64_t>(5'000, train_.size()));
  }

  // What a process does once: libraries choose their kernels, the allocator gets its memory.
  void warm_up(data::DataLoader& loader) {
    const RecipeOptions options = recipe_options(loader);
    Recipe recipe(some_pixels(), options);
    data::DeviceLoader batches(loader, options_.device);
    for (const int epoch : {0, options.whitening_epochs}) {  // before and after it is recorded anew
      recipe.begin_epoch(epoch);
      int steps = 0;
      for (const data::Batch& batch : batches) {
        recipe.step(batch.inputs, batch.targets);
        if (++steps == 4) break;
      }
    }
    loader.set_epoch(0);
  }

  void judge(Recipe& recipe, bool last, Run& run) {
    data::DataLoader loader(test_, {.batch_size = 1'000});
    train::Accuracy accuracy;
    train::EvaluateOptions evaluation{.metrics = {&accuracy},
                                      .autocast = autocast_of(options_.precision)};
    train::evaluate(recipe.net(), loader, evaluation);
    run.plain = run.accuracy = accuracy.value();
    if (last) {
      evaluation.views = six_views();
      train::evaluate(recipe.net(), loader, evaluation);
      run.accuracy = accuracy.value();
    }
    if (run.accuracy >= options_.target && std::isnan(run.to_target)) run.to_target = run.seconds;
  }

  absl::Status bad_loss(const train::LossMean& loss, int epoch) const {
    return absl::AbortedError("the loss is " + std::to_string(loss.bad_value()) + " in epoch " +
                              std::to_string(epoch + 1) + ", step " +
                              std::to_string(loss.first_bad()) + ": try a lower --lr");
  }

  void print(const train::EpochRecord& record) const {
    if (options_.quiet) return;
    std::printf("epoch %2d  loss %.4f  test %.2f %%  %.2f s\n", record.epoch,
                record.value("train_loss"), 100 * record.value("test_accuracy"),
                record.value("seconds"));
    std::fflush(stdout);
  }

  const Options& options_;
  data::TensorDataset train_;
  data::TensorDataset test_;
};

// The pixels for the same recipe in PyTorch.
absl::Status save(const data::Cifar10& cifar, const Options& options) {
  const std::vector<std::pair<const char*, Tensor>> arrays = {
      {"train_images.npy", cifar.train.images},
      {"train_labels.npy", cifar.train.labels},
      {"test_images.npy", cifar.test.images},
      {"test_labels.npy", cifar.test.labels}};
  for (const auto& [name, array] : arrays) {
    absl::Status status = write_npy(options.output(name), array);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status report(const std::vector<Run>& runs, const Options& options, std::int64_t images) {
  Table table({"seed", "test %, six views", "test %", "seconds", "seconds to the target"});
  std::vector<double> accuracies, plain, seconds, to_target;
  train::Panel panel{.title = "CIFAR-10", .x_label = "epoch", .y_label = "test accuracy"};
  for (const Run& run : runs) {
    const std::string seed = std::to_string(options.seed + accuracies.size());
    const bool reached = !std::isnan(run.to_target);
    table.add_row({seed, percent(run.accuracy), percent(run.plain), fixed(run.seconds, 2),
                   reached ? fixed(run.to_target, 2) : "not reached"});
    accuracies.push_back(run.accuracy);
    plain.push_back(run.plain);
    seconds.push_back(run.seconds);
    if (reached) to_target.push_back(run.to_target);
    panel.series.push_back(curve("seed " + seed, train::column(run.history, "test_accuracy")));
  }
  if (!options.quiet) std::printf("\n%s\n", table.to_text().c_str());
  absl::Status status = table.write(options.output("table"));
  if (status.ok()) status = train::write_csv(runs.front().history, options.output("history.csv"));
  if (status.ok()) {
    status = draw({panel}, options.output("curves"), {.title = "airbench", .panel_width = 640}, 1);
  }
  if (!status.ok()) return status;

  ResultLine result("airbench", options);
  result.add("precision", options.precision);
  result.add("test_accuracy", spread(accuracies).mean);
  result.add("plain_accuracy", spread(plain).mean);
  result.add("target_accuracy", options.target);
  if (to_target.size() == runs.size()) {
    result.add("seconds_to_target", spread(to_target).mean);
  } else {
    result.add("seconds_to_target", std::string_view("not_reached"));
  }
  const bool captured = runs.front().not_captured.empty();
  result.add("captured", std::string_view(captured ? "yes" : "no"));
  result.add("peak_bytes", allocator(options.device).stats().peak_bytes);
  result.add("seconds", spread(seconds).mean);
  result.add("items_per_second",
             static_cast<double>(images * options.epochs) / spread(seconds).mean);
  result.print();
  return absl::OkStatus();
}

absl::Status run(Options& options) {
  if (options.precision == "f16" && options.device.is_cpu()) {
    return absl::InvalidArgumentError(
        "--precision=f16 is for GPUs: expected f32 or bf16 on the CPU");
  }
  Taken taken;
  if (options.quick) {
    shorten(options, 3);
    options.images = 200;
    options.batch_size = 50;
    taken.test = 100;
  }
  if (options.images > 0) taken.train = options.images;
  auto cifar = load_cifar10_pixels(options, taken);
  if (!cifar.ok()) return cifar.status();
  const std::int64_t images = cifar->train.labels.size(0);
  options.batch_size = std::min(options.batch_size, images);
  if (options.save_data) {
    if (absl::Status status = save(*cifar, options); !status.ok()) return status;
  }
  Airbench airbench(*cifar, options);
  std::vector<Run> runs;
  for (std::int64_t i = 0; i < options.seeds; ++i) {
    auto one = airbench.learn(options.seed + static_cast<std::uint64_t>(i));
    if (!one.ok()) return one.status();
    runs.push_back(*std::move(one));
  }
  return report(runs, options, images / options.batch_size * options.batch_size);
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  Options options{{{.epochs = 8, .batch_size = 2'000, .lr = 0.24}}};
  Flags flags("airbench", "CIFAR-10 by the airbench recipe: seconds to a fixed accuracy.");
  add(flags, options);
  flags.add_choice("precision", options.precision, {"f32", "bf16", "f16"},
                   "of products and convolutions");
  flags.add_number("target", options.target, 0, 1, "test accuracy to time");
  flags.add_count("images", options.images, "first training images to learn from; all where 0");
  flags.add_switch("save_data", options.save_data, "write the pixels as .npy, for PyTorch");
  return flags.run(argc, argv, [&] { return run(options); });
}

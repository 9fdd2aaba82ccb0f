// The example of the README.

#include "tensor/testing/readme.h"

#include <filesystem>
#include <string>

#include "data/data_loader.h"
#include "gtest/gtest.h"
#include "optim/optim.h"
#include "train/testing.h"
#include "train/train.h"

namespace tenon {
namespace {

absl::Status readme(layers::Module& net, data::DataLoader& loader, data::DataLoader& val_loader,
                    optim::Optimizer& optimizer) {
  train::Accuracy accuracy;
  train::RateSchedule rate(optim::cosine_annealing_lr({.steps = 10 * loader.num_batches()}));
  train::EarlyStopping stopping({.monitor = "val_loss", .patience = 5});
  train::Checkpoint checkpoint(
      {.path = "run/checkpoint.safetensors", .resume = true, .keep_last = 3});
  train::CsvLog csv("run/metrics.csv");
  train::TensorBoardLog board("run/tensorboard");
  train::ProgressBar bar;
  absl::StatusOr<train::History> history =
      train::fit(net, loader, optimizer,
                 {.epochs = 10,
                  .metrics = {&accuracy},
                  .validation = &val_loader,
                  .callbacks = {&rate, &stopping, &checkpoint, &csv, &board, &bar}});
  if (!history.ok()) return history.status();
  absl::Status written =
      train::write_report({.title = "LeNet", .history = *history}, "run/report.html");
  return written;
}

TEST(TrainTest, ReadmeExample) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(train::testing::fresh_folder(::testing::TempDir() + "/readme"));
  std::filesystem::create_directory("run");
  const data::TensorDataset set = train::testing::half_planes(64);
  train::testing::Net net;
  data::DataLoader loader(set, {.batch_size = 16, .shuffle = true});
  data::DataLoader val_loader(set, {.batch_size = 64});
  optim::Adam optimizer(net.parameters());
  const absl::Status status = readme(net, loader, val_loader, optimizer);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(train::testing::files_in("run"),
            (std::vector<std::string>{"checkpoint-0008.safetensors", "checkpoint-0009.safetensors",
                                      "checkpoint-0010.safetensors", "checkpoint.safetensors",
                                      "metrics.csv", "report.html", "tensorboard"}));
  std::filesystem::current_path(before);
}

TEST(Readme, ShowsThisCode) {
  tenon::testing::expect_examples_shown("train/README.md", "train/readme_test.cc");
}

}  // namespace
}  // namespace tenon

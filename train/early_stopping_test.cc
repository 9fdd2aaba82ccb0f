#include "train/early_stopping.h"

#include <cmath>
#include <limits>
#include <string>

#include "data/data_loader.h"
#include "gtest/gtest.h"
#include "optim/sgd.h"
#include "train/checkpoint.h"
#include "train/fit.h"
#include "train/testing.h"

namespace tenon::train {
namespace {

using testing::fresh_folder;
using testing::half_planes;
using testing::Net;
using testing::weights;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Puts figures into the records, one after the other.
struct Figures : Callback {
  explicit Figures(std::vector<double> values) : values(std::move(values)) {}
  absl::Status on_epoch_end(Run& run) override {
    run.history.back().values.push_back(
        {"figure", values.at(static_cast<std::size_t>(run.epoch - 1))});
    return absl::OkStatus();
  }
  std::vector<double> values;
};

// Notes the weights at the end of each epoch.
struct Notes : Callback {
  absl::Status on_epoch_end(Run& run) override {
    seen.push_back(weights(run.module));
    return absl::OkStatus();
  }
  std::vector<std::vector<float>> seen;
};

struct Result {
  History history;
  std::vector<float> last;
  std::vector<std::vector<float>> seen;
};

Result run_with(EarlyStopping& stopping, const std::vector<double>& values) {
  const data::TensorDataset set = half_planes(32);
  manual_seed(1);
  Net net;
  data::DataLoader loader(set, {.batch_size = 16});
  optim::SGD optimizer(net.parameters(), {.lr = 0.1});
  Figures figures(values);
  Notes notes;
  const auto history =
      fit(net, loader, optimizer,
          {.epochs = static_cast<int>(values.size()), .callbacks = {&figures, &stopping, &notes}});
  EXPECT_TRUE(history.ok()) << history.status();
  return {*history, weights(net), notes.seen};
}

TEST(EarlyStoppingTest, StopsAndRestoresTheBest) {
  EarlyStopping stopping({.monitor = "figure", .patience = 2});
  const Result result = run_with(stopping, {3, 1, 2, 1, 0.5, 0.4});
  EXPECT_EQ(result.history.size(), 4u);  // 2 and 1 are no better than 1
  EXPECT_EQ(stopping.best(), 1);
  EXPECT_EQ(stopping.epochs_in_vain(), 2);
  EXPECT_EQ(result.last, result.seen[1]);
  EXPECT_NE(result.last, result.seen[3]);
}

TEST(EarlyStoppingTest, HigherMayBeBetterAndChangesMayBeTooSmall) {
  EarlyStopping stopping({.monitor = "figure",
                          .higher_is_better = true,
                          .patience = 1,
                          .min_change = 0.1,
                          .restore_best = false});
  const Result result = run_with(stopping, {0.5, 0.7, 0.75, 0.9});
  EXPECT_EQ(result.history.size(), 3u);
  EXPECT_EQ(result.last, result.seen[2]);
}

TEST(EarlyStoppingTest, NaNIsNoProgress) {
  EarlyStopping stopping({.monitor = "figure", .patience = 2});
  EXPECT_EQ(run_with(stopping, {kNaN, kNaN, 1}).history.size(), 2u);
  EXPECT_TRUE(std::isnan(stopping.best()));
  EarlyStopping again({.monitor = "figure", .patience = 2});
  const Result result = run_with(again, {kNaN, 5, kNaN, 4, kNaN, kNaN});
  EXPECT_EQ(result.history.size(), 6u);
  EXPECT_EQ(result.last, result.seen[3]);
}

TEST(EarlyStoppingTest, SaysWhatIsThereWhereTheMonitoredIsNot) {
  const data::TensorDataset set = half_planes(32);
  Net net;
  data::DataLoader loader(set, {.batch_size = 16});
  optim::SGD optimizer(net.parameters());
  EarlyStopping stopping;  // val_loss, without a validation set
  const absl::Status status =
      fit(net, loader, optimizer, {.epochs = 3, .callbacks = {&stopping}}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_NE(status.message().find("\"val_loss\""), std::string::npos) << status;
  EXPECT_NE(status.message().find("train_loss, lr"), std::string::npos) << status;
}

TEST(EarlyStoppingTest, InALoopOfOnesOwn) {
  Net net;
  EarlyStopping stopping({.patience = 1});
  EXPECT_FALSE(stopping.update(net, 2));
  const std::vector<float> best = weights(net);
  net.fc1.weight().value().fill_(9);
  EXPECT_TRUE(stopping.update(net, 3));
  stopping.restore_best(net);
  EXPECT_EQ(weights(net), best);
}

// Killed after epoch 3 and resumed, it ends where an uninterrupted run does.
TEST(EarlyStoppingTest, SurvivesACheckpoint) {
  const std::string folder = fresh_folder(::testing::TempDir() + "/early");
  const data::TensorDataset set = half_planes(32);
  std::vector<std::vector<float>> ends;
  for (const bool interrupted : {false, true}) {
    const std::string path = folder + (interrupted ? "/killed" : "/whole") + ".safetensors";
    for (const int epochs : {interrupted ? 3 : 6, 6}) {
      manual_seed(1);
      Net net;
      data::DataLoader loader(set, {.batch_size = 16, .shuffle = true});
      optim::SGD optimizer(net.parameters(), {.lr = 0.1});
      Figures figures({3, 1, 2, 2, 2, 0});
      EarlyStopping stopping({.monitor = "figure", .patience = 3});
      Checkpoint checkpoint({.path = path, .resume = true});
      const auto history = fit(net, loader, optimizer,
                               {.epochs = epochs, .callbacks = {&figures, &stopping, &checkpoint}});
      ASSERT_TRUE(history.ok()) << history.status();
      if (epochs != 6) continue;
      EXPECT_EQ(history->size(), 5u);
      ends.push_back(weights(net));
    }
  }
  EXPECT_EQ(ends.front(), ends.back());
}

TEST(EarlyStoppingTest, BadOptions) {
  EXPECT_THROW(EarlyStopping({.patience = 0}), ValueError);
  EXPECT_THROW(EarlyStopping({.patience = -1}), ValueError);
  EXPECT_THROW(EarlyStopping({.min_change = -0.1}), ValueError);
  EXPECT_THROW(EarlyStopping({.min_change = kNaN}), ValueError);
  EXPECT_THROW(EarlyStopping({.monitor = ""}), ValueError);
  EarlyStopping stopping;
  EXPECT_THROW(stopping.load_state_dict({}), ValueError);
}

}  // namespace
}  // namespace tenon::train

// Schedules, averages, memory: the callbacks around optim's pieces.

#include <cmath>
#include <string>
#include <vector>

#include "autograd/ops.h"
#include "data/data_loader.h"
#include "gtest/gtest.h"
#include "layers/linear.h"
#include "optim/optim.h"
#include "tensor/allocator.h"
#include "train/testing.h"
#include "train/train.h"

namespace tenon::train {
namespace {

using testing::fresh_folder;
using testing::half_planes;
using testing::Net;
using testing::weights;

struct Rates : Callback {
  absl::Status on_step_end(Run& run, const data::Batch&) override {
    seen.push_back(run.optimizer.lr());
    return absl::OkStatus();
  }
  std::vector<double> seen;
};

// Rates of every step of a run of 4 epochs with 2 steps each.
std::vector<double> rates_of(Callback& schedule) {
  const data::TensorDataset set = half_planes(32);
  Net net;
  data::DataLoader loader(set, {.batch_size = 16});
  optim::SGD optimizer(net.parameters(), {.lr = 1});
  Rates rates;
  const auto history = fit(net, loader, optimizer,
                           {.epochs = 4, .validation = &loader, .callbacks = {&schedule, &rates}});
  EXPECT_TRUE(history.ok()) << history.status();
  return rates.seen;
}

TEST(RateScheduleTest, PerStepAndPerEpoch) {
  RateSchedule steps(optim::exponential_lr({.gamma = 0.5}));
  EXPECT_EQ(rates_of(steps),
            (std::vector<double>{1, 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125}));
  RateSchedule epochs(optim::exponential_lr({.gamma = 0.5}), Every::kEpoch);
  EXPECT_EQ(rates_of(epochs), (std::vector<double>{1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125}));
}

TEST(RateScheduleTest, ItsEndEndsTheRun) {
  const data::TensorDataset set = half_planes(32);
  Net net;
  data::DataLoader loader(set, {.batch_size = 16});
  optim::SGD optimizer(net.parameters(), {.lr = 1, .momentum = 0.9});
  RateSchedule schedule(optim::one_cycle_lr({.max_lr = 0.1, .steps = 3}));
  const absl::Status status =
      fit(net, loader, optimizer, {.epochs = 4, .callbacks = {&schedule}}).status();
  EXPECT_TRUE(absl::IsOutOfRange(status)) << status;
}

TEST(PlateauScheduleTest, LowersTheRateWhereNothingGetsBetter) {
  // At this threshold nothing ever does, after the first epoch.
  PlateauSchedule plateau({.patience = 0, .threshold = 1e9, .absolute = true}, "train_loss");
  EXPECT_EQ(rates_of(plateau)[0], 1);
  EXPECT_NEAR(rates_of(plateau)[4], 0.1, 1e-12);
  EXPECT_NEAR(rates_of(plateau)[6], 0.01, 1e-12);
}

// Ends a run with an error after some updates, as a kill would.
struct Killer : Callback {
  explicit Killer(std::int64_t step) : step(step) {}
  absl::Status on_step_end(Run& run, const data::Batch&) override {
    return run.step == step ? absl::CancelledError("killed") : absl::OkStatus();
  }
  std::int64_t step;
};

struct Ended {
  absl::Status status;
  std::vector<float> weights;
  double lr = 0, scale = 0;
};

// A run of 5 epochs with 3 steps each in a new process, with all that has a state.
Ended run_with_states(const std::string& path, std::int64_t killed_at = -1) {
  manual_seed(4);
  const data::TensorDataset set = half_planes(48);
  Net net;
  data::DataLoader loader(set, {.batch_size = 16, .shuffle = true});
  optim::Adam optimizer(net.parameters(), {.lr = 0.05});
  RateSchedule schedule(optim::cosine_annealing_lr({.steps = 15}));
  PlateauSchedule plateau({.patience = 1}, "train_loss");
  Ema ema({.decay = 0.9});
  optim::LossScaler scaler({.scale = 1024, .interval = 4});
  Checkpoint checkpoint({.path = path, .resume = true, .every_steps = 1});
  Killer killer(killed_at);
  const absl::Status status = fit(net, loader, optimizer,
                                  {.epochs = 5,
                                   .scaler = &scaler,
                                   .validation = &loader,
                                   .callbacks = {&schedule, &plateau, &ema, &checkpoint, &killer}})
                                  .status();
  return {status, weights(net), optimizer.lr(), scaler.scale()};
}

TEST(CheckpointedCallbacksTest, GoOnAsIfNothingHadHappened) {
  const std::string folder = fresh_folder(::testing::TempDir() + "/stateful");
  const Ended whole = run_with_states(folder + "/whole");
  ASSERT_TRUE(whole.status.ok()) << whole.status;
  EXPECT_EQ(whole.scale, 1024 * 8);  // 15 steps, doubled after each 4
  for (std::int64_t kill = 1; kill < 15; ++kill) {
    const std::string path = folder + "/" + std::to_string(kill);
    EXPECT_TRUE(absl::IsCancelled(run_with_states(path, kill).status));
    const Ended resumed = run_with_states(path);
    ASSERT_TRUE(resumed.status.ok()) << resumed.status;
    EXPECT_EQ(resumed.weights, whole.weights) << kill;  // the averages
    EXPECT_EQ(resumed.lr, whole.lr) << kill;
    EXPECT_EQ(resumed.scale, whole.scale) << kill;
  }
  // From its own end, which changes nothing.
  EXPECT_EQ(run_with_states(folder + "/whole").weights, whole.weights);
}

// L-BFGS keeps whole vectors of the last steps, and goes on with them.
TEST(CheckpointedCallbacksTest, LbfgsGoesOnToo) {
  const std::string folder = fresh_folder(::testing::TempDir() + "/lbfgs");
  const data::TensorDataset set = half_planes(48);
  const auto run = [&](const std::string& name, std::int64_t killed_at = -1) {
    manual_seed(4);
    Net net;
    data::DataLoader loader(set, {.batch_size = 16});
    optim::LBFGS optimizer(net.parameters(), {.lr = 0.1, .history = 3});
    Checkpoint checkpoint({.path = folder + "/" + name, .resume = true, .every_steps = 1});
    Killer killer(killed_at);
    const absl::Status status =
        fit(net, loader, optimizer, {.epochs = 3, .callbacks = {&checkpoint, &killer}}).status();
    return Ended{status, weights(net)};
  };
  const Ended whole = run("whole");
  ASSERT_TRUE(whole.status.ok()) << whole.status;
  for (const std::int64_t kill : {1, 2, 5, 7}) {
    const std::string name = std::to_string(kill);
    EXPECT_TRUE(absl::IsCancelled(run(name, kill).status));
    EXPECT_EQ(run(name).weights, whole.weights) << kill;
  }
}

TEST(CheckpointedCallbacksTest, ALossScalerTooManyOrTooFewIsNamed) {
  const std::string folder = fresh_folder(::testing::TempDir() + "/scaler");
  const data::TensorDataset set = half_planes(16);
  Net net;
  data::DataLoader loader(set, {.batch_size = 16});
  optim::SGD optimizer(net.parameters());
  optim::LossScaler scaler;
  const auto run = [&](const std::string& name, int epochs, optim::LossScaler* with) {
    Checkpoint checkpoint({.path = folder + "/" + name, .resume = true});
    return fit(net, loader, optimizer,
               {.epochs = epochs, .scaler = with, .callbacks = {&checkpoint}})
        .status();
  };
  ASSERT_TRUE(run("with", 1, &scaler).ok() && run("without", 1, nullptr).ok());
  EXPECT_EQ(run("with", 2, nullptr).message(),
            folder + "/with: written with a loss scaler, but this run has none");
  EXPECT_EQ(run("without", 2, &scaler).message(),
            folder + "/without: written without a loss scaler, but this run has one");
}

TEST(EmaTest, AveragesByHand) {
  layers::Linear net({.in_features = 1, .out_features = 1, .bias = false});
  net.weight().value().fill_(0);
  const data::TensorDataset set(ones({2, 1}), zeros({2}, {.dtype = DType::kI64}));
  data::DataLoader loader(set, {.batch_size = 1});
  optim::SGD optimizer(net.parameters(), {.lr = 1});
  // The loss is the output: the weight is -1 and -2 after the two steps, the average of 0 first
  // -0.25, then 0.75 · -0.25 + 0.25 · -2.
  const auto loss = [](const layers::Variable& y, const Tensor&) { return autograd::sum(y); };
  Ema ema({.decay = 0.75});
  const auto history =
      fit(net, loader, optimizer, {.loss = loss, .validation = &loader, .callbacks = {&ema}});
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_FLOAT_EQ(net.weight().item<float>(), -0.6875f);
  EXPECT_NEAR(history->back().value("val_loss"), -0.6875, 1e-6);
  Ema unkept({.decay = 0.75, .validate = false, .keep = false});
  net.weight().value().fill_(0);
  const auto other =
      fit(net, loader, optimizer, {.loss = loss, .validation = &loader, .callbacks = {&unkept}});
  EXPECT_FLOAT_EQ(net.weight().item<float>(), -2);
  EXPECT_NEAR(other->back().value("val_loss"), -2, 1e-6);
}

TEST(MemoryLogTest, SeesWhatAnEpochTakes) {
  const data::TensorDataset set = half_planes(32);
  Net net;
  data::DataLoader loader(set, {.batch_size = 16});
  optim::SGD optimizer(net.parameters());
  MemoryLog memory;
  const std::int64_t live = allocator().stats().live_bytes;
  // A megabyte in every forward.
  const auto loss = [](const layers::Variable& y, const Tensor& target) {
    const Tensor held = zeros({1 << 18});
    return autograd::cross_entropy(y, target);
  };
  const auto history =
      fit(net, loader, optimizer, {.epochs = 2, .loss = loss, .callbacks = {&memory}});
  ASSERT_TRUE(history.ok());
  for (const EpochRecord& record : *history) {
    EXPECT_GT(record.value("peak_bytes"), static_cast<double>(live + (1 << 20)));
    EXPECT_LT(record.value("peak_bytes"), static_cast<double>(live + (2 << 20)));
  }
}

TEST(CheckpointTest, KeepsTheLastFew) {
  const std::string folder = fresh_folder(::testing::TempDir() + "/kept");
  const data::TensorDataset set = half_planes(32);
  manual_seed(2);
  Net net;
  data::DataLoader loader(set, {.batch_size = 16});
  optim::SGD optimizer(net.parameters(), {.lr = 0.1});
  Checkpoint checkpoint({.path = folder + "/c.safetensors", .keep_last = 2});
  ASSERT_TRUE(fit(net, loader, optimizer, {.epochs = 5, .callbacks = {&checkpoint}}).ok());
  EXPECT_EQ(
      testing::files_in(folder),
      (std::vector<std::string>{"c-0004.safetensors", "c-0005.safetensors", "c.safetensors"}));
  Net other;
  optim::SGD other_optimizer(other.parameters());
  const auto state = load_checkpoint(folder + "/c-0004.safetensors", other, other_optimizer);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->epoch, 4);
  EXPECT_NE(weights(other), weights(net));
  ASSERT_TRUE(load_checkpoint(folder + "/c-0005.safetensors", other, other_optimizer).ok());
  EXPECT_EQ(weights(other), weights(net));
  EXPECT_THROW(Checkpoint({.path = "x", .keep_last = -1}), ValueError);
}

}  // namespace
}  // namespace tenon::train

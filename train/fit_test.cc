#include "train/fit.h"

#include <gtest/gtest.h>

#include <cmath>

#include "autograd/autocast.h"
#include "autograd/ops.h"
#include "layers/linear.h"
#include "layers/loss.h"
#include "optim/sgd.h"
#include "tensor/error.h"
#include "train/csv_log.h"
#include "train/testing.h"

namespace tenon::train {
namespace {

using testing::half_planes;
using testing::Net;
using testing::weights;

// Writes down the events of a run.
class Recorder : public Callback {
 public:
  absl::Status on_fit_begin(Run&) override { return note("begin"); }
  absl::Status on_epoch_begin(Run&) override { return note("epoch"); }
  absl::Status before_update(Run&) override { return note("update"); }
  absl::Status on_step_end(Run& run, const data::Batch& batch) override {
    examples += batch.size();
    if (run.step == stop_at) run.stop = true;
    return run.step == fail_at ? absl::CancelledError("enough") : note("step");
  }
  absl::Status on_epoch_end(Run& run) override {
    EXPECT_EQ(run.history.back().epoch, run.epoch);
    return note("end");
  }
  absl::Status on_fit_end(Run&) override { return note("over"); }

  std::string events;
  std::int64_t examples = 0;
  std::int64_t fail_at = -1;
  std::int64_t stop_at = -1;

 private:
  absl::Status note(const std::string& event) {
    events += (events.empty() ? "" : " ") + event;
    return absl::OkStatus();
  }
};

class FitTest : public ::testing::Test {
 protected:
  FitTest() { manual_seed(1); }

  data::TensorDataset set_ = half_planes(40);
  data::DataLoader loader_{set_, {.batch_size = 16, .shuffle = true, .seed = 5}};
};

// fit() is nothing but the loop that its users would have written.
TEST_F(FitTest, EqualsABareLoop) {
  Net by_hand;
  optim::SGD optimizer(by_hand.parameters(), {.lr = 0.1, .momentum = 0.9});
  std::vector<double> losses;
  for (int epoch = 0; epoch < 3; ++epoch) {
    double sum = 0;
    for (const data::Batch& batch : loader_) {
      optimizer.zero_grad();
      const auto loss = layers::cross_entropy(by_hand(batch.inputs), batch.targets);
      loss.backward();
      optimizer.step();
      sum += loss.item<double>() * static_cast<double>(batch.size());
    }
    losses.push_back(sum / 40);
  }

  manual_seed(1);
  Net fitted;
  optim::SGD other(fitted.parameters(), {.lr = 0.1, .momentum = 0.9});
  loader_.set_epoch(0);
  const auto history = fit(fitted, loader_, other, {.epochs = 3});
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_EQ(weights(fitted), weights(by_hand));
  ASSERT_EQ(history->size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_DOUBLE_EQ((*history)[i].value("train_loss"), losses[i]);
    EXPECT_EQ((*history)[i].epoch, static_cast<int>(i) + 1);
    EXPECT_EQ((*history)[i].value("lr"), 0.1);
    EXPECT_GT((*history)[i].value("seconds"), 0);
    EXPECT_GT((*history)[i].value("items_per_second"), 0);
  }
}

TEST_F(FitTest, LearnsAndValidates) {
  Net net;
  optim::SGD optimizer(net.parameters(), {.lr = 0.5, .momentum = 0.9});
  const data::TensorDataset unseen = half_planes(200, 77);
  data::DataLoader validation(unseen, {.batch_size = 64});
  Accuracy accuracy;
  const auto history = fit(net, loader_, optimizer,
                           {.epochs = 20, .metrics = {&accuracy}, .validation = &validation});
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_LT(history->back().value("train_loss"), history->front().value("train_loss"));
  EXPECT_GT(history->back().value("train_accuracy"), 0.9);
  EXPECT_GT(history->back().value("val_accuracy"), 0.9);
  EXPECT_TRUE(net.training());

  const Evaluation again = evaluate(net, validation, {.metrics = {&accuracy}});
  EXPECT_DOUBLE_EQ(again.loss, history->back().value("val_loss"));
  EXPECT_DOUBLE_EQ(accuracy.value(), history->back().value("val_accuracy"));
  EXPECT_EQ(again.examples, 200);
}

TEST_F(FitTest, EvaluationNeitherTrainsNorDrops) {
  Net net;
  const std::vector<float> before = weights(net);
  // Without dropout, batches of any size give the same mean.
  data::DataLoader whole(set_, {.batch_size = 40}), pieces(set_, {.batch_size = 7});
  const double loss = evaluate(net, whole).loss;
  EXPECT_NEAR(evaluate(net, pieces).loss, loss, 1e-6);
  net.eval();
  const double by_hand = layers::cross_entropy(net(set_.inputs()), set_.targets()).item<double>();
  EXPECT_DOUBLE_EQ(loss, by_hand);
  EXPECT_FALSE(net.training());
  net.train();
  evaluate(net, whole);
  EXPECT_TRUE(net.training()) << "the mode is put back";
  EXPECT_EQ(weights(net), before);
  EXPECT_FALSE(net.parameters()[0].grad().defined());
}

// A point, mirrored at two lines: the average is that of three passes, batch by batch.
TEST_F(FitTest, EvaluatesTheWeightedSumOfViews) {
  Net net;
  data::DataLoader pieces(set_, {.batch_size = 7});
  Accuracy accuracy;
  const auto swapped = [](const Tensor& x) { return flip(x, {1}); };
  const auto opposite = [](const Tensor& x) { return -x; };
  const Evaluation views = evaluate(net, pieces,
                                    {.metrics = {&accuracy},
                                     .views = {{.weight = 0.5},
                                               {.weight = 0.75, .change = swapped},
                                               {.weight = -0.25, .change = opposite}}});
  net.eval();
  const autograd::NoGrad guard;
  const Tensor x = set_.inputs();
  const Tensor average =
      net(x).value() * 0.5 + net(swapped(x)).value() * 0.75 - net(opposite(x)).value() * 0.25;
  const autograd::Variable loss = autograd::cross_entropy(average, set_.targets());
  EXPECT_NEAR(views.loss, loss.item<double>(), 1e-6);
  EXPECT_EQ(views.examples, 40);
  const Tensor hits = eq(argmax(average, 1), set_.targets());
  EXPECT_NEAR(accuracy.value(), static_cast<double>(sum(hits).item<std::int64_t>()) / 40, 1e-9);
}

TEST_F(FitTest, TakesAnyLoss) {
  const Tensor x = tensor({1, 2, 3}).reshape({3, 1});
  const data::TensorDataset line(x, x * 2.0 + 1.0);
  data::DataLoader loader(line, {.batch_size = 3});
  layers::Linear model({.in_features = 1, .out_features = 1});
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  const auto squared = [](const autograd::Variable& y, const Tensor& target) {
    return autograd::mean(autograd::square(y - autograd::Variable(target)));
  };
  ASSERT_TRUE(fit(model, loader, optimizer, {.epochs = 2000, .loss = squared}).ok());
  EXPECT_NEAR(model.weight().item<double>(), 2, 1e-3);
  EXPECT_NEAR(model.bias().item<double>(), 1, 1e-3);
  EXPECT_LT(evaluate(model, loader, {.loss = squared}).loss, 1e-6);
}

TEST_F(FitTest, EventsComeInOrder) {
  Net net;
  optim::SGD optimizer(net.parameters());
  Recorder recorder;
  ASSERT_TRUE(fit(net, loader_, optimizer, {.epochs = 2, .callbacks = {&recorder}}).ok());
  const std::string epoch = " epoch update step update step update step end";
  EXPECT_EQ(recorder.events, "begin" + epoch + epoch + " over");
  EXPECT_EQ(recorder.examples, 80);
}

TEST_F(FitTest, CallbackErrorsEndTheRun) {
  Net net;
  optim::SGD optimizer(net.parameters());
  Recorder failing;
  failing.fail_at = 2;
  const auto history = fit(net, loader_, optimizer, {.epochs = 2, .callbacks = {&failing}});
  EXPECT_TRUE(absl::IsCancelled(history.status())) << history.status();
  EXPECT_EQ(failing.events, "begin epoch update step update over");
}

TEST_F(FitTest, StopEndsTheRunInPeace) {
  Net net;
  optim::SGD optimizer(net.parameters());
  Recorder stopping;
  stopping.stop_at = 4;  // in the second epoch
  const auto history = fit(net, loader_, optimizer, {.epochs = 9, .callbacks = {&stopping}});
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_EQ(history->size(), 1u);
}

TEST_F(FitTest, BadLossNamesEpochAndStep) {
  const float bad[] = {std::nanf(""), INFINITY};
  for (const float value : bad) {
    manual_seed(1);
    Tensor x = zeros({40, 2});
    x.slice(0, 20, 21).fill_(value);  // in the second batch of 16
    const data::TensorDataset set(x, set_.targets());
    data::DataLoader loader(set, {.batch_size = 16});
    Net net;
    const std::vector<float> before = weights(net);
    optim::SGD optimizer(net.parameters(), {.lr = 0.25});
    Recorder recorder;
    const absl::Status status =
        fit(net, loader, optimizer, {.epochs = 3, .callbacks = {&recorder}}).status();
    EXPECT_TRUE(absl::IsAborted(status)) << status;
    for (const char* part : {"nan", "epoch 1", "step 2 of 3", "0.25"}) {
      EXPECT_NE(status.message().find(part), status.message().npos) << part << ": " << status;
    }
    EXPECT_EQ(recorder.events, "begin epoch update step over");
    for (const float w : weights(net)) EXPECT_TRUE(std::isfinite(w));
    EXPECT_NE(weights(net), before);
  }
}

// The logarithm of a negative output, deep within the loss.
TEST_F(FitTest, BadLossNamesTheOperation) {
  layers::Linear net({.in_features = 2, .out_features = 2});
  net.weight().value().fill_(0);
  net.bias().value().fill_(-1);
  optim::SGD optimizer(net.parameters());
  const auto loss = [](const autograd::Variable& output, const Tensor&) {
    return autograd::mean(autograd::square(autograd::log(output)));
  };
  const Generator before = default_generator();
  const absl::Status status = fit(net, loader_, optimizer, {.loss = loss}).status();
  EXPECT_TRUE(absl::IsAborted(status)) << status;
  for (const char* part : {"the loss is", "nan", "step 1 of 3: [log]"}) {
    EXPECT_NE(status.message().find(part), status.message().npos) << part << ": " << status;
  }
  EXPECT_EQ(default_generator().offset(), before.offset());
}

TEST_F(FitTest, BrokenContractsThrow) {
  Net net;
  optim::SGD optimizer(net.parameters());
  EXPECT_THROW((void)fit(net, loader_, optimizer, {.epochs = -1}), ValueError);
  data::DataLoader none(set_, {.batch_size = 64, .drop_last = true});
  EXPECT_THROW((void)fit(net, none, optimizer), ValueError);
  const data::TensorDataset wide(zeros({4, 3}), zeros({4}, {.dtype = DType::kI64}));
  data::DataLoader misfit(wide);
  EXPECT_THROW((void)fit(net, misfit, optimizer), ShapeError);
  EXPECT_TRUE(std::isnan(evaluate(net, none).loss));
}

TEST_F(FitTest, NoEpochsChangeNothing) {
  Net net;
  const std::vector<float> before = weights(net);
  optim::SGD optimizer(net.parameters());
  EXPECT_TRUE(fit(net, loader_, optimizer, {.epochs = 0}).value().empty());
  EXPECT_EQ(weights(net), before);
}

TEST_F(FitTest, CsvLogHoldsEveryEpochOnce) {
  const std::string path = ::testing::TempDir() + "/fit_log.csv";
  testing::write_bytes(path, "epoch,train_loss\n1,0.");  // what a crash may have left
  Net net;
  optim::SGD optimizer(net.parameters());
  CsvLog log(path);
  const auto history = fit(net, loader_, optimizer, {.epochs = 30, .callbacks = {&log}});
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_EQ(testing::read_bytes(path), to_csv(*history));
}

TEST_F(FitTest, CsvLogErrorsEndTheRun) {
  Net net;
  optim::SGD optimizer(net.parameters());
  CsvLog log(::testing::TempDir() + "/no_such_folder/log.csv");
  const absl::Status status =
      fit(net, loader_, optimizer, {.epochs = 3, .callbacks = {&log}}).status();
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.message().find("no_such_folder/log.csv"), std::string::npos) << status;
}

// Two batches of 8 make the update of one of 16, and the rest at the end one of its own.
TEST_F(FitTest, AccumulatesBatches) {
  std::vector<std::vector<float>> ends;
  std::vector<std::string> events;
  for (const int accumulate : {1, 2}) {
    manual_seed(1);
    layers::Linear net({.in_features = 2, .out_features = 2});
    data::DataLoader loader(set_, {.batch_size = 16 / accumulate});
    optim::SGD optimizer(net.parameters(), {.lr = 0.5});
    Recorder recorder;
    const auto history = fit(net, loader, optimizer,
                             {.epochs = 2, .accumulate = accumulate, .callbacks = {&recorder}});
    ASSERT_TRUE(history.ok()) << history.status();
    ends.push_back(weights(net));
    events.push_back(recorder.events);
  }
  EXPECT_EQ(events[0], events[1]);  // three updates an epoch
  for (std::size_t i = 0; i < ends[0].size(); ++i) EXPECT_NEAR(ends[0][i], ends[1][i], 1e-6);
}

TEST_F(FitTest, ForwardTakesTheLosssPlace) {
  layers::Linear net({.in_features = 2, .out_features = 2});
  optim::SGD optimizer(net.parameters());
  Accuracy accuracy;
  const auto forward = [](layers::Module& module, const data::Batch& batch) {
    const autograd::Variable output = module(batch.inputs);
    return ForwardResult{.output = output, .loss = autograd::sum(output) * 0.0 + 7.0};
  };
  const auto history = fit(net, loader_, optimizer,
                           {.forward = forward, .metrics = {&accuracy}, .validation = &loader_});
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_EQ(history->back().value("train_loss"), 7);
  EXPECT_NE(history->back().value("val_loss"), 7);
  EXPECT_EQ(history->back().value("train_accuracy"), history->back().value("val_accuracy"));
}

TEST_F(FitTest, RunsInSixteenBits) {
  layers::Linear net({.in_features = 2, .out_features = 2});
  optim::SGD optimizer(net.parameters(), {.lr = 0.1});
  std::vector<DType> seen;
  const auto loss = [&](const autograd::Variable& output, const Tensor& target) {
    seen.push_back(output.dtype());
    return autograd::cross_entropy(output, target);
  };
  const auto history = fit(net, loader_, optimizer,
                           {.loss = loss, .autocast = DType::kBF16, .validation = &loader_});
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_EQ(seen, std::vector<DType>(6, DType::kBF16));
  EXPECT_EQ(net.weight().dtype(), DType::kF32);
  EXPECT_FALSE(autograd::autocast_dtype());
}

// A scale that is a power of two changes no bit; a norm that is never reached neither.
TEST_F(FitTest, ScalesAndClips) {
  std::vector<std::vector<float>> ends;
  optim::LossScaler scaler({.scale = 1024});
  const std::vector<FitOptions> all = {
      {.epochs = 2}, {.epochs = 2, .max_norm = 1e6, .scaler = &scaler}, {.max_norm = 1e-3}};
  for (const FitOptions& options : all) {
    manual_seed(1);
    layers::Linear net({.in_features = 2, .out_features = 2});
    const std::vector<float> before = weights(net);
    data::DataLoader loader(set_, {.batch_size = 40});
    optim::SGD optimizer(net.parameters(), {.lr = 1});
    ASSERT_TRUE(fit(net, loader, optimizer, options).ok());
    ends.push_back(weights(net));
    if (options.max_norm > 1e-3) continue;
    double squares = 0;
    for (std::size_t i = 0; i < before.size(); ++i) squares += std::pow(ends[2][i] - before[i], 2);
    EXPECT_NEAR(std::sqrt(squares), 1e-3, 1e-6);
  }
  EXPECT_EQ(ends[0], ends[1]);
}

TEST_F(FitTest, EmptyValidationSetIsAnError) {
  layers::Linear net({.in_features = 2, .out_features = 2});
  optim::SGD optimizer(net.parameters());
  const data::TensorDataset none = half_planes(0);
  data::DataLoader validation(none, {.batch_size = 4});
  try {
    (void)fit(net, loader_, optimizer, {.validation = &validation});
    FAIL() << "nothing thrown";
  } catch (const ValueError& e) {
    EXPECT_STREQ(
        e.what(),
        "[fit] expected a validation loader with at least one batch, got none (0 examples, "
        "batch size 4)");
  }
  EXPECT_THROW((void)fit(net, loader_, optimizer, {.accumulate = 0}), ValueError);
}

}  // namespace
}  // namespace tenon::train

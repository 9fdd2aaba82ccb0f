#include "examples/common/row_trainer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

#include "data/tensor_dataset.h"
#include "examples/common/optimizers.h"
#include "models/mlp.h"
#include "optim/schedule.h"
#include "tensor/error.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::examples {
namespace {

namespace fs = std::filesystem;

// Points in the plane, of class 1 where the first coordinate is above 0.
data::TensorDataset points(std::uint64_t seed) {
  manual_seed(seed);
  const Tensor inputs = randn({200, 2});
  return {inputs, gt(inputs.select(1, 0), 0.0).to(DType::kI64)};
}

RowOptions row(const std::string& name, double lr) {
  return {.name = name,
          .network =
              [] {
                return std::make_unique<models::Mlp>(models::MlpOptions{.sizes = {2, 2}});
              },
          .optimizer = optimizer_maker("sgd", lr),
          .batch_size = 10};
}

class RowTrainerTest : public testing::Test {
 protected:
  RowTrainerTest() {
    options_.epochs = 3;
    options_.quiet = true;
    options_.out_dir = testing::TempDir() + "row_trainer";
    fs::remove_all(options_.out_dir);
    fs::create_directories(options_.out_dir);
  }

  ExperimentOptions options_;
  data::TensorDataset train_ = points(1);
  data::TensorDataset test_ = points(2);
};

TEST_F(RowTrainerTest, LearnsOncePerSeed) {
  options_.seeds = 3;
  RowTrainer trainer(train_, test_, options_);
  ASSERT_TRUE(trainer.train(row("line", 0.5)).ok());
  const TrainedRow& result = trainer.rows().front();
  ASSERT_EQ(result.test_accuracies.size(), 3u);
  for (const double accuracy : result.test_accuracies) EXPECT_GT(accuracy, 0.9);
  EXPECT_EQ(result.parameters, 6);
  EXPECT_EQ(result.history.size(), 3u);
  EXPECT_GT(result.seconds, 0);
  EXPECT_EQ(result.stopped, "");
}

TEST_F(RowTrainerTest, TheSameSeedGivesTheSameRow) {
  RowTrainer trainer(train_, test_, options_);
  ASSERT_TRUE(trainer.train({row("a", 0.1), row("b", 0.1)}).ok());
  EXPECT_EQ(trainer.rows()[0].history.back().value("train_loss"),
            trainer.rows()[1].history.back().value("train_loss"));
}

TEST_F(RowTrainerTest, FollowsTheSchedule) {
  RowTrainer trainer(train_, test_, options_);
  RowOptions scheduled = row("halved", 0.8);
  scheduled.schedule = optim::exponential_lr({.gamma = 0.5});
  scheduled.every = train::Every::kEpoch;
  ASSERT_TRUE(trainer.train(scheduled).ok());
  EXPECT_DOUBLE_EQ(trainer.rows().front().history[2].value("lr"), 0.2);
}

TEST_F(RowTrainerTest, DivergenceIsAResult) {
  const Tensor inputs = full({20, 2}, std::numeric_limits<float>::infinity());
  const data::TensorDataset endless(inputs, zeros({20}, {.dtype = DType::kI64}));
  RowTrainer trainer(endless, test_, options_);
  ASSERT_TRUE(trainer.train(row("nan", 0.1)).ok());
  EXPECT_NE(trainer.rows().front().stopped.find("epoch 1"), std::string::npos)
      << trainer.rows().front().stopped;
  EXPECT_EQ(trainer.rows().front().test_accuracies.size(), 1u);
  EXPECT_TRUE(trainer.finish("points", "Points").ok());
}

TEST_F(RowTrainerTest, FinishWritesTheTable) {
  RowTrainer trainer(train_, test_, options_);
  RowOptions line = row("line", 0.5);
  line.published = "99.9";
  ASSERT_TRUE(trainer.train(line).ok());
  testing::internal::CaptureStdout();
  ASSERT_TRUE(trainer.finish("points", "Points").ok());
  const std::string output = testing::internal::GetCapturedStdout();
  EXPECT_NE(output.find("\nROW experiment=points name=line test_accuracy="), std::string::npos)
      << output;
  EXPECT_NE(output.find("\nRESULT experiment=points seed=1 epochs=3"), std::string::npos) << output;
  std::ifstream csv(options_.output("table.csv"));
  const std::string text((std::istreambuf_iterator<char>(csv)), {});
  EXPECT_NE(text.find("\nline,6,99.9,"), std::string::npos) << text;
  std::ifstream history(options_.output("history.csv"));
  EXPECT_EQ(std::count(std::istreambuf_iterator<char>(history), {}, '\n'), 1 + 3);
}

TEST_F(RowTrainerTest, BadUseThrows) {
  RowTrainer trainer(train_, test_, options_);
  EXPECT_THROW((void)trainer.finish("points", "Points"), ValueError);
  EXPECT_THROW(optimizer_maker("sdg", 0.1), ValueError);
  EXPECT_THROW((void)trainer.train(row("negative", -1)), ValueError);
}

}  // namespace
}  // namespace tenon::examples

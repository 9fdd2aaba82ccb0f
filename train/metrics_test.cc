#include "train/metrics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tensor/error.h"
#include "tensor/ops.h"

namespace tenon::train {
namespace {

Tensor labels(const std::vector<std::int64_t>& values) { return from_vector(values); }

// Largest logits: classes 2, 0, 1, 1.
Tensor logits() { return tensor({{0, 1, 5}, {3, -1, 2}, {-4, -1, -2}, {0, 9, 8}}); }

template <class E, class F>
std::string message_of(F call) {
  try {
    call();
  } catch (const E& e) {
    return e.what();
  }
  return "nothing thrown";
}

TEST(RunningMean, WeighsItsNumbers) {
  RunningMean mean;
  EXPECT_TRUE(std::isnan(mean.value()));
  mean.add(1.0, 3);
  mean.add(5.0);
  EXPECT_DOUBLE_EQ(mean.value(), 2.0);
  mean.reset();
  EXPECT_TRUE(std::isnan(mean.value()));
}

TEST(Accuracy, CountsOverBatches) {
  Accuracy accuracy;
  EXPECT_TRUE(std::isnan(accuracy.value()));
  accuracy.update(logits(), labels({2, 0, 0, 1}));  // three of four
  EXPECT_DOUBLE_EQ(accuracy.value(), 0.75);
  accuracy.update(logits().slice(0, 0, 1), labels({1}));  // and none of one
  EXPECT_DOUBLE_EQ(accuracy.value(), 0.6);
  accuracy.reset();
  EXPECT_TRUE(std::isnan(accuracy.value()));
}

TEST(Accuracy, FirstOfEqualLogitsCounts) {
  Accuracy accuracy;
  accuracy.update(tensor({{1, 1}, {1, 1}}), labels({0, 1}));
  EXPECT_DOUBLE_EQ(accuracy.value(), 0.5);
}

TEST(Accuracy, TakesOtherDtypesAndStrides) {
  for (const DType dtype : {DType::kF64, DType::kBF16, DType::kF16}) {
    Accuracy accuracy;
    accuracy.update(logits().to(dtype), labels({2, 0, 0, 1}));
    EXPECT_DOUBLE_EQ(accuracy.value(), 0.75) << name(dtype);
  }
  Accuracy accuracy;
  accuracy.update(logits().t().contiguous().t(), labels({2, 0, 0, 1}));
  EXPECT_DOUBLE_EQ(accuracy.value(), 0.75);
}

TEST(Accuracy, StateGoesRound) {
  Accuracy one, other;
  one.update(logits(), labels({2, 0, 0, 1}));
  other.set_state(one.state());
  other.update(logits().slice(0, 0, 1), labels({1}));
  EXPECT_DOUBLE_EQ(other.value(), 0.6);
  EXPECT_THROW(other.set_state(std::vector<double>{1}), ValueError);
}

TEST(Accuracy, SaysWhatDoesNotFit) {
  Accuracy accuracy;
  const std::string shapes = message_of<ShapeError>([&] {
    accuracy.update(logits(), labels({1, 2}));
  });
  EXPECT_NE(shapes.find("[4,3]"), shapes.npos) << shapes;
  EXPECT_NE(shapes.find("[2]"), shapes.npos) << shapes;
  EXPECT_THROW(accuracy.update(zeros({2, 0}), labels({0, 0})), ShapeError);
  EXPECT_THROW(accuracy.update(tensor({1, 2}), labels({0, 1})), ShapeError);
  EXPECT_THROW(accuracy.update(logits(), zeros({4})), DTypeError);
  EXPECT_THROW(accuracy.update(logits().to(DType::kI64), labels({1, 1, 1, 1})), DTypeError);
  EXPECT_THROW(accuracy.update(Tensor(), labels({1})), ValueError);
  EXPECT_TRUE(std::isnan(accuracy.value())) << "a rejected batch must not count";
}

TEST(ConfusionMatrix, CountsByHand) {
  ConfusionMatrix matrix(3);
  matrix.update(logits(), labels({2, 0, 0, 1}));
  matrix.update(logits().slice(0, 0, 1), labels({1}));
  const std::int64_t expected[3][3] = {{1, 1, 0}, {0, 1, 1}, {0, 0, 1}};
  for (int t = 0; t < 3; ++t) {
    for (int p = 0; p < 3; ++p) EXPECT_EQ(matrix.count(t, p), expected[t][p]) << t << " " << p;
  }
  EXPECT_DOUBLE_EQ(matrix.value(), 0.6);
  EXPECT_DOUBLE_EQ(matrix.recall(0), 0.5);
  EXPECT_DOUBLE_EQ(matrix.recall(2), 1.0);
  EXPECT_DOUBLE_EQ(matrix.precision(0), 1.0);
  EXPECT_DOUBLE_EQ(matrix.precision(1), 0.5);
}

TEST(ConfusionMatrix, BadLabelLeavesItAsItWas) {
  ConfusionMatrix matrix(3);
  for (const std::int64_t bad : {std::int64_t{3}, std::int64_t{-1}}) {
    const std::string message = message_of<IndexError>([&] {
      matrix.update(logits(), labels({2, 0, 0, bad}));
    });
    EXPECT_NE(message.find("got " + std::to_string(bad)), message.npos) << message;
  }
  EXPECT_EQ(matrix.count(2, 2), 0);
  EXPECT_TRUE(std::isnan(matrix.value()));
  EXPECT_THROW(matrix.update(zeros({1, 4}), labels({0})), ShapeError);
  EXPECT_THROW(matrix.count(3, 0), IndexError);
  EXPECT_THROW(ConfusionMatrix(0), ValueError);
}

TEST(ConfusionMatrix, PrintsATable) {
  ConfusionMatrix matrix(2);
  matrix.update(tensor({{1, 0}, {1, 0}, {0, 1}, {1, 0}}), labels({0, 0, 0, 1}));
  EXPECT_EQ(to_string(matrix),
            "             predicted\n"
            "       true    0    1  recall %\n"
            "          0    2    1      66.7\n"
            "          1    1    .       0.0\n"
            "precision % 66.7  0.0      50.0\n");
  EXPECT_NE(to_string(matrix, std::vector<std::string>{"cat", "dog"}).find("dog"),
            std::string::npos);
  EXPECT_THROW(to_string(matrix, std::vector<std::string>{"cat"}), ValueError);
}

TEST(ConfusionMatrix, UnseenClassesHaveNoRates) {
  ConfusionMatrix matrix(2);
  matrix.update(tensor({{1, 0}}), labels({0}));
  EXPECT_TRUE(std::isnan(matrix.recall(1)));
  EXPECT_TRUE(std::isnan(matrix.precision(1)));
  EXPECT_NE(to_string(matrix).find(" -"), std::string::npos);
}

TEST(Accuracy, ProbabilitiesStandForTheLargest) {
  Accuracy accuracy;
  accuracy.update(tensor({{2, 1}, {0, 1}}), tensor({{0.3f, 0.7f}, {0.4f, 0.6f}}));
  EXPECT_EQ(accuracy.value(), 0.5);
  EXPECT_THROW(accuracy.update(ones({2, 2}), ones({3, 2})), ShapeError);
}

}  // namespace
}  // namespace tenon::train

#include "train/class_metrics.h"

#include <cmath>
#include <limits>

#include "gtest/gtest.h"
#include "tensor/tensor.h"

namespace tenon::train {
namespace {

Tensor labels(const std::vector<std::int64_t>& values) { return from_vector(values); }

// Logits that are largest at these classes.
Tensor predicting(const std::vector<std::int64_t>& classes, std::int64_t count) {
  std::vector<float> logits;
  for (const std::int64_t c : classes) {
    for (std::int64_t i = 0; i < count; ++i) logits.push_back(i == c ? 1.0f : 0.0f);
  }
  return from_vector(logits, Shape{static_cast<std::int64_t>(classes.size()), count});
}

TEST(TopKTest, ByHand) {
  const Tensor logits = tensor({{4, 3, 2, 1}, {4, 3, 2, 1}, {4, 3, 2, 1}, {1, 2, 3, 4}});
  TopK first(1);
  TopK second(2);
  for (TopK* metric : {&first, &second}) metric->update(logits, labels({0, 1, 2, 3}));
  EXPECT_EQ(first.value(), 0.5);
  EXPECT_EQ(second.value(), 0.75);
  EXPECT_EQ(second.name(), "top2");
  second.update(logits.slice(0, 0, 1), labels({3}));
  EXPECT_EQ(second.value(), 0.6);
  TopK restored(2);
  restored.set_state(second.state());
  EXPECT_EQ(restored.value(), 0.6);
  second.reset();
  EXPECT_TRUE(std::isnan(second.value()));
}

TEST(TopKTest, TiesAndNaN) {
  TopK second(2);
  second.update(tensor({{1, 1, 1}, {1, 1, 1}}), labels({1, 2}));
  EXPECT_EQ(second.value(), 0.5);
  second.reset();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  second.update(tensor({{nan, nan, nan}}), labels({0}));
  EXPECT_EQ(second.value(), 0);
}

TEST(TopKTest, BadArguments) {
  EXPECT_THROW(TopK(0), ValueError);
  TopK metric(4);
  EXPECT_THROW(metric.update(ones({2, 3}), labels({0, 1})), ShapeError);
  EXPECT_THROW(TopK(1).update(ones({2, 3}), labels({0})), ShapeError);
  EXPECT_THROW(TopK(1).update(ones({1, 3}), labels({3})), IndexError);
  EXPECT_THROW(metric.set_state(std::vector<double>{1}), ValueError);
}

// sklearn.metrics.precision_recall_fscore_support([0,0,1,1,1,2], [0,1,1,1,2,0], zero_division=0):
// precision .5 .66667 0, recall .5 .66667 0, f1 .5 .66667 0; macro .388889, weighted .5.
TEST(ConfusionFigureTest, IsScikitLearns) {
  const Tensor output = predicting({0, 1, 1, 1, 2, 0}, 3);
  const Tensor truth = labels({0, 0, 1, 1, 1, 2});
  Precision precision(3);
  Recall recall(3);
  F1 macro(3);
  F1 weighted(3, Average::kWeighted);
  for (Metric* metric : std::vector<Metric*>{&precision, &recall, &macro, &weighted}) {
    EXPECT_TRUE(std::isnan(metric->value()));
    metric->update(output, truth);
  }
  EXPECT_NEAR(precision.value(), 0.388889, 1e-6);
  EXPECT_NEAR(recall.value(), 0.388889, 1e-6);
  EXPECT_NEAR(macro.value(), 0.388889, 1e-6);
  EXPECT_NEAR(weighted.value(), 0.5, 1e-6);
}

// The same for [0,0,0,1], [0,0,1,1]: precision 1 .5, recall .66667 1, f1 .8 .66667.
TEST(ConfusionFigureTest, PrecisionIsNotRecall) {
  const Tensor output = predicting({0, 0, 1, 1}, 3);  // class 2 does not occur
  const Tensor truth = labels({0, 0, 0, 1});
  Precision precision(3);
  Recall recall(3);
  F1 f1(3);
  F1 restored(3);
  for (Metric* metric : std::vector<Metric*>{&precision, &recall, &f1})
    metric->update(output, truth);
  EXPECT_NEAR(precision.value(), 0.75, 1e-9);
  EXPECT_NEAR(recall.value(), 5.0 / 6, 1e-9);
  EXPECT_NEAR(f1.value(), (0.8 + 2.0 / 3) / 2, 1e-9);
  restored.set_state(f1.state());
  EXPECT_EQ(restored.value(), f1.value());
  EXPECT_THROW(F1(0), ValueError);
}

TEST(PerplexityTest, OfUniformGuessesIsTheNumberOfClasses) {
  Perplexity perplexity;
  perplexity.update(zeros({2, 3, 7}), zeros({2, 3}, {.dtype = DType::kI64}));
  EXPECT_NEAR(perplexity.value(), 7, 1e-5);
  // One more token with probability 1/2 of two: exp((6 ln 7 + ln 2) / 7).
  perplexity.update(zeros({1, 2}), labels({1}));
  EXPECT_NEAR(perplexity.value(), std::exp((6 * std::log(7) + std::log(2)) / 7), 1e-4);
  Perplexity restored;
  restored.set_state(perplexity.state());
  EXPECT_EQ(restored.value(), perplexity.value());
  EXPECT_THROW(perplexity.update(zeros({2, 3}), labels({1})), ShapeError);
}

}  // namespace
}  // namespace tenon::train

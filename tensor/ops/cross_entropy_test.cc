// Options of cross entropy: what the op table of autograd does not see.
#include <cmath>

#include "gtest/gtest.h"
#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::values;

Tensor some_labels() { return from_vector<std::int64_t>({2, -100, 0, 2}); }

TEST(CrossEntropyTest, IgnoredRowsCountForNothing) {
  const Tensor logits = values({4, 3});
  logits.select(0, 1).fill_(std::nan(""));  // not even where they are not numbers
  const Tensor kept = cat(std::vector<Tensor>{logits.narrow(0, 0, 1), logits.narrow(0, 2, 2)});
  const Tensor labels = from_vector<std::int64_t>({2, 0, 2});
  EXPECT_FLOAT_EQ(cross_entropy(logits, some_labels()).item<float>(),
                  cross_entropy(kept, labels).item<float>());
  const Tensor grad = cross_entropy_grad(scalar(1), logits, some_labels(), {});
  EXPECT_EQ(grad.select(0, 1).to_vector<float>(), (std::vector<float>{0, 0, 0}));
  EXPECT_TRUE(all_finite(grad));
}

TEST(CrossEntropyTest, TheMeanOfNothingIsNaN) {
  const Tensor labels = full({2}, -100, {.dtype = DType::kI64});
  EXPECT_TRUE(std::isnan(cross_entropy(zeros({2, 3}), labels).item<float>()));
  EXPECT_EQ(cross_entropy(zeros({2, 3}), labels, {.reduction = Reduction::kSum}).item<float>(), 0);
}

TEST(CrossEntropyTest, AnyIgnoredLabelMayLieOutside) {
  EXPECT_NO_THROW(cross_entropy(zeros({4, 3}), some_labels()));
  expect_error<IndexError>(
      [] {
        cross_entropy(zeros({4, 3}), some_labels(), {.ignore_index = 0});
      },
      {"[cross_entropy]", "-100", "row 1"});
}

/// The gradient is softmax shared out minus the target: both come from the same parameters.
TEST(CrossEntropyTest, TargetAndGradientAgree) {
  const CrossEntropyParams params{.weight = from_vector<float>({1, 3, 0.5f}),
                                  .label_smoothing = 0.3};
  for (const DType dtype : testing::kFloating) {
    const Tensor logits = values({4, 3}, -2, 2, dtype);
    const Tensor wide = logits.to(DType::kF64);
    const Tensor target = cross_entropy_target(wide, some_labels(), params);
    const Tensor expected = softmax(wide, 1) * sum(target, {1}, true) - target;
    const Tensor grad =
        cross_entropy_grad(scalar(1, {.dtype = dtype}), logits, some_labels(), params);
    expect_close(grad, testing::Array(expected), 4);
  }
}

TEST(CrossEntropyTest, ErrorsOfTheOptions) {
  expect_error<DTypeError>(
      [] {
        cross_entropy(zeros({4, 3}), some_labels(), {.weight = ones({3}, {.dtype = DType::kI64})});
      },
      {"[cross_entropy]", "weight", "i64"});
  expect_error<ValueError>(
      [] {
        cross_entropy(zeros({4, 3}), some_labels(), {.label_smoothing = -0.1});
      },
      {"label_smoothing", "-0.1"});
}

}  // namespace
}  // namespace tenon

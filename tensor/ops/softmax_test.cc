#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon {
namespace {

using testing::Array;
using testing::expect_error;
using testing::values;

TEST(Softmax, EveryDimensionDTypeAndLayout) {
  for (const DType dtype : testing::kFloating) {
    for (const Shape& shape :
         {Shape{5, 10}, Shape{3, 4, 7}, Shape{2, 3, 4, 5}, Shape{1}, Shape{3, 1}, Shape{2, 5000}}) {
      const Tensor x = values(shape, -8, 8, dtype);
      for (int dim = -shape.size(); dim < shape.size(); ++dim) {
        const int d = dim < 0 ? dim + shape.size() : dim;
        const Array plain = softmax_reference(Array(x), d),
                    log = log_softmax_reference(Array(x), d);
        for (const auto& [layout, view] : testing::layouts_of(x)) {
          expect_close(softmax(view, dim), plain, 1, layout);
          expect_close(log_softmax(view, dim), log, 1, layout);
        }
      }
    }
  }
  EXPECT_EQ(softmax(scalar(3), 0).item<float>(), 1);
  EXPECT_EQ(softmax(zeros({2, 0}), 1).shape(), Shape({2, 0}));
  EXPECT_EQ(log_softmax(zeros({0, 3}), 1).shape(), Shape({0, 3}));
}

// Rows that fit into one or two registers are taken several at once, whole registers or not.
TEST(Softmax, ShortRowsOfEveryLength) {
  for (std::int64_t size = 1; size <= 34; ++size) {
    for (const std::int64_t rows : {1, 7, 8, 17, 150}) {
      const Tensor x = values({rows, size}, -8, 8);
      const std::string what = to_string(x.shape());
      expect_close(softmax(x, 1), softmax_reference(Array(x), 1), 1, what);
      expect_close(log_softmax(x, 1), log_softmax_reference(Array(x), 1), 1, what);
    }
  }
}

TEST(Softmax, RowsSumToOne) {
  const Tensor y = softmax(values({100, 1000}, -30, 30), 1);
  expect_close(sum(y, {1}), Array({100}, 1));
}

// exp of these would overflow; subtracting one from another must not lose their last digits.
TEST(Softmax, LargeLogits) {
  const Tensor x = tensor({{10000, 10000, 9999}, {-10000, -10001, -10000}, {3e38f, -3e38f, 0}});
  expect_close(softmax(x, 1), softmax_reference(Array(x), 1));
  expect_close(log_softmax(x, 1), log_softmax_reference(Array(x), 1));
}

TEST(Softmax, MaskedEntriesGetNothing) {
  for (const DType dtype : testing::kFloating) {
    const Tensor x = tensor({{1, -INFINITY, 2}, {-INFINITY, -INFINITY, 0}}).to(dtype);
    expect_close(softmax(x, 1), softmax_reference(Array(x), 1));
    expect_close(log_softmax(x, 1), log_softmax_reference(Array(x), 1));
    EXPECT_LT(softmax(x, 1).item<double>({0, 1}), 1e-300);
  }
}

TEST(Softmax, NanAndRowsWithoutAnyFiniteEntry) {
  const Tensor x = tensor({{NAN, 1}, {1, NAN}, {-INFINITY, -INFINITY}, {INFINITY, 1}});
  for (const Tensor& y : {softmax(x, 1), log_softmax(x, 1)}) {
    expect_close(y, Array({4, 2}, NAN));  // as PyTorch
  }
  expect_close(softmax(x.t(), 0), Array({2, 4}, NAN));
}

Array losses_reference(const Array& logits, const std::vector<std::int64_t>& labels) {
  const Array log = log_softmax_reference(logits, 1);
  Array losses({logits.shape[0]});
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i);
    losses.at({row}) = -log.at({row, labels[i]});
  }
  return losses;
}

double total(const Array& x) {
  double sum = 0;
  for (const double v : x.values) sum += v;
  return sum;
}

Tensor labels_of(std::int64_t rows, std::int64_t classes) {
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < rows; ++i) labels.push_back(i * 7 % classes);
  return from_vector(labels);
}

TEST(CrossEntropy, EveryReductionDTypeAndLayout) {
  for (const DType dtype : testing::kFloating) {
    for (const auto& [rows, classes] : {std::pair{1, 1}, {5, 10}, {130, 3}, {64, 1000}}) {
      const Tensor x = values({rows, classes}, -8, 8, dtype), labels = labels_of(rows, classes);
      const Array losses = losses_reference(Array(x), labels.to_vector<std::int64_t>());
      for (const auto& [layout, view] : testing::layouts_of(x)) {
        expect_close(cross_entropy(view, labels, {.reduction = Reduction::kNone}), losses, 1,
                     layout);
        // Losses of 16 bits are rounded before they are added up.
        expect_close(cross_entropy(view, labels), Array({}, total(losses) / rows), 2, layout);
        expect_close(cross_entropy(view, labels, {.reduction = Reduction::kSum}),
                     Array({}, total(losses)), 2, layout);
        expect_close(cross_entropy(x, testing::layouts_of(labels)[2].tensor,
                                   {.reduction = Reduction::kNone}),
                     losses, 1, layout);
      }
    }
  }
}

TEST(CrossEntropy, LargeLogitsAndMaskedOnes) {
  const Tensor x = tensor({{10000, 10001, 0}, {-10000, -10000.5, -10003}, {0, -INFINITY, 1}});
  const Tensor labels = from_vector<std::int64_t>({0, 2, 1});
  expect_close(cross_entropy(x, labels, {.reduction = Reduction::kNone}),
               losses_reference(Array(x), {0, 2, 1}));
}

TEST(CrossEntropy, OfNoRows) {
  const Tensor none = from_vector(std::vector<std::int64_t>());
  EXPECT_TRUE(std::isnan(cross_entropy(zeros({0, 3}), none).item<float>()));  // mean of nothing
  EXPECT_EQ(cross_entropy(zeros({0, 3}), none, {.reduction = Reduction::kSum}).item<float>(), 0);
  EXPECT_EQ(cross_entropy(zeros({0, 0}), none, {.reduction = Reduction::kNone}).shape(),
            Shape({0}));
  EXPECT_EQ(
      cross_entropy_grad(scalar(1), zeros({0, 3}), none, {.reduction = Reduction::kMean}).shape(),
      Shape({0, 3}));
}

TEST(CrossEntropyGrad, IsSoftmaxMinusOneHot) {
  for (const DType dtype : testing::kFloating) {
    for (const Reduction reduction : {Reduction::kNone, Reduction::kMean, Reduction::kSum}) {
      const std::int64_t rows = 37, classes = 10;
      const Tensor x = values({rows, classes}, -5, 5, dtype), labels = labels_of(rows, classes);
      const Tensor grad = reduction == Reduction::kNone ? values({rows}, -2, 2, dtype, 3)
                                                        : full({}, 1.5, {.dtype = dtype});
      Array expected = softmax_reference(Array(x), 1);
      const Array incoming(grad);
      testing::for_each_index(expected.shape, [&](const Dims& i) {
        const bool hit = labels.item<std::int64_t>({i[0]}) == i[1];
        const double scale = reduction == Reduction::kMean ? 1.0 / rows : 1;
        const double g = reduction == Reduction::kNone ? incoming.at({i[0]}) : incoming.at({});
        expected.at(i) = (expected.at(i) - hit) * g * scale;
      });
      for (const auto& [layout, view] : testing::layouts_of(x)) {
        // A probability near 1 minus 1 cancels: 16-bit errors are those of f32 arithmetic.
        expect_close(cross_entropy_grad(grad, view, labels, {.reduction = reduction}), expected, 1,
                     layout);
      }
    }
  }
}

TEST(CrossEntropy, NamesTheFirstBadLabel) {
  const Tensor x = zeros({4, 3});
  for (const std::int64_t bad : {std::int64_t{3}, std::int64_t{-1}, INT64_MAX, INT64_MIN}) {
    const Tensor labels = from_vector<std::int64_t>({0, 2, bad, -7});
    expect_error<IndexError>(
        [&] { cross_entropy(x, labels); },
        {"[cross_entropy]", "[0, 3)", std::to_string(bad).c_str(), "in row 2"});
  }
  expect_error<IndexError>([] { cross_entropy(zeros({2, 0}), labels_of(2, 1)); }, {"row 0"});
}

TEST(CrossEntropy, RefusesWhatDoesNotFit) {
  const Tensor x = zeros({4, 3}), labels = labels_of(4, 3);
  expect_error<ShapeError>([&] { cross_entropy(zeros({4}), labels); },
                           {"[cross_entropy]", "logits"});
  expect_error<ShapeError>([&] { cross_entropy(x, labels_of(5, 3)); },
                           {"[cross_entropy]", "labels", "[4]", "[5]"});
  expect_error<DTypeError>([&] { cross_entropy(x, zeros({4})); },
                           {"[cross_entropy]", "i64", "f32"});
  expect_error<DTypeError>(
      [&] {
        cross_entropy(labels.reshape({4, 1}), labels);
      },
      {"floating", "i64"});
  expect_error<ShapeError>(
      [&] { cross_entropy_grad(zeros({4}), x, labels, {.reduction = Reduction::kMean}); },
      {"[cross_entropy_grad]", "grad", "[]", "[4]"});
  expect_error<ShapeError>(
      [&] { cross_entropy_grad(scalar(1), x, labels, {.reduction = Reduction::kNone}); },
      {"[cross_entropy_grad]", "grad", "[4]", "[]"});
  expect_error<DTypeError>(
      [&] {
        cross_entropy_grad(scalar(1, {.dtype = DType::kF64}), x, labels,
                           {.reduction = Reduction::kSum});
      },
      {"[cross_entropy_grad]", "f64 []"});
}

TEST(Softmax, RefusesWhatDoesNotFit) {
  expect_error<IndexError>([] { softmax(zeros({2, 3}), 2); }, {"[softmax]", "[-2, 1]", "got 2"});
  expect_error<IndexError>([] { log_softmax(zeros({2, 3}), -3); }, {"[log_softmax]", "got -3"});
  expect_error<DTypeError>([] { softmax(arange(0, 3), 0); }, {"[softmax]", "i64 [3]"});
  expect_error<ValueError>([] { log_softmax(Tensor(), 0); }, {"[log_softmax]", "undefined"});
}

}  // namespace
}  // namespace tenon

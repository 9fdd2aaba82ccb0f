// Each pair is compared with what an eigenpair is, the values with eigh()'s.
#include "embed/internal/leading_eigenvectors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::embed::internal {
namespace {

constexpr std::int64_t kSize = 60, kCount = 12;

double largest(const Tensor& x) { return max(abs(x)).item<double>(); }

void expect_eigenpairs(const Tensor& x, const Eigenpairs& found, std::int64_t count) {
  const double scale = std::max(largest(x), 1e-300);
  const Tensor rising = std::get<0>(eigh(x));
  EXPECT_LT(largest(found.values - flip(rising, {0})), 1e-12 * scale);
  const Tensor& v = found.vectors;
  ASSERT_EQ(to_string(v.shape()), to_string(Shape{count, x.size(0)}));
  EXPECT_LT(largest(matmul(v, v.t()) - eye(count, {.dtype = DType::kF64})), 1e-13);
  const Tensor scaled = v * found.values.slice(0, 0, count).reshape({count, 1});
  EXPECT_LT(largest(matmul(v, x) - scaled), 1e-12 * scale);
}

void expect_leading(const Tensor& x) {
  expect_eigenpairs(x, leading_eigenvectors(x, kCount), kCount);
}

Tensor noise(const Shape& shape) {
  Generator random(7);
  return randn(shape, random, {.dtype = DType::kF64});
}

/// Q diag(values) Q^T, for an orthogonal Q of no particular shape.
Tensor with_values(const Tensor& values) {
  const std::int64_t size = values.size(0);
  const Tensor basis = std::get<0>(svd(noise({size, size})));
  const Tensor x = matmul(basis * values, basis.t());
  return (x + x.t()) / 2.0;
}

TEST(LeadingEigenvectorsTest, OfACovarianceMatrix) {
  const Tensor points = noise({200, kSize});
  expect_leading(matmul(points.t(), points));
}

TEST(LeadingEigenvectorsTest, OfEveryScale) {
  const Tensor x = with_values(exp(arange(0, kSize, 1, {.dtype = DType::kF64}) / -2.0));
  for (const double scale : {1e-150, 1.0, 1e150}) expect_leading(x * scale);
}

TEST(LeadingEigenvectorsTest, OfEqualAndNearlyEqualValues) {
  const Tensor ones = tenon::ones({kSize}, {.dtype = DType::kF64});
  const Tensor ramp = arange(0, kSize, 1, {.dtype = DType::kF64});
  expect_leading(with_values(ones));
  expect_leading(with_values(ones + ramp * 1e-15));
  expect_leading(with_values(ones + ramp * 1e-9));
  expect_leading(with_values(floor(ramp / 5.0)));  // twelve times five
}

TEST(LeadingEigenvectorsTest, OfNothingAndOfADiagonal) {
  expect_leading(zeros({kSize, kSize}, {.dtype = DType::kF64}));
  expect_leading(eye(kSize, {.dtype = DType::kF64}));
  expect_leading(eye(kSize, {.dtype = DType::kF64}) * arange(0, kSize, 1, {.dtype = DType::kF64}));
}

// Wilkinson's W+: its largest values come in pairs that agree to the last digits.
TEST(LeadingEigenvectorsTest, OfPairsThatAgree) {
  const Tensor x = zeros({61, 61}, {.dtype = DType::kF64});
  for (std::int64_t i = 0; i < 61; ++i) {
    x.slice(0, i, i + 1).slice(1, i, i + 1).fill_(static_cast<double>(i < 30 ? 30 - i : i - 30));
    if (i == 0) continue;
    x.slice(0, i, i + 1).slice(1, i - 1, i).fill_(1);
    x.slice(0, i - 1, i).slice(1, i, i + 1).fill_(1);
  }
  expect_leading(x);
}

TEST(LeadingEigenvectorsTest, ReadsTheLowerTriangle) {
  const Tensor points = noise({200, kSize});
  const Tensor x = matmul(points.t(), points);
  expect_eigenpairs(x, leading_eigenvectors(tril(x), kCount), kCount);
}

TEST(LeadingEigenvectorsTest, AllOfThem) {
  const Tensor points = noise({200, 20});
  const Tensor x = matmul(points.t(), points);
  expect_eigenpairs(x, leading_eigenvectors(x, 20), 20);
}

}  // namespace
}  // namespace tenon::embed::internal

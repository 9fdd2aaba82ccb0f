#include "init/structured.h"

#include <cmath>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "init/init.h"
#include "tensor/ops.h"

namespace tenon::init {
namespace {

template <class Exception, class F>
std::string message_of(const F& call) {
  try {
    call();
  } catch (const Exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}

/// The largest element of x x^T - gain² (of the smaller side).
double distance_from_orthogonal(const Tensor& weight, double gain) {
  const Tensor x = weight.reshape({weight.size(0), -1}).to(DType::kF64);
  const Tensor wide = x.size(0) <= x.size(1) ? x : x.t();
  const Tensor gram = matmul(wide, wide.t());
  const Tensor off = gram - gain * gain * eye(wide.size(0), {.dtype = DType::kF64});
  return max(abs(off)).item<double>();
}

// Sizes below, at and above the panel of 64 rows; a convolution.
TEST(OrthogonalTest, RowsOrColumnsAreOrthogonal) {
  Generator generator(1);
  for (const Shape& shape : {Shape{5, 5}, Shape{1, 7}, Shape{64, 80}, Shape{150, 150},
                             Shape{200, 70}, Shape{8, 4, 3, 3}, Shape{70, 2, 3, 3}}) {
    const Tensor exact = empty(shape, {.dtype = DType::kF64});
    orthogonal_(exact, generator, {.gain = 1.5});
    EXPECT_LT(distance_from_orthogonal(exact, 1.5), 1e-13) << to_string(shape);
    const Tensor single = empty(shape);
    orthogonal_(single, generator);
    EXPECT_LT(distance_from_orthogonal(single, 1), 1e-6) << to_string(shape);
  }
}

// Uniform among the orthogonal matrices: of 3 x 3 ones, one coordinate of a uniform direction is
// uniform in
// [-1, 1] (Archimedes), so its mean is 0 and its variance 1/3; and as many have determinant -1
// as 1.
TEST(OrthogonalTest, AllDirectionsAreAlike) {
  Generator generator(4);
  constexpr int kDraws = 4000;
  double sum = 0, squares = 0, determinants = 0;
  for (int i = 0; i < kDraws; ++i) {
    const Tensor x = empty({3, 3}, {.dtype = DType::kF64});
    orthogonal_(x, generator);
    const std::vector<double> m = x.to_vector<double>();
    sum += m[0];
    squares += m[0] * m[0];
    determinants += m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) +
                    m[2] * (m[3] * m[7] - m[4] * m[6]);
  }
  EXPECT_NEAR(sum / kDraws, 0, 4 * std::sqrt(1.0 / 3 / kDraws));
  EXPECT_NEAR(squares / kDraws, 1.0 / 3, 4 * std::sqrt(4.0 / 45 / kDraws));
  EXPECT_NEAR(determinants / kDraws, 0, 4 / std::sqrt(kDraws));
}

TEST(OrthogonalTest, SameSeedSameMatrixEmptyOnesStay) {
  Generator a(7), b(7);
  const Tensor x = empty({20, 30}), y = empty({20, 30});
  orthogonal_(x, a);
  orthogonal_(y, b);
  EXPECT_EQ(x.to_vector<float>(), y.to_vector<float>());
  EXPECT_NO_THROW(orthogonal_(empty({0, 3}), a));
}

TEST(EyeTest, OfAnyMatrix) {
  const Tensor x = ones({2, 3}), y = ones({3, 2}, {.dtype = DType::kBF16});
  eye_(x);
  eye_(y);
  EXPECT_EQ(x.to_vector<float>(), (std::vector<float>{1, 0, 0, 0, 1, 0}));
  EXPECT_EQ(y.to(DType::kF32).to_vector<float>(), (std::vector<float>{1, 0, 0, 1, 0, 0}));
}

TEST(DiracTest, AConvolutionHandsItsInputOn) {
  Generator generator(2);
  const Tensor x = randn({2, 3, 5, 6}, generator);
  const Tensor weight = randn({5, 3, 3, 3}, generator);
  dirac_(weight);
  const Tensor y = conv2d(x, weight, {}, {.padding = {1, 1}});
  EXPECT_EQ(y.narrow(1, 0, 3).contiguous().to_vector<float>(), x.to_vector<float>());
  EXPECT_EQ(max(abs(y.narrow(1, 3, 2))).item<float>(), 0);
}

TEST(DiracTest, AGroupedOneToo) {
  Generator generator(2);
  const Tensor x = randn({2, 4, 5, 6}, generator);
  const Tensor weight = randn({4, 2, 3, 5}, generator);
  dirac_(weight, {.groups = 2});
  const Tensor y = conv2d(x, weight, {}, {.padding = {1, 2}, .groups = 2});
  EXPECT_EQ(y.contiguous().to_vector<float>(), x.to_vector<float>());
}

TEST(DiracTest, OneAndThreeSpatialDimensions) {
  const Tensor line = ones({1, 2, 4}), space = ones({1, 1, 1, 3, 1});
  dirac_(line);
  dirac_(space);
  EXPECT_EQ(line.to_vector<float>(), (std::vector<float>{0, 0, 1, 0, 0, 0, 0, 0}));
  EXPECT_EQ(space.to_vector<float>(), (std::vector<float>{0, 1, 0}));
}

TEST(SparseTest, EachColumnHasItsZeros) {
  Generator generator(3);
  const Tensor x = empty({30, 2000});
  sparse_(x, generator, {.sparsity = 0.85, .deviation = 0.5});
  std::vector<int> zeros_in_row(30);
  double squares = 0;
  for (std::int64_t column = 0; column < 2000; ++column) {
    int count = 0;
    const std::vector<float> values = x.select(1, column).to_vector<float>();
    for (std::size_t row = 0; row < 30; ++row) {
      count += values[row] == 0;
      zeros_in_row[row] += values[row] == 0;
      squares += values[row] * values[row];
    }
    ASSERT_EQ(count, 26);  // ceil(0.85 * 30)
  }
  EXPECT_NEAR(std::sqrt(squares / 8000), 0.5, 4 * 0.5 / std::sqrt(16000.0));
  for (int count : zeros_in_row) EXPECT_NEAR(count, 2000 * 26.0 / 30, 4 * std::sqrt(2000 * 0.116));
}

TEST(SparseTest, AllOrNothing) {
  Generator generator(3);
  const Tensor x = ones({4, 5});
  sparse_(x, generator, {.sparsity = 1});
  EXPECT_EQ(max(abs(x)).item<float>(), 0);
  sparse_(x, generator, {.sparsity = 0});
  EXPECT_GT(min(abs(x)).item<float>(), 0);
}

TEST(StructuredTest, BadInputNamesTheFunctionAndTheCulprit) {
  Generator generator(3);
  EXPECT_EQ(message_of<ShapeError>([&] { orthogonal_(empty({7}), generator); }),
            "[orthogonal_] expected a weight [out,in,...], got [7]");
  EXPECT_EQ(message_of<ShapeError>([] {
              eye_(empty({2, 2, 2}));
            }),
            "[eye_] expected a matrix [out,in], got [2,2,2]");
  EXPECT_EQ(message_of<DTypeError>([] {
              eye_(empty({2, 2}, {.dtype = DType::kI64}));
            }),
            "[eye_] expected a floating tensor, got i64 [2,2]");
  EXPECT_THROW(dirac_(empty({2, 2})), ShapeError);
  EXPECT_EQ(message_of<ValueError>([] {
              dirac_(empty({4, 2, 3}), {.groups = 3});
            }),
            "[dirac_] expected groups that divide the 4 outputs, got 3");
  EXPECT_THROW(sparse_(empty({2, 2, 2}), generator), ShapeError);
  EXPECT_EQ(message_of<ValueError>([&] {
              sparse_(empty({2, 2}), generator, {.sparsity = 1.5});
            }),
            "[sparse_] expected a sparsity in [0,1], got 1.500000");
  EXPECT_THROW(sparse_(empty({2, 2}), generator, {.deviation = -1}), ValueError);
  EXPECT_THROW(orthogonal_(Tensor(), generator), ValueError);
}

}  // namespace
}  // namespace tenon::init

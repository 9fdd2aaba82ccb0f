// Against NumPy (testdata/make_whitening.py), and against what whitening means: the covariance of
// the outputs, computed by plain loops.
#include "init/whitening.h"

#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tensor/error.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::init {
namespace {

/// The images of make_whitening.py: noise over a slope.
Tensor images() {
  const Shape shape = {6, 3, 9, 7};
  std::vector<double> values;
  for (std::int64_t i = 0; i < numel(shape); ++i) {
    const double wave = 43758.5453 * std::sin(0.7 * static_cast<double>(i)) + 65536;
    const auto c = static_cast<double>(i / 63 % 3), h = static_cast<double>(i / 7 % 9);
    const auto w = static_cast<double>(i % 7);
    values.push_back(wave - std::floor(wave) + 0.3 * c * (h + 2 * w) / 9);
  }
  return from_vector(values, shape);
}

TEST(WhiteningTest, AgreesWithNumPy) {
  std::ifstream in("init/testdata/whitening.txt");
  std::vector<double> expected;
  for (double value; in >> value;) expected.push_back(value);
  ASSERT_EQ(expected.size(), 144u);
  const Tensor weight = empty({12, 3, 2, 2}, {.dtype = DType::kF64});
  whitening_(weight, images());
  const std::vector<double> filters = weight.to_vector<double>();
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(filters[i], expected[i], 1e-9) << i;
}

/// Covariance of the outputs of filters [K,C,R,S] over all places of the images, by loops.
std::vector<std::vector<double>> output_covariance(const Tensor& x, const Tensor& filters) {
  const std::int64_t count = filters.size(0), rows = x.size(2) - filters.size(2) + 1,
                     columns = x.size(3) - filters.size(3) + 1;
  std::vector<std::vector<double>> outputs;  // [place][filter]
  for (std::int64_t n = 0; n < x.size(0); ++n) {
    for (std::int64_t h = 0; h < rows; ++h) {
      for (std::int64_t w = 0; w < columns; ++w) {
        const Tensor patch =
            x.select(0, n).narrow(1, h, filters.size(2)).narrow(2, w, filters.size(3));
        std::vector<double> at;
        for (std::int64_t k = 0; k < count; ++k) {
          at.push_back(sum(patch * filters.select(0, k)).item<double>());
        }
        outputs.push_back(at);
      }
    }
  }
  const auto size = static_cast<std::size_t>(count);
  const auto places = static_cast<double>(outputs.size());
  std::vector<double> mean(size);
  for (const auto& at : outputs) {
    for (std::size_t k = 0; k < size; ++k) mean[k] += at[k] / places;
  }
  std::vector<std::vector<double>> covariance(size, std::vector<double>(size));
  for (const auto& at : outputs) {
    for (std::size_t k = 0; k < size; ++k) {
      for (std::size_t l = 0; l < size; ++l) {
        covariance[k][l] += (at[k] - mean[k]) * (at[l] - mean[l]) / places;
      }
    }
  }
  return covariance;
}

// Images that are not centred, of more than one chunk (128), patches that are not square.
TEST(WhiteningTest, OutputsAreUncorrelatedWithVarianceOne) {
  Generator generator(2);
  const Tensor noise = randn({130, 2, 4, 5}, generator, {.dtype = DType::kF64});
  const Tensor x = noise.narrow(3, 0, 4) + 0.8 * noise.narrow(3, 1, 4) + 3.0;  // neighbours alike
  const Tensor weight = empty({12, 2, 2, 3}, {.dtype = DType::kF64});
  whitening_(weight, x, {.eps = 0});
  const auto covariance = output_covariance(x, weight);
  for (std::size_t k = 0; k < 12; ++k) {
    for (std::size_t l = 0; l < 12; ++l) {
      EXPECT_NEAR(covariance[k][l], k == l ? 1 : 0, 1e-10) << k << "," << l;
    }
  }
}

TEST(WhiteningTest, EpsBoundsTheFilters) {
  const Tensor x = full({4, 1, 3, 3}, 2.0);  // patches that do not differ at all
  const Tensor weight = empty({4, 1, 2, 2});
  whitening_(weight, x, {.eps = 0.25});
  for (std::int64_t i = 0; i < 4; ++i) {
    const Tensor filter = weight.select(0, i);
    EXPECT_NEAR(total_norm({&filter, 1}), 2, 1e-6);  // 1 / sqrt(eps)
  }
}

TEST(WhiteningTest, SecondHalfIsTheFirstOnesNegative) {
  const Tensor half = empty({12, 3, 2, 2}), whole = empty({24, 3, 2, 2});
  whitening_(half, images());
  whitening_(whole, images());
  const std::vector<float> a = half.to_vector<float>(), b = whole.to_vector<float>();
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(b[i], a[i]);
    EXPECT_EQ(b[i + a.size()], -a[i]);
  }
}

TEST(WhiteningTest, BadInput) {
  const Tensor weight = empty({24, 3, 2, 2}), x = zeros({2, 3, 4, 4});
  EXPECT_THROW(whitening_(empty({20, 3, 2, 2}), x), ShapeError);
  EXPECT_THROW(whitening_(empty({12, 12}), x), ShapeError);
  EXPECT_THROW(whitening_(weight, zeros({2, 1, 4, 4})), ShapeError);
  EXPECT_THROW(whitening_(weight, zeros({2, 3, 1, 4})), ShapeError);
  EXPECT_THROW(whitening_(weight, zeros({0, 3, 4, 4})), ShapeError);
  EXPECT_THROW(whitening_(weight, zeros({3, 4, 4})), ShapeError);
  EXPECT_THROW(whitening_(weight, zeros({2, 3, 4, 4}, {.dtype = DType::kU8})), DTypeError);
  EXPECT_THROW(whitening_(weight, x, {.eps = -1}), ValueError);
}

}  // namespace
}  // namespace tenon::init

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon {
namespace {

using testing::Array;
using testing::expect_error;
using testing::values;

TEST(Dropout, DropsWithItsProbability) {
  const std::int64_t n = 400000;
  for (const double p : {0.1, 0.5, 0.9}) {
    Generator generator(1);
    const Array mask(dropout(ones({n}), p, generator).second);
    double dropped = 0;
    for (const double m : mask.values) {
      ASSERT_TRUE(m == 0 || std::fabs(m * (1 - p) - 1) < 1e-6) << m;
      dropped += m == 0;
    }
    const double n_real = static_cast<double>(n);
    EXPECT_NEAR(dropped / n_real, p, 4 * std::sqrt(p * (1 - p) / n_real)) << p;
  }
}

TEST(Dropout, TheResultIsTheInputTimesTheMask) {
  for (const DType dtype : testing::kFloating) {
    const Tensor x = values({3, 4, 5, 7}, -2, 2, dtype);
    for (const auto& [layout, view] : testing::layouts_of(x)) {
      Generator generator(2);
      const auto [y, mask] = dropout(view, 0.3, generator);
      EXPECT_EQ(y.dtype(), dtype);
      EXPECT_EQ(mask.dtype(), dtype);
      EXPECT_EQ(y.strides(), mask.strides());
      expect_close(y,
                   zip_reference(Array(x), Array(mask), [](double a, double b) { return a * b; }),
                   1, layout);
      EXPECT_GT(sum(gt(mask, 0)).item<int>(), 250) << layout;  // of 420, 294 expected
      EXPECT_LT(sum(gt(mask, 0)).item<int>(), 340) << layout;
    }
  }
}

TEST(Dropout, OfProbabilityZeroChangesNothing) {
  for (const DType dtype : testing::kFloating) {
    const Tensor x = values({1001}, -2, 2, dtype);
    Generator generator(3);
    const auto [y, mask] = dropout(x, 0, generator);
    testing::expect_identical(y, x);
    expect_close(mask, Array({1001}, 1), 0);
  }
}

TEST(Dropout, TheSameBitsOnAnyNumberOfThreads) {
  const Tensor x = values({300007});
  const auto on = [&](int threads) {
    const testing::ThreadScope scope(threads);
    Generator generator(4);
    return dropout(x, 0.4, generator).second;
  };
  testing::expect_identical(on(2), on(1));
  testing::expect_identical(on(5), on(1));
}

TEST(Dropout, EachCallDrawsAnew) {
  Generator generator(5), repeated(5);
  const Tensor x = ones({100});
  const Tensor first = dropout(x, 0.5, generator).second;
  EXPECT_EQ(generator.offset(), 25u);
  EXPECT_NE(dropout(x, 0.5, generator).second.to_vector<float>(), first.to_vector<float>());
  testing::expect_identical(dropout(x, 0.5, repeated).second, first);
}

TEST(Dropout, EdgesOfItsDomain) {
  Generator generator;
  EXPECT_EQ(dropout(zeros({0, 3}), 0.5, generator).first.shape(), Shape({0, 3}));
  EXPECT_EQ(dropout(scalar(3), 0, generator).first.item<float>(), 3);
  for (const double p : {-0.1, 1.0, 1.5, double{NAN}}) {
    expect_error<ValueError>([&] { dropout(ones({2}), p, generator); }, {"[dropout]", "[0, 1)"});
  }
  expect_error<DTypeError>([&] { dropout(arange(0, 3), 0.5, generator); }, {"[dropout]", "i64"});
  expect_error<ValueError>([&] { dropout(Tensor(), 0.5, generator); }, {"[dropout]", "undefined"});
}

}  // namespace
}  // namespace tenon

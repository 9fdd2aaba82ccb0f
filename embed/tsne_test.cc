#include "embed/tsne.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "data/digits.h"
#include "tensor/ops.h"
#include "tensor/random.h"
#include "tensor/testing/check.h"

namespace tenon::embed {
namespace {

using tenon::testing::expect_error;
using tenon::testing::expect_identical;

Tensor digits(std::int64_t count, Tensor* labels) {
  const auto all = data::load_digits("data/testdata/digits.csv.gz");
  EXPECT_TRUE(all.ok()) << all.status();
  *labels = all->labels.slice(0, 0, count);
  return all->images.slice(0, 0, count).to(DType::kF32).reshape({count, 64}) / 16;
}

// The part of the points whose nearest other point has their label.
double agreement(const Tensor& points, const Tensor& labels) {
  const std::int64_t n = points.size(0);
  const Tensor away = points.unsqueeze(1) - points.unsqueeze(0);
  const Tensor distances = sum(square(away), {2}) + eye(n) * 1e9;
  const Tensor nearest = index_select(labels, 0, argmin(distances, 1));
  return mean(eq(nearest, labels).to(DType::kF64)).item<double>();
}

TEST(TsneTest, DigitsOfOneKindComeTogether) {
  Tensor labels;
  const Tensor x = digits(600, &labels);
  std::vector<double> divergences;
  const Tsne map = tsne(x, {.iterations = 400, .progress = [&](int, double divergence) {
                              divergences.push_back(divergence);
                            }});
  EXPECT_EQ(map.points.shape(), (Shape{600, 2}));
  EXPECT_EQ(divergences.size(), 8u);
  EXPECT_EQ(divergences.back(), map.divergence);
  // scikit-learn 1.2.1 reaches 0.463 and 0.987 from there (testdata/make_fixtures.py).
  EXPECT_LT(map.divergence, 0.48);
  EXPECT_GT(agreement(map.points, labels), 0.97);
}

TEST(TsneTest, ApproximationComesNearTheExactPicture) {
  Tensor labels;
  const Tensor x = digits(300, &labels);
  const double exact = tsne(x, {.theta = 0, .iterations = 300}).divergence;
  const double fast = tsne(x, {.theta = 0.5, .iterations = 300}).divergence;
  EXPECT_NEAR(fast, exact, 0.05 * exact);
}

TEST(TsneTest, TheSameForAnyNumberOfThreads) {
  Tensor labels;
  const Tensor x = digits(200, &labels);
  Tensor one, two;
  {
    const tenon::testing::ThreadScope threads(1);
    one = tsne(x, {.iterations = 60}).points;
  }
  {
    const tenon::testing::ThreadScope threads(2);
    two = tsne(x, {.iterations = 60}).points;
  }
  expect_identical(one, two);
}

TEST(TsneTest, BeginsWhereItIsTold) {
  Generator random(1);
  const Tensor x = randn({40, 3}, random);
  const Tensor start = randn({40, 2}, random) * 1e-3;
  const Tsne from_start = tsne(x, {.perplexity = 5, .iterations = 1, .lr = 1e-12, .start = start});
  const Tensor centred = start - mean(start, {0}, true);
  EXPECT_LT(max(abs(from_start.points - centred)).item<double>(), 1e-9);
}

TEST(TsneTest, PointsOfOneDimensionAndEqualPoints) {
  Generator random(1);
  EXPECT_TRUE(all_finite(tsne(randn({30, 1}, random), {.perplexity = 5, .iterations = 50}).points));
  EXPECT_TRUE(all_finite(tsne(ones({30, 4}), {.perplexity = 5, .iterations = 50}).points));
}

TEST(TsneTest, RejectsWhatItCannotDraw) {
  const Tensor x = arange(0, 40).reshape({20, 2}).to(DType::kF32);
  expect_error<ShapeError>([] { tsne(zeros({20})); }, {"[tsne]", "[N,D]", "[20]"});
  expect_error<ShapeError>([] { tsne(Tensor()); }, {"[tsne]", "undefined"});
  expect_error<DTypeError>([&] { tsne(x.to(DType::kI64)); }, {"[tsne]", "f32 or f64", "i64"});
  expect_error<ValueError>([] { tsne(zeros({3, 2})); }, {"at least 4 points"});
  expect_error<ValueError>([&] { tsne(x); }, {"perplexity", "20 points", "30"});
  expect_error<ValueError>([&] { tsne(x, {.perplexity = 0.5}); }, {"perplexity", "0.5"});
  expect_error<ValueError>([&] { tsne(x, {.perplexity = 5, .theta = 0.8}); }, {"theta"});
  expect_error<ValueError>([&] { tsne(x, {.perplexity = 5, .iterations = 0}); }, {"iteration"});
  expect_error<ValueError>([&] { tsne(x, {.perplexity = 5, .exaggeration = 0}); },
                           {"exaggeration"});
  expect_error<ValueError>([&] { tsne(x, {.perplexity = 5, .lr = -1}); }, {"learning rate"});
  expect_error<ValueError>([&] { tsne(x / 0.0, {.perplexity = 5}); }, {"finite"});
  expect_error<ShapeError>(
      [&] {
        tsne(x, {.perplexity = 5, .start = zeros({20, 3})});
      },
      {"start", "[20,2]", "[20,3]"});
}

}  // namespace
}  // namespace tenon::embed

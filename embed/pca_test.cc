#include "embed/pca.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "data/digits.h"
#include "tensor/io/npz.h"
#include "tensor/ops.h"
#include "tensor/random.h"
#include "tensor/testing/check.h"

namespace tenon::embed {
namespace {

using tenon::testing::expect_error;

double largest_difference(const Tensor& a, const Tensor& b) {
  return max(abs(a.to(DType::kF64) - b.to(DType::kF64))).item<double>();
}

Tensor digits() {
  const auto all = data::load_digits("data/testdata/digits.csv.gz");
  EXPECT_TRUE(all.ok()) << all.status();
  return all->images.to(DType::kF64).reshape({all->images.size(0), 64});
}

// What scikit-learn finds in the digits (testdata/make_fixtures.py).
TEST(PcaTest, DigitsAsScikitLearn) {
  const auto expected = read_npz("embed/testdata/pca.npz");
  ASSERT_TRUE(expected.ok()) << expected.status();
  const auto value = [&](const std::string& name) {
    const Tensor* found = expected->find(name);
    EXPECT_NE(found, nullptr) << name;
    return found ? *found : Tensor();
  };
  const Tensor x = digits();
  const Pca pca = fit_pca(x, 5);
  EXPECT_LT(largest_difference(pca.mean, value("mean")), 1e-12);
  EXPECT_LT(largest_difference(pca.components, value("components")), 1e-10);
  EXPECT_LT(largest_difference(pca.variance, value("variance")), 1e-9);
  EXPECT_LT(largest_difference(pca.share, value("share")), 1e-12);
  EXPECT_LT(largest_difference(pca.project(x.slice(0, 0, 10)), value("projected")), 1e-9);

  const Pca few = fit_pca(x.slice(0, 0, 20), 3);  // fewer points than dimensions
  EXPECT_LT(largest_difference(few.components, value("components_of_20")), 1e-9);
  EXPECT_LT(largest_difference(few.variance, value("variance_of_20")), 1e-9);
}

TEST(PcaTest, AllComponentsReconstructThePoints) {
  for (const Shape& shape : {Shape{30, 6}, Shape{5, 9}}) {
    Generator random(3);
    const Tensor x = randn(shape, random, {.dtype = DType::kF64});
    const Pca pca = fit_pca(x, std::min(shape[0], shape[1]));
    EXPECT_LT(largest_difference(pca.reconstruct(pca.project(x)), x), 1e-10);
    EXPECT_NEAR(sum(pca.share).item<double>(), 1, 1e-12);
  }
}

TEST(PcaTest, KeepsTheDType) {
  const Tensor x = digits();
  const Pca pca = fit_pca(x.to(DType::kF32), 2);
  EXPECT_EQ(pca.components.dtype(), DType::kF32);
  EXPECT_EQ(pca.project(x).dtype(), DType::kF32);
  EXPECT_LT(largest_difference(pca.components, fit_pca(x, 2).components), 1e-6);
}

TEST(PcaTest, PointsThatAreAllOne) {
  const Pca pca = fit_pca(ones({4, 3}), 2);
  EXPECT_EQ(sum(abs(pca.variance)).item<double>(), 0);
  EXPECT_EQ(sum(abs(pca.share)).item<double>(), 0);
  EXPECT_LT(max(abs(pca.project(ones({4, 3})))).item<double>(), 1e-6);
}

TEST(PcaTest, RejectsWhatHasNoComponents) {
  const Tensor x = ones({4, 3});
  expect_error<ShapeError>([] { fit_pca(ones({4}), 1); }, {"[fit_pca]", "[N,D]", "[4]"});
  expect_error<ShapeError>([] { fit_pca(Tensor(), 1); }, {"[fit_pca]", "undefined"});
  expect_error<DTypeError>([&] { fit_pca(x.to(DType::kBF16), 1); }, {"[fit_pca]", "bf16"});
  expect_error<ValueError>([] { fit_pca(ones({1, 3}), 1); }, {"at least 2 points", "[1,3]"});
  expect_error<ValueError>([&] { fit_pca(x, 4); }, {"1 to 3 components", "[4,3]", "4"});
  expect_error<ValueError>([&] { fit_pca(x, 0); }, {"components", "0"});
  expect_error<ValueError>([&] { fit_pca(x / 0.0, 1); }, {"finite"});
  const Pca pca = fit_pca(x, 2);
  expect_error<ShapeError>([&] { pca.project(ones({2, 2})); }, {"[project]", "[N,3]", "[2,2]"});
  expect_error<ShapeError>([&] { pca.reconstruct(ones({2, 3})); }, {"[reconstruct]", "[N,2]"});
}

}  // namespace
}  // namespace tenon::embed

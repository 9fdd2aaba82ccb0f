// Decompositions put together again, and their conventions. Values against Jacobi's method:
// autograd's table of operations.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon {
namespace {

using testing::Array;
using testing::values;

Tensor adjoint(const Tensor& x) { return x.transpose(-1, -2); }

void expect_orthonormal(const Tensor& columns, const std::string& what) {
  const Tensor product = matmul(adjoint(columns), columns);
  const Tensor identity = eye(columns.size(-1), columns.options());
  testing::expect_close(product, Array(identity.expand(product.shape())), 20, what);
}

TEST(Svd, FactorsMultiplyToTheMatrix) {
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    for (const Shape& shape :
         {Shape{5, 5}, Shape{40, 7}, Shape{7, 40}, Shape{2, 3, 6, 4}, Shape{1, 9}, Shape{64, 64}}) {
      const Tensor x = values(shape, -2, 2, dtype);
      for (const auto& [layout, view] : testing::layouts_of(x)) {
        const auto [u, s, vh] = svd(view);
        const std::string what = to_string(shape) + " " + layout;
        testing::expect_close(matmul(u * s.unsqueeze(-2), vh), Array(x), 40, what);
        expect_orthonormal(u, what);
        expect_orthonormal(adjoint(vh), what);
        EXPECT_GE(min(s).item<double>(), 0);
      }
    }
  }
}

TEST(Svd, ValuesFallAndSignsAreFixed) {
  const auto [u, s, vh] = svd(tensor({{0, -2}, {-3, 0}}));
  EXPECT_EQ(s.to_vector<float>(), std::vector<float>({3, 2}));
  EXPECT_EQ(u.to_vector<float>(), std::vector<float>({0, 1, 1, 0}));
  EXPECT_EQ(vh.to_vector<float>(), std::vector<float>({-1, 0, 0, -1}));
}

TEST(Svd, OfZerosAndOfOneRank) {
  const auto [u, s, vh] = svd(zeros({4, 3}));
  EXPECT_EQ(sum(s).item<float>(), 0);
  expect_orthonormal(u, "zeros");
  const auto [left, one, right] = svd(ones({3, 4}));
  EXPECT_NEAR(one.item<float>({0}), std::sqrt(12.f), 1e-5);
  EXPECT_NEAR(one.item<float>({1}), 0, 1e-5);
  expect_orthonormal(left, "ones");
  expect_orthonormal(adjoint(right), "ones");
}

TEST(Eigh, VectorsDiagonalizeTheMatrix) {
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    for (const Shape& shape : {Shape{6, 6}, Shape{2, 3, 4, 4}, Shape{50, 50}}) {
      const Tensor x = values(shape, -2, 2, dtype);
      const auto [l, v] = eigh(x + adjoint(x));
      testing::expect_close(matmul(v * l.unsqueeze(-2), adjoint(v)), Array(x + adjoint(x)), 60);
      expect_orthonormal(v, to_string(shape));
      EXPECT_TRUE(min(l.slice(-1, 1) - l.slice(-1, 0, -1)).item<double>() >= 0) << "rising";
    }
  }
}

TEST(Eigh, ReadsTheLowerTriangle) {
  const auto [l, v] = eigh(tensor({{1, 99}, {0, 2}}));
  EXPECT_EQ(l.to_vector<float>(), std::vector<float>({1, 2}));
  EXPECT_EQ(v.to_vector<float>(), std::vector<float>({1, 0, 0, 1}));
}

}  // namespace
}  // namespace tenon

// Matrix products: every way in which strides can lie, batches that broadcast, bias and ReLU.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon {
namespace {

using testing::Array;
using testing::expect_error;
using testing::NamedTensor;
using testing::values;

/// The layouts that any tensor may have, and those that only matrices have.
std::vector<NamedTensor> matrix_layouts(const Tensor& x) {
  std::vector<NamedTensor> all = testing::layouts_of(x);
  const int n = x.ndim();
  all.push_back({"transposed", x.transpose(-1, -2).contiguous().transpose(-1, -2)});
  Shape wide = x.shape();
  wide[n - 1] += 3;
  all.push_back({"rows apart", full(wide, 99, x.options()).narrow(-1, 1, x.size(-1))});
  Shape tall = x.shape();
  tall[n - 2] += 2;
  all.push_back({"columns apart", full(tall, 99, x.options())
                                      .transpose(-1, -2)
                                      .contiguous()
                                      .transpose(-1, -2)
                                      .narrow(-2, 1, x.size(-2))});
  Shape picked = x.shape();
  picked.push_back(2);
  all.push_back({"selected", full(picked, 99, x.options()).select(-1, 1)});
  for (std::size_t i = all.size() - 3; i < all.size(); ++i) all[i].tensor.copy_(x);
  return all;
}

struct Sizes {
  std::int64_t m, k, n;
};

TEST(Matmul, EveryLayoutOfSmallAndOddSizes) {
  const Sizes sizes[] = {{1, 1, 1},
                         {1, 7, 1},
                         {5, 1, 3},
                         {1, 8, 9},
                         {9, 8, 1},
                         {3, 5, 7},
                         {17, 33, 16},
                         // Tiles of every height and width, their rests, and long sums.
                         {13, 20, 18},
                         {25, 9, 7},
                         {11, 3, 25},
                         {23, 40, 47},
                         {8, 265, 12}};
  for (const DType dtype : testing::kFloating) {
    for (const auto [m, k, n] : sizes) {
      const Tensor a = values({m, k}, -1, 1, dtype, 1), b = values({k, n}, -1, 1, dtype, 2);
      const Array expected = matmul_reference(Array(a), Array(b));
      for (const auto& [layout_a, view_a] : matrix_layouts(a)) {
        for (const auto& [layout_b, view_b] : matrix_layouts(b)) {
          testing::expect_close_sum(matmul(view_a, view_b), expected, k,
                                    layout_a + " x " + layout_b);
        }
      }
    }
  }
}

TEST(Matmul, ViewsWithOddStridesOfSizeOne) {
  // Selecting and slicing leaves strides behind that no dense matrix has.
  const Tensor x = values({4, 6, 5});
  const Tensor one = x.slice(0, 1, 2).slice(1, 2, 3).slice(2, 3, 4);  // [1,1,1], strides 30, 5, 1
  const Tensor odd = x.slice(2, 1, 2).permute({2, 0, 1}).slice(1, 0, 1);
  for (const Tensor& a : {one, one.permute({2, 0, 1}), odd, x.slice(0, 3).slice(2, 1, 2)}) {
    const Tensor b = values({a.size(2), 3});
    expect_close(matmul(a, b), matmul_reference(Array(a), Array(b)), 1, to_string(a.strides()));
    expect_close(matmul(b.t(), a.transpose(1, 2)),
                 matmul_reference(Array(b.t()), Array(a.transpose(1, 2))), 1,
                 to_string(a.strides()));
  }
}

TEST(Matmul, LargeSizesInEveryOrder) {
  for (const DType dtype : testing::kFloating) {
    const Tensor a = values({65, 130}, -1, 1, dtype, 1), b = values({130, 97}, -1, 1, dtype, 2);
    const Array expected = matmul_reference(Array(a), Array(b));
    for (const auto& [layout_a, view_a] : matrix_layouts(a)) {
      for (const auto& [layout_b, view_b] : matrix_layouts(b)) {
        testing::expect_close_sum(matmul(view_a, view_b), expected, 130,
                                  layout_a + " x " + layout_b);
      }
    }
  }
}

TEST(Matmul, BatchesBroadcast) {
  const std::pair<Shape, Shape> shapes[] = {
      {{3, 4, 5}, {3, 5, 2}},       {{3, 4, 5}, {5, 2}},          {{4, 5}, {3, 5, 2}},
      {{3, 4, 5}, {1, 5, 2}},       {{1, 4, 5}, {3, 5, 2}},       {{2, 1, 4, 5}, {3, 5, 2}},
      {{2, 3, 4, 5}, {1, 3, 5, 2}}, {{2, 1, 4, 5}, {1, 3, 5, 2}}, {{1, 1, 4, 5}, {1, 1, 5, 2}},
      {{7, 1, 1}, {1, 1}},          {{0, 4, 5}, {5, 2}},          {{3, 4, 5}, {3, 5, 0}}};
  for (const DType dtype : testing::kFloating) {
    for (const auto& [shape_a, shape_b] : shapes) {
      const Tensor a = values(shape_a, -1, 1, dtype, 1), b = values(shape_b, -1, 1, dtype, 2);
      const Array expected = matmul_reference(Array(a), Array(b));
      for (const auto& [layout_a, view_a] : matrix_layouts(a)) {
        testing::expect_close_sum(matmul(view_a, b), expected, 5, to_string(shape_a) + layout_a);
      }
      for (const auto& [layout_b, view_b] : matrix_layouts(b)) {
        testing::expect_close_sum(matmul(a, view_b), expected, 5, to_string(shape_b) + layout_b);
      }
    }
  }
  const Tensor a = values({1, 4, 5}).expand({6, 4, 5}), b = values({1, 5, 3}).expand({6, 5, 3});
  expect_close(matmul(a, b), matmul_reference(Array(a), Array(b)), 1, "both repeated");
}

TEST(Matmul, VectorsAsPyTorchTakesThem) {
  const Tensor v = tensor({1, 2, 3}), m = tensor({{1, 0, 2}, {0, 1, 3}});
  EXPECT_EQ(matmul(v, v).shape(), Shape({}));
  EXPECT_EQ(matmul(v, v).item<float>(), 14);
  EXPECT_EQ(matmul(m, v).to_vector<float>(), std::vector<float>({7, 11}));
  EXPECT_EQ(matmul(v, m.t()).to_vector<float>(), std::vector<float>({7, 11}));
  EXPECT_EQ(matmul(values({5, 2, 3}), v).shape(), Shape({5, 2}));
  EXPECT_EQ(matmul(v, values({5, 3, 2})).shape(), Shape({5, 2}));
  EXPECT_EQ(matmul(v.slice(0, 0, 3, 2), v.slice(0, 1)).item<float>(), 11);
}

TEST(Matmul, AnEmptyInnerDimensionGivesZeros) {
  for (const DType dtype : testing::kFloating) {
    expect_close(matmul(zeros({2, 0}, {.dtype = dtype}), zeros({0, 3}, {.dtype = dtype})),
                 Array({2, 3}));
    expect_close(matmul(zeros({4, 2, 0}, {.dtype = dtype}), zeros({0, 3}, {.dtype = dtype})),
                 Array({4, 2, 3}));
    const Tensor bias = tensor({-1, 0, 2}).to(dtype);
    Array expected({2, 3});
    expected.values = {0, 0, 2, 0, 0, 2};
    expect_close(linear(zeros({2, 0}, {.dtype = dtype}), zeros({3, 0}, {.dtype = dtype}), bias,
                        Activation::kRelu),
                 expected);
  }
  EXPECT_EQ(matmul(zeros({0}), zeros({0})).item<float>(), 0);
  EXPECT_EQ(matmul(zeros({0, 2}), zeros({2, 3})).shape(), Shape({0, 3}));
}

TEST(Matmul, TheSameOnAnyNumberOfThreads) {
  const Tensor a = values({200, 300}), b = values({300, 150}, -2, 2, DType::kF32, 2);
  const Array expected = matmul_reference(Array(a), Array(b));
  for (const int threads : {1, 2, 4, 1, 2}) {  // primitives built for one number serve no other
    const testing::ThreadScope scope(threads);
    testing::expect_close_sum(matmul(a, b), expected, 300, std::to_string(threads) + " threads");
  }
}

TEST(Matmul, InF64HasTheSameBitsOnAnyNumberOfThreads) {
  const Tensor a = values({203, 311}, -1, 1, DType::kF64),
               b = values({311, 151}, -2, 2, DType::kF64);
  for (const auto& [layout, view] : matrix_layouts(a)) {
    Tensor alone;
    for (const int threads : {1, 2, 3, 8}) {
      const testing::ThreadScope scope(threads);
      const Tensor product = matmul(view, b);
      if (threads == 1) alone = product;
      SCOPED_TRACE(layout);
      testing::expect_identical(product, alone);
    }
  }
}

TEST(Linear, WithAndWithoutBiasAndRelu) {
  for (const DType dtype : testing::kFloating) {
    for (const auto [m, k, n] :
         {Sizes{1, 1, 1}, Sizes{1, 4, 4}, Sizes{5, 3, 2}, Sizes{14, 12, 16}, Sizes{64, 100, 33}}) {
      const Tensor x = values({m, k}, -1, 1, dtype, 1), w = values({n, k}, -1, 1, dtype, 2);
      const Tensor wide_bias = values({2 * n}, -1, 1, dtype, 3);
      const Tensor strided_bias = wide_bias.slice(0, 0, 2 * n, 2);
      const Array plain = matmul_reference(Array(x), transpose_reference(Array(w)));
      for (const Tensor& bias : {Tensor(), strided_bias.contiguous(), strided_bias}) {
        const Array sum = bias.defined() ? zip_reference(plain, Array(bias),
                                                         [](double a, double b) { return a + b; })
                                         : plain;
        const Array active = map_reference(sum, [](double v) { return std::max(v, 0.0); });
        for (const auto& [layout, view] : matrix_layouts(x)) {
          testing::expect_close_sum(linear(view, w, bias), sum, k, layout);
          testing::expect_close_sum(linear(view, w, bias, Activation::kRelu), active, k,
                                    layout + " relu");
        }
        for (const auto& [layout, view] : matrix_layouts(w)) {
          testing::expect_close_sum(linear(x, view, bias), sum, k, "weight " + layout);
        }
      }
    }
  }
}

TEST(Linear, LeadingDimensions) {
  const Tensor w = values({4, 3}), bias = values({4});
  for (const Shape& shape :
       {Shape{3}, Shape{2, 5, 3}, Shape{1, 1, 1, 3}, Shape{0, 3}, Shape{2, 0, 3}}) {
    const Tensor x = values(shape);
    Shape expected = shape;
    expected[shape.size() - 1] = 4;
    const Tensor y = linear(x, w, bias);
    ASSERT_EQ(y.shape(), expected);
    testing::expect_identical(y.reshape({-1, 4}), linear(x.reshape({-1, 3}), w, bias));
  }
  EXPECT_EQ(linear(zeros({2, 3}), zeros({0, 3})).shape(), Shape({2, 0}));
}

TEST(Linear, EndsWithTheBitsOfEachGelu) {
  for (const DType dtype : testing::kFloating) {
    for (const auto [m, k, n] :
         {Sizes{1, 4, 4}, Sizes{5, 3, 2}, Sizes{2, 0, 3}, Sizes{9, 40, 33}}) {
      const Tensor x = values({m, k}, -1, 1, dtype, 1), w = values({n, k}, -1, 1, dtype, 2);
      for (const Tensor& bias : {Tensor(), values({n}, -1, 1, dtype, 3)}) {
        const Tensor sum = linear(x, w, bias);
        Tensor inner;
        testing::expect_identical(linear(x, w, bias, Activation::kGelu), gelu(sum));
        testing::expect_identical(linear(x, w, bias, Activation::kGeluTanh, &inner),
                                  gelu_tanh(sum));
        testing::expect_identical(inner, sum);
        testing::expect_identical(linear(x, w, bias, Activation::kRelu, &inner), relu(sum));
        testing::expect_identical(inner, sum);
        Tensor mask = ones({1});
        linear(x, w, bias, Activation::kRelu, nullptr, &mask);
        EXPECT_FALSE(mask.defined());  // the CPU's kernels write none
      }
    }
  }
}

TEST(Linear, PassesAGradientThroughTheActivationBeforeIt) {
  for (const DType dtype : testing::kFloating) {
    const Tensor grad = values({2, 5, 7}, -1, 1, dtype, 1), w = values({7, 8}, -1, 1, dtype, 2);
    const Tensor inner = values({2, 5, 8}, -3, 3, dtype, 3), outer = matmul(grad, w);
    testing::expect_identical(linear_inner_grad(grad, w, Activation::kGelu, inner),
                              activation_grad({ActivationFunction::kGelu}, outer, inner));
    testing::expect_identical(linear_inner_grad(grad, w, Activation::kGeluTanh, inner),
                              activation_grad({ActivationFunction::kGeluTanh}, outer, inner));
    testing::expect_identical(linear_inner_grad(grad, w, Activation::kRelu, inner),
                              where(gt(inner, 0), outer, zeros({}, {.dtype = dtype})));
    testing::expect_identical(linear_inner_grad(grad, w, Activation::kNone, inner), outer);
  }
  expect_error<ShapeError>(
      [] {
        linear_inner_grad(zeros({2, 3}), zeros({3, 4}), Activation::kGelu, zeros({2, 3}));
      },
      {"[linear_inner_grad]", "inner", "[2,4]", "[2,3]"});
  expect_error<ShapeError>(
      [] {
        linear_inner_grad(zeros({2, 4}), zeros({3, 4}), Activation::kGelu, zeros({2, 4}));
      },
      {"[linear_inner_grad]", "[3,4]", "[2,4]"});
}

TEST(Linear, HasTheGradientsOfWeightAndBiasTogether) {
  for (const DType dtype : testing::kFloating) {
    for (const auto [rows, inputs, outputs] :
         {Sizes{6, 4, 5}, Sizes{1, 3, 2}, Sizes{0, 3, 2}, Sizes{70, 1, 1}}) {
      const Tensor grad = values({rows, outputs}, -1, 1, dtype, 1);
      const Tensor x = values({rows, inputs}, -1, 1, dtype, 2);
      const auto [of_weight, of_bias] = linear_parameter_grads(grad, x);
      testing::expect_identical(of_weight, matmul(grad.t(), x));
      testing::expect_identical(of_bias, sum(grad, {0}));
    }
  }
  expect_error<ShapeError>(
      [] {
        linear_parameter_grads(zeros({2, 3}), zeros({3, 3}));
      },
      {"[linear_parameter_grads]", "2 rows", "[3,3]"});
}

// A training that has diverged must not look healthy again behind a ReLU.
TEST(Linear, ReluKeepsNan) {
  for (const DType dtype : testing::kFloating) {
    for (const std::int64_t n : {2, 3, 16, 64, 200}) {
      const Tensor x = ones({n, n}, {.dtype = dtype});
      x.select(0, n - 1).fill_(NAN);
      for (const Tensor& bias : {Tensor(), zeros({n}, {.dtype = dtype})}) {
        const Array y(linear(x, ones({n, n}, {.dtype = dtype}), bias, Activation::kRelu));
        for (std::int64_t i = 0; i < n; ++i) {
          ASSERT_TRUE(std::isnan(y.at({n - 1, i}))) << name(dtype) << n;
          ASSERT_EQ(y.at({0, i}), static_cast<double>(n)) << name(dtype);
        }
      }
    }
  }
}

TEST(Linear, FusedIsBitwiseTheSameAsSeparate) {
  for (const DType dtype : testing::kFloating) {
    const Tensor x = values({33, 40}, -1, 1, dtype, 1), w = values({17, 40}, -1, 1, dtype, 2);
    const Tensor bias = values({17}, -1, 1, dtype, 3);
    testing::expect_identical(linear(x, w, bias, Activation::kRelu), relu(linear(x, w, bias)));
  }
}

TEST(Matmul, RefusesWhatDoesNotFit) {
  const Tensor a = zeros({2, 3}), f64 = zeros({3, 2}, {.dtype = DType::kF64});
  expect_error<ShapeError>(
      [&] {
        matmul(a, zeros({4, 5}));
      },
      {"[matmul] expected b with 3 rows", "a f32 [2,3]", "b f32 [4,5]"});
  expect_error<ShapeError>([&] { matmul(a, zeros({2})); }, {"[matmul]", "[2,3]", "[2,1]"});
  expect_error<ShapeError>(
      [&] {
        matmul(zeros({2, 2, 3}), zeros({3, 3, 4}));
      },
      {"[matmul]", "[2]", "[3]"});
  expect_error<ShapeError>([&] { matmul(a, scalar(1)); }, {"[matmul]", "[2,3]", "[]"});
  expect_error<DTypeError>([&] { matmul(a, f64); }, {"[matmul]", "f32 [2,3]", "f64 [3,2]"});
  expect_error<DTypeError>([&] { matmul(arange(0, 3), arange(0, 3)); }, {"[matmul]", "i64 [3]"});
  expect_error<ValueError>([&] { matmul(a, Tensor()); }, {"[matmul]", "b", "undefined"});
}

TEST(Linear, RefusesWhatDoesNotFit) {
  const Tensor x = zeros({2, 3}), w = zeros({4, 3});
  expect_error<ShapeError>(
      [&] {
        linear(x, zeros({4, 5}));
      },
      {"[linear]", "5 features", "weight [4,5]", "x f32 [2,3]"});
  expect_error<ShapeError>([&] { linear(scalar(1), w); }, {"[linear]", "[4,3]", "[]"});
  expect_error<ShapeError>([&] { linear(x, zeros({3})); }, {"[linear]", "weight", "2 dimensions"});
  expect_error<ShapeError>([&] { linear(x, w, zeros({3})); }, {"[linear]", "bias", "[4]", "[3]"});
  expect_error<DTypeError>([&] { linear(x, w.to(DType::kF64)); }, {"[linear]", "f64 [4,3]"});
  expect_error<DTypeError>([&] { linear(x, w, zeros({4}, {.dtype = DType::kF16})); },
                           {"[linear]", "bias", "f16 [4]"});
  expect_error<DTypeError>([&] { linear(arange(0, 3), w); }, {"[linear]", "x", "i64"});
}

// One row, which takes a way of its own: columns dense or with gaps, sizes around the vectors'.
TEST(Matmul, OneRowTimesDenseColumns) {
  manual_seed(3);
  for (const DType dtype : {DType::kF32, DType::kBF16}) {
    for (const std::int64_t inner : {15, 16, 17, 33, 200}) {
      for (const std::int64_t columns : {1, 3, 4, 9, 130}) {
        const Tensor x = randn({1, inner}).to(dtype);
        const Tensor weight = randn({columns, inner + 5}).to(dtype).slice(1, 2, inner + 2);
        const Tensor bias = randn({columns}).to(dtype);
        const Tensor exact =
            add(matmul(x.to(DType::kF64), weight.to(DType::kF64).t()), bias.to(DType::kF64));
        const Tensor got = linear(x, weight, bias);
        const double tolerance = dtype == DType::kF32 ? 1e-5 : 1e-2;
        const Tensor off = sub(got.to(DType::kF64), exact);
        const double error = max(abs(off)).item<double>();
        EXPECT_LE(error, tolerance * max(abs(exact)).item<double>()) << inner << " " << columns;
        EXPECT_EQ(min(linear(x, weight, bias, Activation::kRelu)).item<double>() >= 0, true);
      }
    }
  }
}

}  // namespace
}  // namespace tenon

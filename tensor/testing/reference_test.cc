// The references themselves, against results worked out by hand.
#include "tensor/testing/reference.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tenon::testing {
namespace {

using Values = std::vector<double>;

Array counting(const Shape& shape) {
  Array array(shape);
  for (std::size_t i = 0; i < array.values.size(); ++i) array.values[i] = static_cast<double>(i);
  return array;
}

TEST(Reference, ReadsViews) {
  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}});
  EXPECT_EQ(Array(x.t()).values, Values({1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(Array(x.slice(1, 1).select(0, 1)).values, Values({5, 6}));
  EXPECT_EQ(Array(tensor({7}).expand({2, 2})).values, Values({7, 7, 7, 7}));
}

TEST(Reference, BroadcastsAndFolds) {
  const Array sum =
      zip_reference(counting({2, 1}), counting({3}), [](double a, double b) { return 10 * a + b; });
  EXPECT_EQ(sum.values, Values({0, 1, 2, 10, 11, 12}));
  const Array columns =
      fold_reference(counting({2, 3}), {0}, 100, [](double a, double b) { return a + b; });
  EXPECT_EQ(columns.shape, Shape({1, 3}));
  EXPECT_EQ(columns.values, Values({103, 105, 107}));
}

TEST(Reference, MultipliesMatrices) {
  const Array product = matmul_reference(counting({2, 3}), counting({3, 2}));
  EXPECT_EQ(product.values, Values({10, 13, 28, 40}));
  const Array batch = matmul_reference(counting({2, 1, 2}), counting({2, 2}));
  EXPECT_EQ(batch.shape, Shape({2, 1, 2}));
  EXPECT_EQ(batch.values, Values({2, 3, 6, 11}));
  EXPECT_EQ(transpose_reference(counting({2, 3})).values, Values({0, 3, 1, 4, 2, 5}));
}

// Dumoulin & Visin 2016, figure 1.1: a 3x3 filter over a 5x5 image.
TEST(Reference, Convolves) {
  Array x({1, 1, 5, 5}), weight({1, 1, 3, 3});
  x.values = {3, 3, 2, 1, 0, 0, 0, 1, 3, 1, 3, 1, 2, 2, 3, 2, 0, 0, 2, 2, 2, 0, 0, 0, 1};
  weight.values = {0, 1, 2, 2, 2, 0, 0, 1, 2};
  EXPECT_EQ(conv2d_reference(x, weight, nullptr, {}).values,
            Values({12, 12, 17, 10, 17, 19, 9, 6, 14}));
  const Conv2dParams strided{.stride = {2, 2}, .padding = {1, 1}};  // figure 1.2
  EXPECT_EQ(conv2d_reference(x, weight, nullptr, strided).values,
            Values({6, 17, 3, 8, 17, 13, 6, 4, 4}));
}

// <conv(x, w), g> = <x, input_grad(g, w)> = <w, weight_grad(g, x)>: the adjoints.
TEST(Reference, ConvolutionGradientsAreAdjoint) {
  const Conv2dParams params{.stride = {2, 1}, .padding = {1, 2}, .dilation = {1, 2}, .groups = 2};
  const Array x = counting({2, 4, 6, 5}), weight = counting({6, 2, 3, 2});
  const Array y = conv2d_reference(x, weight, nullptr, params);
  const Array grad = counting(y.shape);
  const auto dot = [](const Array& a, const Array& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.values.size(); ++i) sum += a.values[i] * b.values[i];
    return sum;
  };
  EXPECT_EQ(dot(y, grad), dot(x, conv2d_input_grad_reference(grad, weight, x.shape, params)));
  EXPECT_EQ(dot(y, grad), dot(weight, conv2d_weight_grad_reference(grad, x, weight.shape, params)));
}

TEST(Reference, PoolsTheFirstOfEquals) {
  Array x({1, 1, 2, 4});
  x.values = {1, 5, -1, -2, 5, 0, -3, -1};
  const auto [values, places] = max_pool2d_reference(x, {});
  EXPECT_EQ(values.values, Values({5, -1}));
  EXPECT_EQ(places.values, Values({1, 2}));
}

TEST(Reference, SoftmaxOfOddsOneToThree) {
  Array x({2, 1});
  x.values = {0, std::log(3.0)};
  EXPECT_NEAR(softmax_reference(x, 0).values[1], 0.75, 1e-15);
  EXPECT_NEAR(log_softmax_reference(x, -2).values[0], std::log(0.25), 1e-15);
}

}  // namespace
}  // namespace tenon::testing

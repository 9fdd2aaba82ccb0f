// 3x3 convolutions in f32 by Winograd's algorithm against the reference, and what it rounds.
#include <gtest/gtest.h>

#include <cmath>
#include <iterator>
#include <vector>

#include "tensor/numerics.h"
#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon {
namespace {

using testing::Array;
using testing::expect_close_sum;
using testing::values;

struct Case {
  const char* name;
  Shape x, weight;
  std::pair<int, int> padding;
};

// Results of 4x4 that fit, and that leave 1, 2 and 3 rows and columns; one register of filters, a
// pair of them, and a pair and one.
const Case kCases[] = {
    {"whole tiles", {2, 16, 16, 20}, {16, 16, 3, 3}, {1, 1}},
    {"one image, odd sizes", {1, 16, 17, 19}, {16, 16, 3, 3}, {1, 1}},
    {"no padding", {1, 16, 20, 21}, {32, 16, 3, 3}, {0, 0}},
    {"more padding", {1, 32, 12, 11}, {32, 32, 3, 3}, {2, 2}},
    {"padding of rows", {1, 32, 14, 18}, {16, 32, 3, 3}, {1, 0}},
    {"padding of columns", {3, 16, 9, 10}, {48, 16, 3, 3}, {0, 2}},
    {"small images", {13, 64, 4, 4}, {32, 64, 3, 3}, {1, 1}},
    {"a slice and a half", {1, 48, 14, 15}, {80, 48, 3, 3}, {1, 1}},
    {"many channels", {2, 128, 8, 7}, {32, 128, 3, 3}, {1, 1}},
};

bool differ(const Tensor& a, const Tensor& b) { return sum(ne(a, b)).item<std::int64_t>() > 0; }

TEST(Winograd, ForwardOfEveryShape) {
  for (const Case& c : kCases) {
    const Tensor x = values(c.x, -1, 1, DType::kF32, 1),
                 w = values(c.weight, -1, 1, DType::kF32, 2);
    const Tensor bias = values({c.weight[0]}, -1, 1, DType::kF32, 3);
    const Conv2dParams params{.padding = c.padding};
    const Array offsets(bias), expected = conv2d_reference(Array(x), Array(w), &offsets, params);
    const Array active = map_reference(expected, [](double v) { return std::max(v, 0.0); });
    const std::int64_t terms = c.x[1] * 9;
    expect_close_sum(conv2d(x, w, bias, params), expected, terms, c.name);
    expect_close_sum(conv2d(x, w, bias, params, Activation::kRelu), active, terms, c.name);
    for (const auto& [layout, view] : testing::layouts_of(x)) {
      expect_close_sum(conv2d(view, w, bias, params), expected, terms, c.name + (" " + layout));
    }
    const NumericsScope direct({.winograd = false});
    expect_close_sum(conv2d(x, w, bias, params), expected, terms, c.name);
  }
}

TEST(Winograd, InputGradientOfEveryShape) {
  for (const Case& c : kCases) {
    const Conv2dParams params{.padding = c.padding};
    const Tensor x = values(c.x, -1, 1), w = values(c.weight, -1, 1, DType::kF32, 2);
    const Tensor grad = values(conv2d(x, w, {}, params).shape(), -1, 1, DType::kF32, 3);
    const Array expected = conv2d_input_grad_reference(Array(grad), Array(w), c.x, params);
    const std::int64_t terms = c.weight[0] * 9;
    expect_close_sum(conv2d_input_grad(grad, w, c.x, params), expected, terms, c.name);
    for (const auto& [layout, view] : testing::layouts_of(w)) {
      expect_close_sum(conv2d_input_grad(grad, view, c.x, params), expected, terms,
                       c.name + (" weight " + layout));
    }
  }
}

TEST(Winograd, WeightGradientOfEveryShape) {
  std::vector<Case> cases(std::begin(kCases), std::end(kCases));
  cases.push_back({"channels that do not fill registers", {2, 24, 13, 14}, {41, 24, 3, 3}, {1, 1}});
  for (const Case& c : cases) {
    const Conv2dParams params{.padding = c.padding};
    const Tensor x = values(c.x, -1, 1), w = values(c.weight, -1, 1, DType::kF32, 2);
    const Tensor grad = values(conv2d(x, w, {}, params).shape(), -1, 1, DType::kF32, 3);
    const Array expected = conv2d_weight_grad_reference(Array(grad), Array(x), c.weight, params);
    const std::int64_t terms = grad.numel() / grad.size(1);
    expect_close_sum(conv2d_weight_grad(grad, x, c.weight, params), expected, terms, c.name);
    for (const auto& [layout, view] : testing::layouts_of(x)) {
      expect_close_sum(conv2d_weight_grad(grad, view, c.weight, params), expected, terms,
                       c.name + (" x " + layout));
    }
    for (const auto& [layout, view] : testing::layouts_of(grad)) {
      expect_close_sum(conv2d_weight_grad(view, x, c.weight, params), expected, terms,
                       c.name + (" grad " + layout));
    }
  }
}

// What the cases above are worth: none of them is computed directly.
TEST(Winograd, IsTakenUnlessTheProgramChoosesOtherwise) {
  for (const Case& c : kCases) {
    const Tensor x = values(c.x, -1, 1), w = values(c.weight, -1, 1);
    const Conv2dParams params{.padding = c.padding};
    const Tensor y = conv2d(x, w, {}, params), grad = conv2d_input_grad(y, w, c.x, params);
    const Tensor weight_grad = conv2d_weight_grad(y, x, c.weight, params);
    const NumericsScope direct({.winograd = false});
    EXPECT_TRUE(differ(conv2d(x, w, {}, params), y)) << c.name;
    EXPECT_TRUE(differ(conv2d_input_grad(y, w, c.x, params), grad)) << c.name;
    EXPECT_TRUE(differ(conv2d_weight_grad(y, x, c.weight, params), weight_grad)) << c.name;
  }
}

double rms(const Tensor& x) { return std::sqrt(mean(square(x.to(DType::kF64))).item<double>()); }

// The figures that tensor/cpu/winograd.h states.
TEST(Winograd, RoundsLessThanThreeTimesAsMuchAsDirectSums) {
  const std::pair<std::int64_t, double> bounds[] = {{16, 2.5e-6}, {64, 7.5e-6}, {256, 2.8e-5}};
  for (const auto& [channels, bound] : bounds) {
    const Tensor x = values({2, channels, 12, 12}, -1, 1);
    const Tensor w = values({32, channels, 3, 3}, -1, 1, DType::kF32, 2);
    const Conv2dParams params{.padding = {1, 1}};
    const Tensor exact = conv2d(x.to(DType::kF64), w.to(DType::kF64), {}, params);
    const double error = rms(conv2d(x, w, {}, params).to(DType::kF64) - exact);
    const NumericsScope direct({.winograd = false});
    EXPECT_LT(error, bound) << channels;
    EXPECT_LT(error, 3 * rms(conv2d(x, w, {}, params).to(DType::kF64) - exact)) << channels;
  }
}

TEST(Winograd, WeightGradientRoundsLessThanFiveTimesAsMuchAsDirectSums) {
  const std::pair<std::int64_t, double> bounds[] = {{2, 7.5e-6}, {32, 3.6e-5}};
  for (const auto& [images, bound] : bounds) {
    const Tensor x = values({images, 32, 24, 24}, -1, 1);
    const Tensor grad = values({images, 32, 24, 24}, -1, 1, DType::kF32, 2);
    const Shape shape{32, 32, 3, 3};
    const Conv2dParams params{.padding = {1, 1}};
    const Tensor exact = conv2d_weight_grad(grad.to(DType::kF64), x.to(DType::kF64), shape, params);
    const double error = rms(conv2d_weight_grad(grad, x, shape, params).to(DType::kF64) - exact);
    const NumericsScope direct({.winograd = false});
    EXPECT_LT(error, bound) << images;
    EXPECT_LT(error, 5 * rms(conv2d_weight_grad(grad, x, shape, params).to(DType::kF64) - exact));
  }
}

TEST(Winograd, SameBitsOnAnyNumberOfThreads) {
  const Tensor x = values({5, 32, 13, 13}), w = values({48, 32, 3, 3});
  const Conv2dParams params{.padding = {1, 1}};
  const testing::ThreadScope one(1);
  const Tensor y = conv2d(x, w, {}, params), grad = conv2d_input_grad(y, w, x.shape(), params);
  const Tensor weight_grad = conv2d_weight_grad(y, x, w.shape(), params);
  for (const int threads : {2, 3, 5}) {
    const testing::ThreadScope scope(threads);
    testing::expect_identical(conv2d(x, w, {}, params), y);
    testing::expect_identical(conv2d_input_grad(y, w, x.shape(), params), grad);
    testing::expect_identical(conv2d_weight_grad(y, x, w.shape(), params), weight_grad);
  }
}

TEST(Winograd, NanStaysInTheTilesWhoseWindowsHoldIt) {
  const Tensor x = ones({1, 16, 20, 20}), w = ones({16, 16, 3, 3});
  x.select(2, 4).select(2, 4).fill_(NAN);  // in the windows of tiles 0 and 1 of each dimension
  const Array y(conv2d(x, w, {}, {.padding = {1, 1}}, Activation::kRelu));
  testing::for_each_index(y.shape, [&](const Dims& at) {
    const bool near = std::abs(at[2] - 4) <= 1 && std::abs(at[3] - 4) <= 1;
    const bool far = at[2] >= 8 || at[3] >= 8;
    if (near || far) {
      EXPECT_EQ(std::isnan(y.at(at)), near) << at[2] << "," << at[3];
    }
  });
}

}  // namespace
}  // namespace tenon

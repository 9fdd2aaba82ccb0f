// Convolutions by Winograd's algorithm against the reference, and what it rounds.
#include <gtest/gtest.h>

#include <cmath>
#include <initializer_list>
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
  DType dtype = DType::kF32;
};

// Tiles that fit, and that leave 1, 2 and 3 rows and columns; one register of filters, a pair of
// them, and a pair and one; channels that fill registers and that do not.
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
    {"more filters than the cache holds", {1, 128, 8, 8}, {64, 128, 3, 3}, {1, 1}},
    {"5x5", {2, 16, 12, 13}, {48, 16, 5, 5}, {2, 2}},
    {"5x5, most padding", {1, 32, 9, 8}, {32, 32, 5, 5}, {4, 3}},
    {"bf16", {2, 64, 16, 16}, {64, 64, 3, 3}, {1, 1}, DType::kBF16},
};

// Not the input's gradient, whose results are these channels.
const Case kOddChannels{"odd channels", {2, 24, 13, 14}, {48, 24, 3, 3}, {1, 1}};
// Only the weight's gradient.
const Case kOddFilters{"odd filters", {2, 21, 13, 14}, {41, 21, 3, 3}, {1, 1}};
const Case kFiveOfBf16{"bf16, 5x5", {1, 32, 12, 12}, {32, 32, 5, 5}, {2, 2}, DType::kBF16};

std::vector<Case> cases_and(std::initializer_list<Case> more) {
  std::vector<Case> all(std::begin(kCases), std::end(kCases));
  all.insert(all.end(), more);
  return all;
}

Tensor image(const Case& c) { return values(c.x, -1, 1, c.dtype, 1); }
Tensor weight(const Case& c) { return values(c.weight, -1, 1, c.dtype, 2); }
Conv2dParams params_of(const Case& c) { return {.padding = c.padding}; }
Tensor gradient(const Case& c) {
  return values(conv2d(image(c), weight(c), {}, params_of(c)).shape(), -1, 1, c.dtype, 3);
}

TEST(Winograd, ForwardOfEveryShape) {
  for (const Case& c : cases_and({kOddChannels})) {
    const Tensor x = image(c), w = weight(c), bias = values({c.weight[0]}, -1, 1, c.dtype, 3);
    const Conv2dParams params = params_of(c);
    const Array offsets(bias), expected = conv2d_reference(Array(x), Array(w), &offsets, params);
    const Array active = map_reference(expected, [](double v) { return std::max(v, 0.0); });
    const std::int64_t terms = w.numel() / w.size(0);
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
    const Tensor w = weight(c), grad = gradient(c);
    const Conv2dParams params = params_of(c);
    const Array expected = conv2d_input_grad_reference(Array(grad), Array(w), c.x, params);
    const std::int64_t terms = w.numel() / w.size(1);
    expect_close_sum(conv2d_input_grad(grad, w, c.x, params), expected, terms, c.name);
    for (const auto& [layout, view] : testing::layouts_of(w)) {
      expect_close_sum(conv2d_input_grad(grad, view, c.x, params), expected, terms,
                       c.name + (" weight " + layout));
    }
  }
}

TEST(Winograd, WeightGradientOfEveryShape) {
  for (const Case& c : cases_and({kOddChannels, kOddFilters, kFiveOfBf16})) {
    const Tensor x = image(c), grad = gradient(c);
    const Conv2dParams params = params_of(c);
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

double rms(const Tensor& x) { return std::sqrt(mean(square(x.to(DType::kF64))).item<double>()); }

// More than the reference computes in a second: direct sums stand in for it.
TEST(Winograd, ManyTilesAndFilters) {
  const Shape x_shape{5, 64, 45, 48}, w_shape{128, 64, 3, 3};
  const Tensor x = values(x_shape, -1, 1), w = values(w_shape, -1, 1, DType::kF32, 2);
  const Conv2dParams params{.padding = {1, 1}};
  const Tensor y = conv2d(x, w, {}, params), grad = y / 8.0;
  const Tensor input_grad = conv2d_input_grad(grad, w, x_shape, params);
  const Tensor weight_grad = conv2d_weight_grad(grad, x, w_shape, params);
  const NumericsScope direct({.winograd = false});
  const auto error = [](const Tensor& a, const Tensor& b) { return rms(a - b) / rms(b); };
  EXPECT_LT(error(y, conv2d(x, w, {}, params)), 2e-6);
  EXPECT_LT(error(input_grad, conv2d_input_grad(grad, w, x_shape, params)), 2e-6);
  EXPECT_LT(error(weight_grad, conv2d_weight_grad(grad, x, w_shape, params)), 2e-6);
}

bool differ(const Tensor& a, const Tensor& b) { return sum(ne(a, b)).item<std::int64_t>() > 0; }

// What the cases above are worth: none of them is computed directly.
TEST(Winograd, IsTakenUnlessTheProgramChoosesOtherwise) {
  for (const Case& c : cases_and({kOddChannels, kOddFilters, kFiveOfBf16})) {
    const Tensor x = image(c), w = weight(c), grad = gradient(c);
    const Conv2dParams params = params_of(c);
    const Tensor y = conv2d(x, w, {}, params), input_grad = conv2d_input_grad(grad, w, c.x, params);
    const Tensor weight_grad = conv2d_weight_grad(grad, x, c.weight, params);
    const NumericsScope direct({.winograd = false});
    EXPECT_TRUE(differ(conv2d_weight_grad(grad, x, c.weight, params), weight_grad)) << c.name;
    if (c.weight[0] % 16 != 0 || c.name == kFiveOfBf16.name) continue;
    EXPECT_TRUE(differ(conv2d(x, w, {}, params), y)) << c.name;
    if (c.weight[1] % 16 != 0) continue;
    EXPECT_TRUE(differ(conv2d_input_grad(grad, w, c.x, params), input_grad)) << c.name;
  }
}

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

TEST(Winograd, FiveByFiveRoundsLessThanThreeTimesAsMuchAsDirectSums) {
  const Tensor x = values({2, 64, 12, 12}, -1, 1);
  const Tensor w = values({32, 64, 5, 5}, -1, 1, DType::kF32, 2);
  const Conv2dParams params{.padding = {2, 2}};
  const Tensor exact = conv2d(x.to(DType::kF64), w.to(DType::kF64), {}, params);
  const double error = rms(conv2d(x, w, {}, params).to(DType::kF64) - exact);
  const NumericsScope direct({.winograd = false});
  EXPECT_LT(error, 1.5e-5);
  EXPECT_LT(error, 3 * rms(conv2d(x, w, {}, params).to(DType::kF64) - exact));
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
  const std::pair<Shape, Shape> shapes[] = {{{5, 32, 13, 13}, {48, 32, 3, 3}},
                                            {{40, 64, 16, 16}, {64, 64, 3, 3}},  // tiles in groups
                                            {{3, 160, 8, 8}, {160, 160, 3, 3}}};
  for (const auto& [x_shape, w_shape] : shapes) {
    const Tensor x = values(x_shape), w = values(w_shape);
    const Conv2dParams params{.padding = {1, 1}};
    const testing::ThreadScope one(1);
    const Tensor y = conv2d(x, w, {}, params), grad = conv2d_input_grad(y, w, x_shape, params);
    const Tensor weight_grad = conv2d_weight_grad(y, x, w_shape, params);
    for (const int threads : {2, 3, 5, 16}) {
      const testing::ThreadScope scope(threads);
      testing::expect_identical(conv2d(x, w, {}, params), y);
      testing::expect_identical(conv2d_input_grad(y, w, x_shape, params), grad);
      testing::expect_identical(conv2d_weight_grad(y, x, w_shape, params), weight_grad);
    }
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

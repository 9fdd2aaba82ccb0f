// Convolution and its two gradients against the reference, over the shapes that select different
// kernels underneath: 1x1, depthwise, few and many channels, strides that leave a rest.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon {
namespace {

using testing::Array;
using testing::expect_close_sum;
using testing::expect_error;
using testing::values;

struct ConvCase {
  const char* name;
  Shape x, weight;
  Conv2dParams params = {};
};

const std::vector<ConvCase>& cases() {
  static const std::vector<ConvCase> all = {
      {"one pixel", {1, 1, 1, 1}, {1, 1, 1, 1}},
      {"grey image", {2, 1, 8, 8}, {6, 1, 3, 3}, {.padding = {1, 1}}},
      {"colour image", {2, 3, 9, 7}, {5, 3, 5, 3}, {.padding = {2, 1}}},
      {"1x1", {2, 16, 5, 6}, {8, 16, 1, 1}},
      {"1x1 strided", {2, 16, 7, 6}, {32, 16, 1, 1}, {.stride = {2, 2}}},
      {"3x3", {2, 16, 8, 8}, {16, 16, 3, 3}, {.padding = {1, 1}}},
      {"3x3 many channels", {1, 64, 6, 5}, {48, 64, 3, 3}, {.padding = {1, 1}}},
      {"odd channels", {3, 7, 6, 5}, {9, 7, 3, 2}},
      {"a rest of rows and columns", {1, 4, 8, 9}, {4, 4, 3, 2}, {.stride = {3, 4}}},
      {"a rest and padding", {1, 4, 8, 10}, {4, 4, 3, 4}, {.stride = {2, 3}, .padding = {1, 1}}},
      {"stride beyond the filter", {1, 3, 11, 13}, {4, 3, 2, 2}, {.stride = {4, 5}}},
      {"padding beyond the filter", {1, 3, 4, 4}, {4, 3, 2, 2}, {.padding = {3, 4}}},
      {"dilated", {1, 4, 11, 12}, {4, 4, 3, 3}, {.padding = {2, 1}, .dilation = {2, 3}}},
      {"dilated and strided",
       {2, 8, 13, 13},
       {8, 8, 3, 3},
       {.stride = {2, 1}, .padding = {1, 2}, .dilation = {3, 2}}},
      {"two groups", {2, 8, 6, 6}, {12, 4, 3, 3}, {.padding = {1, 1}, .groups = 2}},
      {"odd groups", {1, 9, 5, 5}, {6, 3, 3, 3}, {.padding = {1, 0}, .groups = 3}},
      {"depthwise", {2, 16, 7, 7}, {16, 1, 3, 3}, {.padding = {1, 1}, .groups = 16}},
      {"depthwise, odd", {1, 5, 6, 7}, {10, 1, 3, 2}, {.stride = {2, 1}, .groups = 5}},
      {"few to fewer", {3, 3, 12, 12}, {2, 3, 5, 5}},
      {"rows beyond a register", {17, 2, 9, 35}, {6, 2, 3, 8}, {.padding = {1, 3}}},
      {"few, dilated", {2, 3, 11, 20}, {7, 3, 3, 4}, {.padding = {2, 3}, .dilation = {3, 2}}},
      {"few, strided", {2, 5, 12, 18}, {13, 5, 4, 3}, {.stride = {3, 1}, .padding = {0, 1}}},
      {"few, strided both ways", {3, 3, 14, 15}, {7, 3, 5, 5}, {.stride = {2, 3}}},
      {"whole image", {4, 6, 5, 5}, {10, 6, 5, 5}},
      {"a row", {2, 3, 1, 20}, {4, 3, 1, 5}, {.padding = {0, 2}}},
      {"a column", {2, 3, 20, 1}, {4, 3, 7, 1}, {.stride = {3, 1}}},
  };
  return all;
}

/// Products in each element of the result, the gradient of the input, and that of the weight.
std::int64_t taps(const ConvCase& c) { return c.weight[1] * c.weight[2] * c.weight[3]; }
std::int64_t input_grad_terms(const ConvCase& c) {
  return c.weight[0] / c.params.groups * c.weight[2] * c.weight[3];
}
std::int64_t weight_grad_terms(const Shape& y) { return y[0] * y[2] * y[3]; }

TEST(Conv2d, EveryShapeDTypeAndLayout) {
  for (const ConvCase& c : cases()) {
    for (const DType dtype : testing::kFloating) {
      const Tensor x = values(c.x, -1, 1, dtype, 1), w = values(c.weight, -1, 1, dtype, 2);
      const Array expected = conv2d_reference(Array(x), Array(w), nullptr, c.params);
      for (const auto& [layout, view] : testing::layouts_of(x)) {
        const Tensor y = conv2d(view, w, {}, c.params);
        EXPECT_EQ(y.dtype(), dtype);
        EXPECT_TRUE(y.is_contiguous(Layout::kChannelsLast));
        expect_close_sum(y, expected, taps(c), std::string(c.name) + " " + layout);
      }
      for (const auto& [layout, view] : testing::layouts_of(w)) {
        expect_close_sum(conv2d(x, view, {}, c.params), expected, taps(c),
                         c.name + (" weight " + layout));
      }
    }
  }
}

TEST(Conv2d, BiasAndRelu) {
  for (const ConvCase& c : cases()) {
    for (const DType dtype : testing::kFloating) {
      const Tensor x = values(c.x, -1, 1, dtype, 1), w = values(c.weight, -1, 1, dtype, 2);
      const Tensor bias = values({2 * c.weight[0]}, -1, 1, dtype, 3).slice(0, 0, INT64_MAX, 2);
      const Array plain_bias(bias);
      const Array sum = conv2d_reference(Array(x), Array(w), &plain_bias, c.params);
      const Array active = map_reference(sum, [](double v) { return std::max(v, 0.0); });
      expect_close_sum(conv2d(x, w, bias, c.params), sum, taps(c), c.name);
      expect_close_sum(conv2d(x, w, bias, c.params, Activation::kRelu), active, taps(c), c.name);
      testing::expect_identical(conv2d(x, w, bias, c.params, Activation::kRelu),
                                relu(conv2d(x, w, bias, c.params)), c.name);
    }
  }
}

TEST(Conv2d, ReluKeepsNan) {
  for (const ConvCase& c : cases()) {
    for (const DType dtype : testing::kFloating) {
      const Tensor x = ones(c.x, {.dtype = dtype}), w = ones(c.weight, {.dtype = dtype});
      x.select(0, 0).fill_(NAN);
      const Tensor y = conv2d(x, w, {}, c.params),
                   active = conv2d(x, w, {}, c.params, Activation::kRelu);
      const Array before(y), after(active);
      for (std::size_t i = 0; i < before.values.size(); ++i) {
        ASSERT_EQ(std::isnan(after.values[i]), std::isnan(before.values[i]))
            << c.name << " " << name(dtype) << " at " << i;
      }
    }
  }
}

TEST(Conv2d, GradientsEveryShapeDTypeAndLayout) {
  for (const ConvCase& c : cases()) {
    for (const DType dtype : testing::kFloating) {
      const Tensor x = values(c.x, -1, 1, dtype, 1), w = values(c.weight, -1, 1, dtype, 2);
      const Shape y_shape = conv2d(x, w, {}, c.params).shape();
      const Tensor grad = values(y_shape, -1, 1, dtype, 3);
      const Array input_grad = conv2d_input_grad_reference(Array(grad), Array(w), c.x, c.params);
      const Array weight_grad =
          conv2d_weight_grad_reference(Array(grad), Array(x), c.weight, c.params);
      for (const auto& [layout, view] : testing::layouts_of(grad)) {
        const std::string what = std::string(c.name) + " " + layout;
        expect_close_sum(conv2d_input_grad(view, w, c.x, c.params), input_grad, input_grad_terms(c),
                         what);
        expect_close_sum(conv2d_weight_grad(view, x, c.weight, c.params), weight_grad,
                         weight_grad_terms(y_shape), what);
      }
      for (const auto& [layout, view] : testing::layouts_of(x)) {
        expect_close_sum(conv2d_weight_grad(grad, view, c.weight, c.params), weight_grad,
                         weight_grad_terms(y_shape), c.name + (" x " + layout));
      }
      for (const auto& [layout, view] : testing::layouts_of(w)) {
        expect_close_sum(conv2d_input_grad(grad, view, c.x, c.params), input_grad,
                         input_grad_terms(c), c.name + (" weight " + layout));
      }
    }
  }
}

TEST(Conv2d, GradientsInTheMemoryOrderOfTheirTensors) {
  const Tensor x = values({2, 8, 6, 6}), w = values({16, 8, 3, 3}), grad = values({2, 16, 4, 4});
  EXPECT_TRUE(conv2d_input_grad(grad, w, x.shape(), {}).is_contiguous(Layout::kChannelsLast));
  EXPECT_TRUE(conv2d_weight_grad(grad, x, w.shape(), {}).is_contiguous());
}

TEST(Conv2d, OfNoImagesOrNoChannels) {
  EXPECT_EQ(conv2d(zeros({0, 3, 5, 5}), zeros({4, 3, 3, 3}), {}, {}).shape(), Shape({0, 4, 3, 3}));
  const Tensor bias = tensor({1, -2});
  Array expected({1, 2, 3, 3});
  for (std::size_t i = 0; i < 9; ++i) expected.values[i] = 1;
  testing::expect_identical(
      conv2d(ones({1, 1, 3, 3}), ones({2, 1, 2, 2}), bias, {}, Activation::kGeluTanh),
      gelu_tanh(conv2d(ones({1, 1, 3, 3}), ones({2, 1, 2, 2}), bias, {})));
  expect_close(conv2d(zeros({1, 0, 5, 5}), zeros({2, 0, 3, 3}), bias, {}, Activation::kRelu),
               expected);
  expect_close(conv2d(zeros({1, 0, 5, 5}), zeros({2, 0, 3, 3}), {}, {}), Array({1, 2, 3, 3}));
  EXPECT_EQ(conv2d_input_grad(zeros({1, 2, 3, 3}), zeros({2, 0, 3, 3}), {1, 0, 5, 5}, {}).shape(),
            Shape({1, 0, 5, 5}));
  EXPECT_EQ(conv2d_weight_grad(zeros({1, 2, 3, 3}), zeros({1, 0, 5, 5}), {2, 0, 3, 3}, {}).shape(),
            Shape({2, 0, 3, 3}));
  expect_close(conv2d_input_grad(zeros({0, 2, 3, 3}), zeros({2, 1, 3, 3}), {0, 1, 5, 5}, {}),
               Array({0, 1, 5, 5}));
  expect_close(conv2d_weight_grad(zeros({0, 2, 3, 3}), zeros({0, 1, 5, 5}), {2, 1, 3, 3}, {}),
               Array({2, 1, 3, 3}));
}

// Few channels have kernels of their own, each for channels that do not fill a register.
TEST(Conv2d, EveryNumberOfFewChannels) {
  for (std::int64_t channels = 1; channels <= 17; ++channels) {
    const std::int64_t filters = 18 - channels;
    for (const std::int64_t images : {1, 3}) {
      const Tensor x = values({images, channels, 7, 15}), w = values({filters, channels, 3, 2});
      const Tensor grad = values({images, filters, 5, 14}), bias = values({filters});
      const Array offsets(bias);
      const std::string what = std::to_string(channels) + " to " + std::to_string(filters);
      expect_close_sum(conv2d(x, w, bias, {}), conv2d_reference(Array(x), Array(w), &offsets, {}),
                       channels * 6, what);
      expect_close_sum(conv2d_input_grad(grad, w, x.shape(), {}),
                       conv2d_input_grad_reference(Array(grad), Array(w), x.shape(), {}),
                       filters * 6, what);
      expect_close_sum(conv2d_weight_grad(grad, x, w.shape(), {}),
                       conv2d_weight_grad_reference(Array(grad), Array(x), w.shape(), {}),
                       images * 70, what);
    }
  }
}

TEST(Conv2d, GradientOfFewChannelsHasTheSameBitsOnAnyNumberOfThreads) {
#ifndef __AVX512F__
  GTEST_SKIP() << "without AVX-512 oneDNN computes it, and sums as its threads come";
#endif
  const Tensor x = values({37, 3, 12, 12}), grad = values({37, 6, 8, 8});
  const testing::ThreadScope one(1);
  const Tensor expected = conv2d_weight_grad(grad, x, {6, 3, 5, 5}, {});
  for (const int threads : {2, 3, 5}) {
    const testing::ThreadScope scope(threads);
    testing::expect_identical(conv2d_weight_grad(grad, x, {6, 3, 5, 5}, {}), expected, "");
  }
}

// A primitive built for one number of threads must not run on another.
TEST(Conv2d, ThreadsMayChangeBetweenCalls) {
  const ConvCase c{"", {6, 20, 12, 12}, {24, 20, 3, 3}, {.padding = {1, 1}}};
  const Tensor x = values(c.x, -1, 1), w = values(c.weight, -1, 1);
  const Tensor grad = values({6, 24, 12, 12}, -1, 1);
  const Array y = conv2d_reference(Array(x), Array(w), nullptr, c.params);
  const Array input_grad = conv2d_input_grad_reference(Array(grad), Array(w), c.x, c.params);
  const Array weight_grad = conv2d_weight_grad_reference(Array(grad), Array(x), c.weight, c.params);
  for (const int threads : {1, 2, 5, 1, 2}) {
    const testing::ThreadScope scope(threads);
    const std::string what = std::to_string(threads) + " threads";
    expect_close_sum(conv2d(x, w, {}, c.params), y, taps(c), what);
    expect_close_sum(conv2d_input_grad(grad, w, c.x, c.params), input_grad, input_grad_terms(c),
                     what);
    expect_close_sum(conv2d_weight_grad(grad, x, c.weight, c.params), weight_grad,
                     weight_grad_terms(grad.shape()), what);
  }
}

TEST(Conv2d, RefusesWhatDoesNotFit) {
  const Tensor x = zeros({2, 3, 8, 8}), w = zeros({4, 3, 3, 3});
  const auto call = [&](const Conv2dParams& params) { conv2d(x, w, {}, params); };
  expect_error<ShapeError>(
      [&] {
        conv2d(x, zeros({4, 16, 3, 3}), {}, {});
      },
      {"[conv2d] expected input channels 16", "[4,16,3,3]", "got 3", "[2,3,8,8]"});
  expect_error<ShapeError>(
      [&] {
        conv2d(zeros({3, 8, 8}), w, {}, {});
      },
      {"[conv2d]", "x", "[3,8,8]"});
  expect_error<ShapeError>([&] { conv2d(x, zeros({4, 3, 3}), {}, {}); }, {"[conv2d]", "weight"});
  expect_error<ShapeError>([&] { conv2d(x, w, zeros({3}), {}); },
                           {"[conv2d]", "bias", "[4]", "[3]"});
  expect_error<ShapeError>(
      [&] {
        conv2d(x, zeros({4, 3, 9, 3}), {}, {});
      },
      {"[conv2d]", "as large as the filter", "[4,3,9,3]", "[2,3,8,8]"});
  expect_error<ShapeError>([&] { conv2d(x, zeros({4, 3, 0, 3}), {}, {}); }, {"[conv2d]"});
  expect_error<ShapeError>([&] { call({.dilation = {4, 1}}); }, {"[conv2d]", "dilation {4,1}"});
  expect_error<ValueError>([&] { call({.stride = {0, 1}}); }, {"[conv2d]", "stride", "{0,1}"});
  expect_error<ValueError>([&] { call({.padding = {-1, 0}}); }, {"[conv2d]", "padding", "{-1,0}"});
  expect_error<ValueError>([&] { call({.dilation = {1, 0}}); }, {"[conv2d]", "dilation", "{1,0}"});
  expect_error<ValueError>([&] { call({.groups = 3}); },
                           {"[conv2d]", "groups", "4 filters", "got 3"});
  expect_error<ValueError>([&] { call({.groups = 0}); }, {"[conv2d]", "groups", "got 0"});
  expect_error<ShapeError>([&] { call({.groups = 2}); }, {"[conv2d]", "groups 2"});
  expect_error<DTypeError>([&] { conv2d(x, w.to(DType::kF64), {}, {}); },
                           {"[conv2d]", "f64 [4,3,3,3]"});
  expect_error<DTypeError>([&] { conv2d(x.to(DType::kI64), w, {}, {}); }, {"[conv2d]", "i64"});
  expect_error<ValueError>([&] { conv2d(x, Tensor(), {}, {}); },
                           {"[conv2d]", "weight", "undefined"});
}

TEST(Conv2d, GradientsRefuseWhatDoesNotFit) {
  const Tensor x = zeros({2, 3, 8, 8}), w = zeros({4, 3, 3, 3}), grad = zeros({2, 4, 6, 6});
  expect_error<ShapeError>(
      [&] {
        conv2d_input_grad(zeros({2, 4, 6, 5}), w, x.shape(), {});
      },
      {"[conv2d_input_grad]", "grad", "[2,4,6,6]", "[2,4,6,5]"});
  expect_error<ShapeError>(
      [&] {
        conv2d_input_grad(grad, w, {3, 8, 8}, {});
      },
      {"[conv2d_input_grad]", "x_shape", "[3,8,8]"});
  expect_error<ShapeError>(
      [&] {
        conv2d_input_grad(grad, w, {2, 5, 8, 8}, {});
      },
      {"[conv2d_input_grad]", "[2,5,8,8]"});
  expect_error<ShapeError>(
      [&] {
        conv2d_weight_grad(zeros({1, 4, 6, 6}), x, w.shape(), {});
      },
      {"[conv2d_weight_grad]", "grad", "[2,4,6,6]", "[1,4,6,6]"});
  expect_error<ShapeError>(
      [&] {
        conv2d_weight_grad(grad, x, {4, 3}, {});
      },
      {"[conv2d_weight_grad]", "weight_shape", "[4,3]"});
  expect_error<DTypeError>([&] { conv2d_weight_grad(grad, x.to(DType::kF16), w.shape(), {}); },
                           {"[conv2d_weight_grad]", "f16"});
}

}  // namespace
}  // namespace tenon

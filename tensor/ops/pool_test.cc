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

struct PoolCase {
  const char* name;
  Shape x;
  Pool2dParams params = {};
};

const PoolCase kCases[] = {
    {"2x2", {2, 6, 8, 8}},
    {"odd size", {2, 3, 7, 9}},
    {"one channel", {3, 1, 6, 4}},
    {"overlapping", {1, 17, 9, 9}, {.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}}},
    {"gaps between windows", {2, 5, 11, 10}, {.kernel = {2, 2}, .stride = {3, 4}}},
    {"uneven", {2, 4, 10, 7}, {.kernel = {3, 2}, .stride = {1, 2}, .padding = {1, 0}}},
    {"dilation",
     {2, 5, 9, 8},
     {.kernel = {3, 2}, .stride = {1, 2}, .padding = {1, 1}, .dilation = {2, 3}}},
    {"whole plane", {4, 33, 5, 6}, {.kernel = {5, 6}, .stride = {1, 1}}},
    {"1x1", {2, 3, 4, 4}, {.kernel = {1, 1}, .stride = {1, 1}}},
    {"many", {8, 20, 40, 40}},
};

TEST(MaxPool2d, ValuesAndIndicesInEveryDTypeAndLayout) {
  for (const PoolCase& c : kCases) {
    for (const DType dtype : testing::kFloating) {
      const Tensor x = values(c.x, -2, 2, dtype);  // 16-bit types hold many equals
      const auto [largest, places] = max_pool2d_reference(Array(x), c.params);
      for (const auto& [layout, view] : testing::layouts_of(x)) {
        const auto [y, indices] = max_pool2d(view, c.params);
        EXPECT_EQ(y.dtype(), dtype);
        EXPECT_EQ(indices.dtype(), DType::kI32);
        EXPECT_TRUE(y.is_contiguous(Layout::kChannelsLast));
        expect_close(y, largest, 0, std::string(c.name) + layout);
        expect_close(indices, places, 0, std::string(c.name) + layout + " indices");
      }
    }
  }
}

TEST(MaxPool2d, SpecialValues) {
  const Tensor x = tensor({{1, NAN, -INFINITY, -INFINITY}, {NAN, 2, -INFINITY, -INFINITY}});
  const auto [y, indices] = max_pool2d(x.reshape({1, 1, 2, 4}), {});
  EXPECT_TRUE(std::isnan(y.item<float>({0, 0, 0, 0})));
  EXPECT_EQ(indices.item<int>({0, 0, 0, 0}), 1);
  EXPECT_EQ(y.item<float>({0, 0, 0, 1}), -INFINITY);
  EXPECT_EQ(indices.item<int>({0, 0, 0, 1}), 2);
}

// Channels are handled side by side, and the last ones may not fill a register.
TEST(MaxPool2d, NanAndInfinityInAnyChannel) {
  for (std::int64_t channels = 1; channels <= 34; channels += 3) {
    const Tensor x = values({2, channels, 6, 8});
    for (std::int64_t i = 0; i < x.numel(); i += 5) {
      x.flatten().select(0, i).fill_(i % 2 == 0 ? NAN : i % 3 == 0 ? INFINITY : -INFINITY);
    }
    for (const DType dtype : testing::kFloating) {
      const Tensor narrow = x.to(dtype);
      const auto [largest, places] = max_pool2d_reference(Array(narrow), {.kernel = {3, 2}});
      const auto [y, indices] = max_pool2d(narrow, {.kernel = {3, 2}});
      expect_close(y, largest, 0, std::to_string(channels));
      expect_close(indices, places, 0, std::to_string(channels) + " indices");
    }
  }
}

// Padding is less than any number, so it never wins.
TEST(MaxPool2d, PaddingNeverWins) {
  const Tensor x = full({1, 2, 3, 3}, -5);
  const auto [y, indices] = max_pool2d(x, {.kernel = {2, 2}, .stride = {2, 2}, .padding = {1, 1}});
  expect_close(y, Array({1, 2, 2, 2}, -5), 0);
  for (const auto place : indices.to_vector<std::int32_t>()) EXPECT_TRUE(place >= 0 && place < 9);
}

Array scatter_reference(const Array& grad, const Array& places, const Shape& shape) {
  Array out(shape);
  testing::for_each_index(grad.shape, [&](const Dims& i) {
    const auto place = static_cast<std::int64_t>(places.at(i));
    out.at({i[0], i[1], place / shape[3], place % shape[3]}) += grad.at(i);
  });
  return out;
}

TEST(MaxPool2dScatter, AddsWhereTheLargestWas) {
  for (const PoolCase& c : kCases) {
    for (const DType dtype : testing::kFloating) {
      const Tensor x = values(c.x, -2, 2, dtype), indices = max_pool2d(x, c.params).second;
      const Tensor grad = values(indices.shape(), -1, 1, dtype, 2);
      const Array expected = scatter_reference(Array(grad), Array(indices), c.x);
      for (const auto& [layout, view] : testing::layouts_of(grad)) {
        expect_close(max_pool2d_scatter(view, indices, c.x), expected, 1, c.name + layout);
        expect_close(max_pool2d_scatter(grad, testing::layouts_of(indices)[2].tensor, c.x),
                     expected, 1, c.name + layout);
      }
    }
  }
}

TEST(MaxPool2dGather, ReadsWhatPoolingChose) {
  for (const PoolCase& c : kCases) {
    for (const DType dtype : testing::kFloating) {
      const Tensor x = values(c.x, -2, 2, dtype);
      const auto [y, indices] = max_pool2d(x, c.params);
      for (const auto& [layout, view] : testing::layouts_of(x)) {
        testing::expect_identical(max_pool2d_gather(view, indices), y, c.name + layout);
      }
    }
  }
}

TEST(MaxPool2d, OfNothing) {
  EXPECT_EQ(max_pool2d(zeros({0, 3, 4, 4}), {}).first.shape(), Shape({0, 3, 2, 2}));
  EXPECT_EQ(max_pool2d(zeros({2, 0, 4, 4}), {}).second.shape(), Shape({2, 0, 2, 2}));
  const Tensor indices = zeros({2, 0, 2, 2}, {.dtype = DType::kI32});
  EXPECT_EQ(max_pool2d_scatter(zeros({2, 0, 2, 2}), indices, {2, 0, 4, 4}).numel(), 0);
  EXPECT_EQ(max_pool2d_gather(zeros({2, 0, 4, 4}), indices).numel(), 0);
}

TEST(MaxPool2d, IndicesOutsideThePlaneAreRefused) {
  const Tensor x = zeros({2, 3, 4, 4}), grad = zeros({2, 3, 2, 2});
  for (const std::int64_t bad : {-1, 16, INT32_MAX, INT32_MIN}) {
    const Tensor indices = zeros(grad.shape(), {.dtype = DType::kI32});
    indices.select(0, 1).select(0, 2).select(0, 1).select(0, 0).fill_(static_cast<double>(bad));
    expect_error<IndexError>([&] { max_pool2d_scatter(grad, indices, x.shape()); },
                             {"[max_pool2d_scatter]", "16 elements", "[2,3,4,4]"});
    expect_error<IndexError>([&] { max_pool2d_gather(x, indices); },
                             {"[max_pool2d_gather]", "16 elements", "[2,3,4,4]"});
    expect_error<IndexError>([&] { max_pool2d_gather(x.to(DType::kBF16), indices); },
                             {"[max_pool2d_gather]"});
  }
}

TEST(MaxPool2d, RefusesWhatDoesNotFit) {
  const Tensor x = zeros({2, 3, 4, 5});
  const auto call = [&](const Pool2dParams& params) { max_pool2d(x, params); };
  expect_error<ShapeError>(
      [&] {
        call({.kernel = {5, 2}});
      },
      {"[max_pool2d]", "{5,2}", "[2,3,4,5]"});
  expect_error<ValueError>([&] { call({.kernel = {0, 2}}); }, {"[max_pool2d]", "kernel", "{0,2}"});
  expect_error<ValueError>([&] { call({.stride = {2, 0}}); }, {"[max_pool2d]", "stride", "{2,0}"});
  expect_error<ValueError>(
      [&] {
        call({.padding = {-1, 0}});
      },
      {"[max_pool2d]", "padding", "{-1,0}"});
  expect_error<ValueError>([&] { call({.padding = {2, 0}}); }, {"[max_pool2d]", "half", "{2,0}"});
  expect_error<ShapeError>(
      [] {
        max_pool2d(zeros({1, 1, 2, 4}), {.padding = {1, 0}, .dilation = {3, 1}});
      },
      {"[max_pool2d]", "padding alone", "{2,2}", "{3,1}", "[1,1,2,4]"});
  expect_error<ShapeError>([] { max_pool2d(zeros({3, 4, 5}), {}); }, {"[max_pool2d]", "[3,4,5]"});
  expect_error<DTypeError>([&] { max_pool2d(x.to(DType::kI32), {}); }, {"[max_pool2d]", "i32"});
  const Tensor grad = zeros({2, 3, 2, 2}), indices = zeros({2, 3, 2, 2}, {.dtype = DType::kI32});
  expect_error<DTypeError>([&] { max_pool2d_scatter(grad, grad, x.shape()); },
                           {"[max_pool2d_scatter]", "indices", "i32", "f32"});
  expect_error<ShapeError>([&] { max_pool2d_scatter(grad.slice(0, 1), indices, x.shape()); },
                           {"[max_pool2d_scatter]", "[1,3,2,2]", "[2,3,2,2]"});
  expect_error<ShapeError>(
      [&] {
        max_pool2d_scatter(grad, indices, {2, 4, 4, 5});
      },
      {"[max_pool2d_scatter]", "[2,3,2,2]", "[2,4,4,5]"});
  expect_error<ShapeError>(
      [&] {
        max_pool2d_scatter(grad, indices, {4, 5});
      },
      {"x_shape", "[4,5]"});
  expect_error<ShapeError>([&] { max_pool2d_gather(x.slice(1, 1), indices); },
                           {"[max_pool2d_gather]", "[2,2,4,5]", "[2,3,2,2]"});
}

TEST(AvgPool2d, IsTheAdjointOfItsGradient) {
  // <avg_pool2d(x), g> = <x, avg_pool2d_grad(g)>, whatever the windows.
  const AvgPool2dParams params{.kernel = {3, 2},
                               .stride = {2, 1},
                               .padding = {1, 1},
                               .ceil_mode = true,
                               .count_include_pad = false};
  for (const DType dtype : testing::kFloating) {
    const Tensor x = values({2, 3, 6, 5}, -1, 1, dtype);
    const Tensor y = avg_pool2d(x, params);
    const Tensor g = values(y.shape(), -1, 1, dtype, 2);
    const auto dot = [](const Tensor& a, const Tensor& b) {
      return sum(a.to(DType::kF64) * b.to(DType::kF64)).item<double>();
    };
    const double tolerance = size_of(dtype) == 2 ? 0.05 : 1e-5;
    EXPECT_NEAR(dot(y, g), dot(x, avg_pool2d_grad(g, x.shape(), params)), tolerance);
    const Tensor mean = adaptive_avg_pool2d(x, {4, 3});
    const Tensor h = values(mean.shape(), -1, 1, dtype, 3);
    EXPECT_NEAR(dot(mean, h), dot(x, adaptive_avg_pool2d_grad(h, x.shape())), tolerance);
  }
}

TEST(AvgPool2d, SumsOf16BitsAreRoundedOnce) {
  const Tensor x = ones({1, 1, 32, 32}, {.dtype = DType::kBF16});
  EXPECT_EQ(adaptive_avg_pool2d(x, {1, 1}).item<float>(), 1);
}

TEST(AvgPool2d, GradientsRefuseWhatDoesNotFit) {
  const Tensor grad = zeros({2, 3, 2, 2});
  expect_error<ShapeError>(
      [&] {
        avg_pool2d_grad(grad, {2, 3, 6, 4}, {});
      },
      {"[avg_pool2d_grad]", "[2,3,3,2]", "[2,3,2,2]"});
  expect_error<ShapeError>(
      [&] {
        avg_pool2d_grad(grad, {3, 4, 4}, {});
      },
      {"[avg_pool2d_grad]", "x_shape", "[3,4,4]"});
  expect_error<ShapeError>(
      [&] {
        adaptive_avg_pool2d_grad(grad, {2, 4, 4, 4});
      },
      {"[adaptive_avg_pool2d_grad]", "[2,4,2,2]", "[2,3,2,2]"});
  expect_error<ShapeError>(
      [&] {
        adaptive_avg_pool2d_grad(zeros({3, 2, 2}), {2, 4, 4, 4});
      },
      {"[adaptive_avg_pool2d_grad]", "[3,2,2]"});
}

}  // namespace
}  // namespace tenon

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tensor/tensor.h"
#include "tensor/testing/check.h"

namespace tenon {
namespace {

using testing::expect_error;
using Floats = std::vector<float>;
using Doubles = std::vector<double>;
using Integers = std::vector<std::int64_t>;

TEST(Full, EveryDTypeAndLayout) {
  for (const DType dtype : testing::kAllDTypes) {
    for (const Layout layout : {Layout::kRowMajor, Layout::kChannelsLast}) {
      const Tensor x = full({2, 3, 4, 5}, 1, {.dtype = dtype, .layout = layout});
      EXPECT_EQ(x.dtype(), dtype);
      EXPECT_TRUE(x.is_contiguous(layout));
      expect_close(x, testing::Array(x.shape(), 1));
    }
  }
  EXPECT_EQ(zeros({3}).to_vector<float>(), Floats({0, 0, 0}));
  EXPECT_EQ(full({}, 2.5).item<float>(), 2.5f);
  EXPECT_EQ(full({0, 3}, 1).numel(), 0);
}

TEST(Empty, RefusesImpossibleShapes) {
  expect_error<ShapeError>([] { zeros({2, -3}); }, {"[2,-3]"});
  expect_error<ShapeError>(
      [] {
        zeros({2, 3}, {.layout = Layout::kChannelsLast});
      },
      {"[empty]", "4 dimensions", "[2,3]"});
}

TEST(ChannelsLast, StoresChannelsNextToEachOther) {
  const Tensor x = zeros({2, 3, 4, 5}, {.layout = Layout::kChannelsLast});
  EXPECT_EQ(x.strides(), Strides({60, 1, 15, 3}));
  x.select(1, 2).fill_(7);
  const float* raw = x.data<float>();
  for (int i = 0; i < 120; ++i) EXPECT_EQ(raw[i], i % 3 == 2 ? 7 : 0);
}

TEST(ZerosLike, KeepsMemoryOrderAndDType) {
  const Tensor x = full({3, 2}, 5, {.dtype = DType::kI32}).t();
  EXPECT_EQ(zeros_like(x).strides(), x.strides());
  EXPECT_EQ(zeros_like(x).to_vector<std::int32_t>(), std::vector<std::int32_t>(6, 0));
  EXPECT_EQ(ones_like(x).to_vector<std::int32_t>(), std::vector<std::int32_t>(6, 1));
  EXPECT_TRUE(zeros_like(zeros({9}).slice(0, 0, 9, 2)).is_contiguous());
  EXPECT_EQ(full_like(x, -3).strides(), x.strides());
  EXPECT_EQ(full_like(x, -3).to_vector<std::int32_t>(), std::vector<std::int32_t>(6, -3));
}

TEST(Eye, IsTheIdentity) {
  EXPECT_EQ(eye(3).to_vector<float>(), Floats({1, 0, 0, 0, 1, 0, 0, 0, 1}));
  EXPECT_EQ(eye(2, {.dtype = DType::kI64}).to_vector<std::int64_t>(), Integers({1, 0, 0, 1}));
  EXPECT_EQ(eye(1).to_vector<float>(), Floats({1}));
  EXPECT_EQ(eye(0).shape(), Shape({0, 0}));
  expect_error<ShapeError>([] { eye(-1); }, {"[-1,-1]"});
}

// numpy.arange: the end is left out, the count is ceil((end - begin) / step).
TEST(Arange, CountsTowardsTheEnd) {
  EXPECT_EQ(arange(0, 4).to_vector<std::int64_t>(), Integers({0, 1, 2, 3}));
  EXPECT_EQ(arange(5, -1, -2).to_vector<std::int64_t>(), Integers({5, 3, 1}));
  EXPECT_EQ(arange(0, 1, 0.25, {.dtype = DType::kF64}).to_vector<double>(),
            Doubles({0, 0.25, 0.5, 0.75}));
  EXPECT_EQ(arange(0, 1, 0.3, {.dtype = DType::kF32}).numel(), 4);
  EXPECT_EQ(arange(3, 3).numel(), 0);
}

TEST(Arange, RefusesStepsThatLeadAway) {
  const double inf = INFINITY;
  expect_error<ValueError>([] { arange(0, 4, 0); }, {"[arange]", "step 0"});
  expect_error<ValueError>([] { arange(0, 4, -1); }, {"[arange]", "step -1"});
  expect_error<ValueError>([] { arange(4, 0); }, {"[arange]", "begin 4", "end 0"});
  expect_error<ValueError>([] { arange(0, NAN); }, {"[arange]"});
  expect_error<ValueError>([&] { arange(0, inf); }, {"[arange]"});
  expect_error<ValueError>([] { arange(0, 4, NAN); }, {"[arange]"});
  expect_error<Error>([] { arange(0, 1e300); }, {"[arange]"});
}

TEST(Linspace, BothEndsAreExact) {
  const Tensor x = linspace(0.1, 0.7, 7, {.dtype = DType::kF64});
  EXPECT_EQ(x.item<double>({0}), 0.1);
  EXPECT_EQ(x.item<double>({6}), 0.7);
  for (int i = 0; i < 7; ++i) EXPECT_NEAR(x.item<double>({i}), 0.1 + 0.1 * i, 1e-15);
  EXPECT_EQ(linspace(3, 1, 3).to_vector<float>(), Floats({3, 2, 1}));
  EXPECT_EQ(linspace(3, 9, 1).to_vector<float>(), Floats({3}));
  EXPECT_EQ(linspace(3, 9, 0).numel(), 0);
  expect_error<ValueError>([] { linspace(0, 1, -1); }, {"[linspace]", "got -1"});
}

TEST(TensorFromLists, OneToThreeLevels) {
  EXPECT_EQ(tensor({1, 2}).shape(), Shape({2}));
  EXPECT_EQ(tensor({{1, 2, 3}, {4, 5, 6}}).shape(), Shape({2, 3}));
  const Tensor x = tensor({{{1, 2}}, {{3, 4}}, {{5, 6}}});
  EXPECT_EQ(x.shape(), Shape({3, 1, 2}));
  EXPECT_EQ(x.to_vector<float>(), Floats({1, 2, 3, 4, 5, 6}));
}

TEST(TensorFromLists, RefusesRaggedLists) {
  expect_error<ShapeError>([] { tensor({{1, 2}, {3}}); }, {"[tensor]", "rows of 2", "one of 1"});
  expect_error<ShapeError>([] { tensor({{{1, 2}, {3, 4}}, {{5, 6}}}); }, {"[tensor]"});
  expect_error<ShapeError>([] { tensor({{{1, 2}}, {{3}}}); }, {"[1,"});
}

TEST(TensorFromLists, OfOtherElementTypes) {
  EXPECT_EQ(tensor<std::int64_t>({INT64_MAX, INT64_MIN}).to_vector<std::int64_t>(),
            Integers({INT64_MAX, INT64_MIN}));
  const Tensor x = tensor<double>({{0.1, 2}, {3, 4}});
  EXPECT_EQ(x.shape(), Shape({2, 2}));
  EXPECT_EQ(x.to_vector<double>(), Doubles({0.1, 2, 3, 4}));
  const Tensor flags =
      tensor<bool>({{{true, false}, {false, true}}, {{true, true}, {false, false}}});
  EXPECT_EQ(flags.dtype(), DType::kBool);
  EXPECT_EQ(flags.shape(), Shape({2, 2, 2}));
  EXPECT_EQ(flags.to(DType::kI64).to_vector<std::int64_t>(), Integers({1, 0, 0, 1, 1, 1, 0, 0}));
  EXPECT_EQ(tensor<std::uint8_t>({7, 255}).to_vector<std::uint8_t>(),
            std::vector<std::uint8_t>({7, 255}));
  EXPECT_EQ(tensor<std::int32_t>({1, 2}).dtype(), DType::kI32);
  EXPECT_EQ(tensor<BFloat16>({BFloat16(1.5f)}).item<float>(), 1.5f);
  expect_error<ShapeError>(
      [] {
        tensor<std::int64_t>({{1, 2}, {3, 4, 5}});
      },
      {"[tensor]", "rows of 2", "one of 3"});
}

TEST(FromVector, CopiesUnderAShape) {
  Doubles values{1, 2, 3, 4};
  const Tensor x = from_vector(values, Shape{2, 2});
  values[0] = 9;
  EXPECT_EQ(x.dtype(), DType::kF64);
  EXPECT_EQ(x.to_vector<double>(), Doubles({1, 2, 3, 4}));
  EXPECT_EQ(from_vector(values).shape(), Shape({4}));
  EXPECT_EQ(from_vector(Integers(), Shape{0, 3}).shape(), Shape({0, 3}));
  EXPECT_EQ(from_vector(Integers{7}, Shape{}).item<int>(), 7);
  const bool flags[] = {true, false};
  EXPECT_EQ(from_span(std::span<const bool>(flags)).dtype(), DType::kBool);
}

TEST(FromVector, CountsMustAgree) {
  expect_error<ShapeError>(
      [] {
        from_vector(Floats{1, 2, 3}, Shape{2, 2});
      },
      {"[from_span]", "4 values", "[2,2]", "got 3"});
  expect_error<ShapeError>([] { from_vector(Floats{1}, Shape{0}); }, {"[from_span]", "got 1"});
}

}  // namespace
}  // namespace tenon

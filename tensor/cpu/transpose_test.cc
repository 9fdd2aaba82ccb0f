// Copies between all orders of dimensions, byte by byte against a loop over indices.
#include "tensor/cpu/transpose.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include "gtest/gtest.h"
#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon {
namespace {

/// Numbers that every dtype holds, no two equal within 251 neighbours.
Tensor counting(const Shape& shape, DType dtype) {
  const Tensor numbers = arange(0, static_cast<double>(numel(shape)));
  return (numbers - floor_divide(numbers, scalar(251)) * 251).to(dtype).reshape(shape);
}

const std::byte* element(const Tensor& x, const Dims& index) {
  std::int64_t offset = 0;
  for (int d = 0; d < x.ndim(); ++d) offset += index[d] * x.strides()[d];
  return static_cast<const std::byte*>(x.raw_data()) +
         offset * static_cast<std::int64_t>(size_of(x.dtype()));
}

void expect_same_elements(const Tensor& a, const Tensor& b) {
  ASSERT_EQ(a.shape(), b.shape());
  std::int64_t wrong = 0;
  testing::for_each_index(a.shape(), [&](const Dims& i) {
    wrong += std::memcmp(element(a, i), element(b, i), size_of(a.dtype())) != 0;
  });
  EXPECT_EQ(wrong, 0) << name(a.dtype()) << " " << to_string(a.shape()) << ", strides "
                      << to_string(a.strides()) << " and " << to_string(b.strides());
}

/// `x` in all orders of its dimensions.
std::vector<Tensor> permuted(const Tensor& x) {
  std::vector<int> order(static_cast<std::size_t>(x.ndim()));
  std::iota(order.begin(), order.end(), 0);
  std::vector<Tensor> all;
  do {
    all.push_back(x.permute(order));
  } while (std::next_permutation(order.begin(), order.end()));
  return all;
}

void check(const Tensor& x) {
  for (const Tensor& view : permuted(x)) {
    expect_same_elements(view.clone().contiguous(), view);
    for (const Tensor& out : permuted(empty(view.shape(), {.dtype = view.dtype()}))) {
      if (out.shape() != view.shape()) continue;
      out.copy_(view);
      expect_same_elements(out, view);
    }
  }
}

// Less than a tile, whole tiles, and whole tiles with a rest, in every place.
TEST(TransposeTest, EveryOrderAndSizeOfElement) {
  for (const DType dtype : {DType::kU8, DType::kBF16, DType::kF32, DType::kF64}) {
    for (const Shape& shape : {Shape{1, 1}, Shape{128, 128}, Shape{70, 131}, Shape{3, 300},
                               Shape{2, 65, 65}, Shape{67, 3, 80}, Shape{2, 33, 5, 70}}) {
      check(counting(shape, dtype));
    }
  }
}

TEST(TransposeTest, PartsOfLargerTensors) {
  const Tensor x = counting({90, 7, 140}, DType::kF32);
  check(x.slice(2, 3, 110));
  check(x.slice(0, 1, 80, 3));
  check(x.select(1, 4).slice(1, 0, 140, 2));
}

TEST(TransposeTest, ImagesThereAndBack) {
  const Tensor x = counting({3, 20, 9, 11}, DType::kF32);
  const Tensor channels_last = x.contiguous(Layout::kChannelsLast);
  expect_same_elements(channels_last, x);
  expect_same_elements(channels_last.contiguous(), x);
}

// The broadcast dimension is the one along which elements are written.
TEST(TransposeTest, BroadcastRowsAndColumns) {
  const Tensor row = counting({100}, DType::kF32);
  expect_same_elements(row.expand({70, 100}).t().clone(), row.expand({70, 100}).t());
  const Tensor out = empty({100, 70});
  out.copy_(row.expand({70, 100}).t());
  expect_same_elements(out, row.expand({70, 100}).t());
}

TEST(TransposeTest, OtherLayoutsAreNotItsMatter) {
  const auto takes = [](const Tensor& from, const Tensor& out) {
    const Tensor* const tensors[] = {&out, &from};
    return cpu::copy_transposed(cpu::merge_dims(tensors, 2), from, out);
  };
  EXPECT_TRUE(takes(ones({80, 90}).t(), empty({90, 80})));
  EXPECT_FALSE(takes(ones({80, 90}), empty({80, 90})));
  EXPECT_FALSE(takes(ones({80, 90}).slice(1, 0, 90, 2), empty({80, 45})));
  EXPECT_FALSE(takes(ones({80, 15}).t(), empty({15, 80}))) << "neighbours share a line";
  EXPECT_TRUE(takes(ones({80, 16}).t(), empty({16, 80})));
}

}  // namespace
}  // namespace tenon

#include "tensor/cuda/index_map.h"

#include <gtest/gtest.h>

#include "tensor/ops.h"

namespace tenon::cuda {
namespace {

TEST(Divider, DividesWhatTheProcessorDivides) {
  constexpr std::uint32_t kMost = (1u << 31) - 1;
  for (std::uint32_t divisor : {1u, 2u, 3u, 5u, 7u, 10u, 255u, 256u, 641u, 65537u, 1u << 30,
                                (1u << 30) + 1, kMost - 1, kMost}) {
    const Divider divider(divisor);
    for (std::uint64_t k = 0; k < 2000; ++k) {
      // Around multiples of the divisor, spread over the whole range.
      const std::uint64_t multiple = k * (kMost / 2000) / divisor * divisor;
      for (const std::uint64_t n : {multiple, multiple + divisor - 1, multiple + divisor}) {
        if (n > kMost) continue;
        ASSERT_EQ(divider.quotient(static_cast<std::uint32_t>(n)), n / divisor)
            << n << " / " << divisor;
      }
    }
    EXPECT_EQ(divider.quotient(kMost), kMost / divisor);
  }
}

/// Every element of the first tensor is met once, at the same index in both.
void expect_covers(const Tensor& a, const Tensor& b, int ndim) {
  const auto map = index_map<2>("test", {&a, &b});
  EXPECT_EQ(map.ndim(), ndim);
  const auto* at_a = static_cast<const double*>(a.raw_data());
  const auto* at_b = static_cast<const double*>(b.raw_data());
  std::vector<double> seen;
  for (std::int64_t i = 0; i < a.numel(); ++i) {
    const auto at = map.offsets(i);
    EXPECT_EQ(at_a[at.of[0]], at_b[at.of[1]]);
    seen.push_back(at_a[at.of[0]]);
  }
  std::sort(seen.begin(), seen.end());
  auto all = a.to_vector<double>();
  std::sort(all.begin(), all.end());
  EXPECT_EQ(seen, all);
}

Tensor counted(const Shape& shape) {
  return arange(0, static_cast<double>(numel(shape)), 1, {.dtype = DType::kF64}).reshape(shape);
}

TEST(IndexMap, MergesDenseDimensions) {
  const Tensor x = counted({2, 3, 4});
  expect_covers(x, x, 1);
}

TEST(IndexMap, FollowsTheMemoryOfTheFirst) {
  const Tensor x = counted({2, 3, 4});
  expect_covers(x.transpose(0, 2), x.transpose(0, 2), 1);
  expect_covers(x.transpose(0, 2).contiguous(), x.transpose(0, 2), 3);
}

TEST(IndexMap, BroadcastsWithStepZero) {
  const Tensor row = counted({4});
  expect_covers(row.expand({3, 4}).contiguous(), row.expand({3, 4}), 2);
}

TEST(IndexMap, TakesSlicesAndScalars) {
  const Tensor x = counted({5, 6});
  expect_covers(x.slice(1, 1, 6, 2).contiguous(), x.slice(1, 1, 6, 2), 1);
  expect_covers(x.slice(0, 1, 4).slice(1, 0, 4), x.slice(0, 1, 4).slice(1, 0, 4), 2);
  expect_covers(x.select(0, 2).select(0, 3), x.select(0, 2).select(0, 3), 0);
}

TEST(IndexMap, RefusesMoreDimensionsThanItHolds) {
  const Tensor x = zeros({2, 2, 2, 2, 2, 2, 2, 2, 2}, {.dtype = DType::kF64});
  Dims order_reversed = x.strides();
  std::reverse(order_reversed.begin(), order_reversed.end());
  const Tensor reversed(x.storage(), x.shape(), order_reversed, 0, DType::kF64);
  EXPECT_THROW((index_map<2>("test", {&x, &reversed})), DeviceError);
}

}  // namespace
}  // namespace tenon::cuda

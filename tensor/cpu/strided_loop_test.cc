#include "tensor/cpu/strided_loop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon::cpu {
namespace {

using testing::layouts_of;

Strides merged_sizes(const std::vector<Tensor>& tensors) {
  std::vector<const Tensor*> pointers;
  for (const Tensor& x : tensors) pointers.push_back(&x);
  return merge_dims(pointers.data(), static_cast<int>(pointers.size())).sizes;
}

TEST(MergeDims, DenseTensorsOfOneOrderAreOneRun) {
  const Tensor x = zeros({2, 3, 4, 5});
  const Tensor images = x.contiguous(Layout::kChannelsLast);
  EXPECT_EQ(merged_sizes({x}), Dims({120}));
  EXPECT_EQ(merged_sizes({x, x}), Dims({120}));
  EXPECT_EQ(merged_sizes({images, images}), Dims({120}));
  EXPECT_EQ(merged_sizes({x.permute({2, 0, 3, 1})}), Dims({120}));
}

TEST(MergeDims, KeepsApartWhatIsUneven) {
  const Tensor x = zeros({2, 3, 4});
  EXPECT_EQ(merged_sizes({x.slice(2, 1)}), Dims({6, 3}));
  EXPECT_EQ(merged_sizes({x.slice(1, 1)}), Dims({2, 8}));
  EXPECT_EQ(merged_sizes({x, x.transpose(0, 1).contiguous().transpose(0, 1)}), Dims({2, 3, 4}));
  EXPECT_EQ(merged_sizes({x, zeros({4}).expand({2, 3, 4})}), Dims({6, 4}));
  EXPECT_EQ(merged_sizes({x, zeros({2, 1, 1}).expand({2, 3, 4})}), Dims({2, 12}));
  EXPECT_EQ(merged_sizes({x, zeros({}).expand({2, 3, 4})}), Dims({24}));
}

TEST(MergeDims, SizesOfOneVanish) {
  EXPECT_EQ(merged_sizes({zeros({1, 4, 1, 5, 1})}), Dims({20}));
  EXPECT_EQ(merged_sizes({zeros({1, 1})}), Dims({1}));
  EXPECT_EQ(merged_sizes({scalar(1)}), Dims({1}));
}

/// Every pair of elements that meet in the runs, as addresses in elements from each tensor's first.
using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;

Pairs pairs_of(const Tensor& a, const Tensor& b) {
  std::mutex mutex;
  Pairs pairs;
  const auto* first_a = static_cast<const std::byte*>(a.raw_data());
  const auto* first_b = static_cast<const std::byte*>(b.raw_data());
  for_each_run<2>({&a, &b}, [&](const std::array<cpu::Run, 2>& runs, std::int64_t length) {
    const std::lock_guard lock(mutex);
    for (std::int64_t i = 0; i < length; ++i) {
      pairs.emplace_back((at(runs[0], i).data - first_a) / 4, (at(runs[1], i).data - first_b) / 4);
    }
  });
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

Pairs expected_pairs(const Tensor& a, const Tensor& b) {
  Pairs pairs;
  testing::for_each_index(a.shape(), [&](const Dims& index) {
    std::int64_t at_a = 0, at_b = 0;
    for (int d = 0; d < index.size(); ++d) {
      at_a += index[d] * a.strides()[d];
      at_b += index[d] * b.strides()[d];
    }
    pairs.emplace_back(at_a, at_b);
  });
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

TEST(ForEachRun, PairsEveryElementOnceInAnyLayouts) {
  for (const int threads : {1, 3}) {
    const testing::ThreadScope scope(threads);
    for (const Shape& shape : {Shape{}, Shape{1}, Shape{7}, Shape{3, 5}, Shape{2, 3, 4, 5},
                               Shape{1, 6, 1, 2}, Shape{0, 3}, Shape{130, 260}}) {
      const Tensor x = zeros(shape);
      for (const auto& [layout_a, a] : layouts_of(x)) {
        for (const auto& [layout_b, b] : layouts_of(x)) {
          EXPECT_EQ(pairs_of(a, b), expected_pairs(a, b)) << layout_a << ", " << layout_b;
        }
      }
      if (shape.size() != 2) continue;
      for (const Tensor& b : {zeros({shape[1]}).expand(shape), zeros({shape[0], 1}).expand(shape),
                              zeros({}).expand(shape)}) {
        EXPECT_EQ(pairs_of(x, b), expected_pairs(x, b)) << to_string(b.strides());
      }
    }
  }
}

TEST(ForEachRun, ChannelsLastImagesAreOneRunToo) {
  const testing::ThreadScope scope(1);
  const Tensor x = zeros({2, 3, 4, 5}, {.layout = Layout::kChannelsLast});
  int calls = 0;
  for_each_run<2>({&x, &x}, [&](const std::array<cpu::Run, 2>& runs, std::int64_t length) {
    EXPECT_EQ(length, 120);
    EXPECT_EQ(runs[0].stride, 1);
    ++calls;
  });
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace tenon::cpu

#include "tensor/cpu/parallel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "tensor/testing/check.h"

namespace tenon::cpu {
namespace {

using Ranges = std::vector<std::pair<std::int64_t, std::int64_t>>;

template <class Loop>
Ranges ranges_of(const Loop& loop) {
  std::mutex mutex;
  Ranges ranges;
  loop([&](std::int64_t begin, std::int64_t end) {
    const std::lock_guard lock(mutex);
    ranges.emplace_back(begin, end);
  });
  std::sort(ranges.begin(), ranges.end());
  return ranges;
}

void expect_cover(const Ranges& ranges, std::int64_t count) {
  std::int64_t next = 0;
  for (const auto& [begin, end] : ranges) {
    ASSERT_EQ(begin, next);
    ASSERT_LT(begin, end);
    next = end;
  }
  EXPECT_EQ(next, count);
}

constexpr std::int64_t kCounts[] = {0, 1, 63, 64, 65, 127, 128, 1000, 16384, 16385, 99999, 1 << 20};
constexpr std::int64_t kGrains[] = {0, 1, 64, 100, 16384, 1 << 30};

TEST(ParallelFor, CoversEveryIndexOnce) {
  for (const int threads : {1, 2, 3, 8}) {
    const testing::ThreadScope scope(threads);
    for (const std::int64_t count : kCounts) {
      for (const std::int64_t grain : kGrains) {
        const Ranges ranges = ranges_of([&](const auto& fn) { parallel_for(count, grain, fn); });
        expect_cover(ranges, count);
        EXPECT_LE(ranges.size(), static_cast<std::size_t>(threads));
      }
    }
  }
}

TEST(ParallelFor, RangesAreMultiplesOf64AndNoSmallerThanTheGrain) {
  const testing::ThreadScope scope(8);
  for (const std::int64_t count : kCounts) {
    for (const std::int64_t grain : {std::int64_t{1}, std::int64_t{100}, std::int64_t{5000}}) {
      const Ranges ranges = ranges_of([&](const auto& fn) { parallel_for(count, grain, fn); });
      for (std::size_t i = 0; i + 1 < ranges.size(); ++i) {
        EXPECT_EQ((ranges[i].second - ranges[i].first) % 64, 0) << count;
        EXPECT_GE(ranges[i].second - ranges[i].first, grain) << count;
      }
    }
  }
}

TEST(ParallelItems, CoversEveryItemOnce) {
  for (const int threads : {1, 2, 5}) {
    const testing::ThreadScope scope(threads);
    for (const std::int64_t count : {0, 1, 2, 3, 7, 64, 1000}) {
      for (const std::int64_t work : {0, 1, 100, 16384, 1 << 30}) {
        expect_cover(ranges_of([&](const auto& fn) { parallel_items(count, work, fn); }), count);
      }
    }
  }
}

TEST(ParallelItems, HeavyItemsAreShared) {
  const testing::ThreadScope scope(2);
  EXPECT_EQ(ranges_of([](const auto& fn) { parallel_items(2, 1 << 20, fn); }).size(), 2u);
  EXPECT_EQ(ranges_of([](const auto& fn) { parallel_items(2, 1, fn); }).size(), 1u);
}

TEST(ParallelFor, InsideAnotherRunsOnItsThreadAlone) {
  const testing::ThreadScope scope(4);
  std::mutex mutex;
  std::int64_t total = 0;
  parallel_for(400, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const Ranges inner = ranges_of([](const auto& fn) { parallel_for(1000, 1, fn); });
      const std::lock_guard lock(mutex);
      EXPECT_EQ(inner, Ranges({{0, 1000}}));
      ++total;
    }
  });
  EXPECT_EQ(total, 400);
}

TEST(SerialScope, HoldsTheThreadBackAndLetsItGo) {
  const testing::ThreadScope scope(4);
  {
    const SerialScope off(false);
    EXPECT_EQ(max_threads(), 4);
    const SerialScope on(true);
    EXPECT_EQ(max_threads(), 1);
    EXPECT_EQ(ranges_of([](const auto& fn) { parallel_for(1 << 20, 1, fn); }).size(), 1u);
  }
  EXPECT_EQ(max_threads(), 4);
}

}  // namespace
}  // namespace tenon::cpu

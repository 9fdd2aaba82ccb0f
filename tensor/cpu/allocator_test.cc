#include "tensor/cpu/allocator.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "tensor/ops.h"
#include "tensor/testing/check.h"

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kUnderAsan = true;
#else
constexpr bool kUnderAsan = false;
#endif

// The sanitizer's own default is to end the program where no memory is left.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }

namespace tenon::cpu {
namespace {

using testing::expect_error;

constexpr std::size_t kImpossible = std::size_t{1} << 50;  // 1 PiB

TEST(HostAllocator, AlignsTo64Bytes) {
  Allocator& allocator = host_allocator();
  for (std::size_t bytes = 0; bytes < 5000; bytes += 37) {
    void* block = allocator.allocate(bytes);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 64, 0u) << bytes;
    std::memset(block, 1, bytes);
    allocator.deallocate(block, bytes);
  }
}

// Padding: to the next multiple of 64, and an eighth from there on.
TEST(HostAllocator, SizeClassesWasteAtMostAnEighth) {
  Allocator& allocator = host_allocator();
  const auto live_for = [&](std::size_t bytes) {
    const std::int64_t before = allocator.stats().live_bytes;
    void* block = allocator.allocate(bytes);
    const std::int64_t live = allocator.stats().live_bytes - before;
    allocator.deallocate(block, bytes);
    return static_cast<std::size_t>(live);
  };
  for (std::size_t bytes = 1; bytes < (1 << 20); bytes += bytes / 50 + 1) {
    const std::size_t live = live_for(bytes);
    EXPECT_GE(live, bytes);
    EXPECT_LT(live - bytes, std::max<std::size_t>(64, bytes / 8 + 1)) << bytes;
  }
  EXPECT_EQ(live_for(64), 64u);
  EXPECT_EQ(live_for(1 << 20), std::size_t{1} << 20);
}

// Blocks of one class must be interchangeable: each holds the largest size of the class.
TEST(HostAllocator, ReusedBlocksAreLargeEnough) {
  Allocator& allocator = host_allocator();
  for (std::size_t bytes = 65; bytes < 70000; bytes += bytes / 40 + 1) {
    void* block = allocator.allocate(bytes);
    std::memset(block, 2, bytes);
    allocator.deallocate(block, bytes);
  }
  for (std::size_t bytes = 70000; bytes > 0; bytes -= bytes / 30 + 1) {
    void* block = allocator.allocate(bytes);
    std::memset(block, 3, bytes);  // the address sanitizer would see a short one
    allocator.deallocate(block, bytes);
  }
}

TEST(HostAllocator, CountsLivePeakAndCachedBytes) {
  if (kUnderAsan) GTEST_SKIP() << "nothing is cached under the address sanitizer";
  Allocator& allocator = host_allocator();
  allocator.release_cached();
  allocator.reset_peak();
  const MemoryStats before = allocator.stats();
  EXPECT_EQ(before.cached_bytes, 0);
  EXPECT_EQ(before.peak_bytes, before.live_bytes);
  void* a = allocator.allocate(1024);
  void* b = allocator.allocate(2048);
  allocator.deallocate(a, 1024);
  MemoryStats now = allocator.stats();
  EXPECT_EQ(now.live_bytes - before.live_bytes, 2048);
  EXPECT_EQ(now.peak_bytes - before.peak_bytes, 3072);
  EXPECT_EQ(now.cached_bytes, 1024);
  EXPECT_EQ(now.allocations - before.allocations, 2);
  EXPECT_EQ(now.system_allocations - before.system_allocations, 2);
  EXPECT_EQ(allocator.allocate(1000), a);  // of the same class
  now = allocator.stats();
  EXPECT_EQ(now.cached_bytes, 0);
  EXPECT_EQ(now.allocations - before.allocations, 3);
  EXPECT_EQ(now.system_allocations - before.system_allocations, 2);
  allocator.deallocate(a, 1000);
  allocator.deallocate(b, 2048);
  EXPECT_EQ(allocator.stats().cached_bytes, 3072);
  allocator.release_cached();
  EXPECT_EQ(allocator.stats().cached_bytes, 0);
  EXPECT_EQ(allocator.stats().live_bytes, before.live_bytes);
  allocator.reset_peak();
  EXPECT_EQ(allocator.stats().peak_bytes, before.live_bytes);
}

TEST(HostAllocator, RepeatedPassesAskTheSystemNoMore) {
  if (kUnderAsan) GTEST_SKIP() << "nothing is cached under the address sanitizer";
  const auto pass = [] {
    const Tensor x = ones({64, 300});
    const Tensor y = relu(matmul(x, ones({300, 70})) + ones({70}));
    return sum(softmax(y, 1) * mean(y, {0})).item<float>();
  };
  pass();
  pass();
  const std::int64_t before = host_allocator().stats().system_allocations;
  const std::int64_t calls = host_allocator().stats().allocations;
  pass();
  EXPECT_EQ(host_allocator().stats().system_allocations, before);
  EXPECT_GT(host_allocator().stats().allocations, calls);
}

// Where no block can be had, the statistics are as if nobody had asked, and the program goes on.
TEST(HostAllocator, OutOfMemoryIsAnErrorAndNothingElse) {
  Allocator& allocator = host_allocator();
  allocator.reset_peak();
  const MemoryStats before = allocator.stats();
  const auto expect_refused = [&](std::size_t bytes) {
    expect_error<OutOfMemoryError>([&] { allocator.allocate(bytes); },
                                   {"[allocate]", std::to_string(bytes).c_str()});
  };
  expect_refused(kImpossible);
  expect_refused(SIZE_MAX);
  expect_refused((std::size_t{1} << 62) + 1);
  const MemoryStats after = allocator.stats();
  EXPECT_EQ(after.live_bytes, before.live_bytes);
  EXPECT_EQ(after.peak_bytes, before.peak_bytes);
  EXPECT_EQ(after.allocations, before.allocations);
  EXPECT_EQ(after.system_allocations, before.system_allocations);
  EXPECT_EQ(sum(ones({10})).item<float>(), 10);
}

TEST(HostAllocator, TensorsTooLargeAreRefused) {
  expect_error<OutOfMemoryError>([] { empty({std::int64_t{1} << 48}); }, {"[allocate]"});
  const MemoryStats before = host_allocator().stats();
  expect_error<ShapeError>([] { empty({INT64_MAX}); }, {"[empty]", "f32"});
  expect_error<ShapeError>([] { zeros({INT64_MAX / 2, 3}); }, {"[shape]"});
  EXPECT_EQ(host_allocator().stats().allocations, before.allocations);  // refused before asking
}

TEST(HostAllocator, ThreadsMayAllocateAtOnce) {
  Allocator& allocator = host_allocator();
  const std::int64_t before = allocator.stats().live_bytes;
  std::vector<std::thread> threads;
  std::vector<int> errors(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&allocator, &errors, t] {
      std::mt19937 random(static_cast<unsigned>(t));
      struct Held {
        unsigned char* block;
        std::size_t bytes;
        unsigned char mark;
      };
      std::vector<Held> held;
      for (int i = 0; i < 4000; ++i) {
        if (held.size() > 20 || (random() % 2 && !held.empty())) {
          const std::size_t at = random() % held.size();
          const Held old = held[at];
          if (old.block[0] != old.mark || old.block[old.bytes - 1] != old.mark) ++errors[t];
          allocator.deallocate(old.block, old.bytes);
          held.erase(held.begin() + static_cast<std::ptrdiff_t>(at));
        } else {
          const std::size_t bytes = random() % 3000 + 1;
          auto* block = static_cast<unsigned char*>(allocator.allocate(bytes));
          held.push_back({block, bytes, static_cast<unsigned char>(random())});
          std::memset(block, held.back().mark, bytes);
        }
        if (i % 500 == 0) allocator.release_cached();
      }
      for (const Held& old : held) allocator.deallocate(old.block, old.bytes);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int wrong : errors) EXPECT_EQ(wrong, 0);
  EXPECT_EQ(allocator.stats().live_bytes, before);
}

}  // namespace
}  // namespace tenon::cpu

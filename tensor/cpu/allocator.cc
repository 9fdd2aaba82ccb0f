#include "tensor/cpu/allocator.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

#include "tensor/error.h"

namespace tenon::cpu {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20;
// Eight classes per doubling: at most one eighth of a block is padding.
constexpr int kStepBits = 3;
constexpr int kNumClasses = 64 << kStepBits;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kCache = false;  // let the sanitizer see every block end
#else
constexpr bool kCache = true;
#endif

struct SizeClass {
  int index;
  std::size_t bytes;
};

SizeClass size_class(std::size_t wanted) {
  const std::size_t bytes = std::max(wanted, kAlignment);
  const int power = std::bit_width(bytes - 1) - 1;  // 2^power < bytes <= 2^(power+1), bytes > 64
  const std::size_t step = std::max(std::size_t{1} << power >> kStepBits, kAlignment);
  const std::size_t rounded = (bytes + step - 1) / step * step;
  const std::size_t above = (rounded - 1) >> std::max(power - kStepBits, 0);
  return {(power << kStepBits) + static_cast<int>(above & ((1u << kStepBits) - 1)), rounded};
}

/// Pages of 2 MiB spare large blocks most of their first-touch faults.
void* system_allocate(std::size_t bytes) {
  const bool huge = bytes >= 2 * kHugePage;
  void* block = std::aligned_alloc(huge ? kHugePage : kAlignment,
                                   huge ? (bytes + kHugePage - 1) / kHugePage * kHugePage : bytes);
  if (block && huge) madvise(block, bytes, MADV_HUGEPAGE);
  return block;
}

class CachingAllocator final : public Allocator {
 public:
  void* allocate(std::size_t wanted) override {
    if (wanted > kLargest) throw_out_of_memory(wanted);
    const SizeClass size = size_class(wanted);
    {
      const std::lock_guard lock(mutex_);
      std::vector<void*>& blocks = free_[size.index];
      if (!blocks.empty()) {
        void* block = blocks.back();
        blocks.pop_back();
        stats_.cached_bytes -= static_cast<std::int64_t>(size.bytes);
        count(size.bytes);
        return block;
      }
    }
    void* block = system_allocate(size.bytes);
    if (!block) {
      release_cached();
      block = system_allocate(size.bytes);
    }
    if (!block) throw_out_of_memory(wanted);
    const std::lock_guard lock(mutex_);
    ++stats_.system_allocations;
    count(size.bytes);
    return block;
  }

  void deallocate(void* block, std::size_t wanted) noexcept override {
    const SizeClass size = size_class(wanted);
    const std::lock_guard lock(mutex_);
    stats_.live_bytes -= static_cast<std::int64_t>(size.bytes);
    if (kCache && remember(size.index, block)) {
      stats_.cached_bytes += static_cast<std::int64_t>(size.bytes);
    } else {
      std::free(block);
    }
  }

  MemoryStats stats() const override {
    const std::lock_guard lock(mutex_);
    return stats_;
  }

  void reset_peak() override {
    const std::lock_guard lock(mutex_);
    stats_.peak_bytes = stats_.live_bytes;
  }

  void release_cached() override {
    const std::lock_guard lock(mutex_);
    for (std::vector<void*>& blocks : free_) {
      for (void* block : blocks) std::free(block);
      blocks.clear();
    }
    stats_.cached_bytes = 0;
  }

 private:
  static constexpr std::size_t kLargest = std::size_t{1} << 62;

  void count(std::size_t bytes) {
    ++stats_.allocations;
    stats_.live_bytes += static_cast<std::int64_t>(bytes);
    stats_.peak_bytes = std::max(stats_.peak_bytes, stats_.live_bytes);
  }

  bool remember(int index, void* block) noexcept {
    try {
      free_[index].push_back(block);
      return true;
    } catch (...) {  // the list itself could not grow
      return false;
    }
  }

  [[noreturn]] void throw_out_of_memory(std::size_t wanted) const {
    const MemoryStats now = stats();
    throw OutOfMemoryError("[allocate] expected " + std::to_string(wanted) +
                           " bytes of host memory, got none (" + std::to_string(now.live_bytes) +
                           " in use, peak " + std::to_string(now.peak_bytes) + ")");
  }

  mutable std::mutex mutex_;
  std::vector<void*> free_[kNumClasses];
  MemoryStats stats_;
};

}  // namespace

Allocator& host_allocator() {
  static auto* allocator = new CachingAllocator;
  return *allocator;
}

}  // namespace tenon::cpu

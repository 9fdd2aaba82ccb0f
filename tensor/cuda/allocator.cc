#include "tensor/cuda/allocator.h"

#include <algorithm>
#include <bit>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tensor/cuda/runtime.h"
#include "tensor/error.h"

namespace tenon::cuda {
namespace {

constexpr std::size_t kGranule = 512;
constexpr std::size_t kLargest = std::size_t{1} << 60;

/// Eight sizes for each doubling.
std::size_t rounded(std::size_t wanted) {
  const std::size_t bytes = std::max(wanted, kGranule);
  const std::size_t step = std::max(std::bit_floor(bytes) / 8, kGranule);
  return (bytes + step - 1) / step * step;
}

class CachingAllocator final : public Allocator {
 public:
  explicit CachingAllocator(int device) : device_(device) {}
  ~CachingAllocator() override { release(); }

  void* allocate(std::size_t wanted) override {
    const DeviceScope on(device_);
    const StreamHandle stream = current_stream();
    const std::lock_guard lock(mutex_);
    if (wanted > kLargest) throw_out_of_memory(wanted);
    const std::size_t bytes = rounded(wanted);
    void* block = take(stream, bytes);
    if (!block) {
      block = system_allocate(bytes);
      if (!block) {
        release();
        block = system_allocate(bytes);
      }
      if (!block) throw_out_of_memory(wanted);
      ++stats_.system_allocations;
    }
    remember(block, stream, bytes);
    return block;
  }

  void deallocate(void* block, std::size_t wanted) noexcept override {
    const std::size_t bytes = rounded(wanted);
    const std::lock_guard lock(mutex_);
    const auto found = live_.find(block);
    const StreamHandle stream = found->second;
    live_.erase(found);
    stats_.live_bytes -= static_cast<std::int64_t>(bytes);
    try {
      free_[{stream, bytes}].push_back(block);
      stats_.cached_bytes += static_cast<std::int64_t>(bytes);
    } catch (...) {  // the list itself could not grow
      system_free(block);
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
    const DeviceScope on(device_);
    const std::lock_guard lock(mutex_);
    release();
  }

 private:
  void* take(StreamHandle stream, std::size_t bytes) {
    const auto found = free_.find({stream, bytes});
    if (found == free_.end() || found->second.empty()) return nullptr;
    void* block = found->second.back();
    found->second.pop_back();
    stats_.cached_bytes -= static_cast<std::int64_t>(bytes);
    return block;
  }

  void remember(void* block, StreamHandle stream, std::size_t bytes) {
    live_.emplace(block, stream);
    ++stats_.allocations;
    stats_.live_bytes += static_cast<std::int64_t>(bytes);
    stats_.peak_bytes = std::max(stats_.peak_bytes, stats_.live_bytes);
  }

  /// The driver waits for the work that uses a block before it takes it back.
  void release() {
    for (auto& [key, blocks] : free_) {
      for (void* block : blocks) system_free(block);
      blocks.clear();
    }
    stats_.cached_bytes = 0;
  }

  [[noreturn]] void throw_out_of_memory(std::size_t wanted) const {
    throw OutOfMemoryError("[allocate] expected " + std::to_string(wanted) +
                           " bytes of memory of cuda:" + std::to_string(device_) + ", got none (" +
                           std::to_string(stats_.live_bytes) + " in use, peak " +
                           std::to_string(stats_.peak_bytes) + ", " +
                           std::to_string(stats_.cached_bytes) + " cached)");
  }

  int device_;
  mutable std::mutex mutex_;
  std::unordered_map<void*, StreamHandle> live_;
  std::map<std::pair<StreamHandle, std::size_t>, std::vector<void*>> free_;
  MemoryStats stats_;
};

}  // namespace

std::unique_ptr<Allocator> make_allocator(int device) {
  return std::make_unique<CachingAllocator>(device);
}

}  // namespace tenon::cuda

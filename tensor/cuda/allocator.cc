#include "tensor/cuda/allocator.h"

#include <algorithm>
#include <bit>
#include <string>

#include "tensor/cuda/recorder.h"
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

/// This thread's, where it is at work on this memory.
Recorder* recorder_of(const CachingAllocator& allocator) {
  Recorder* active = Recorder::active();
  return active && active->uses(allocator) ? active : nullptr;
}

}  // namespace

CachingAllocator::~CachingAllocator() { release(); }

void* CachingAllocator::allocate(std::size_t wanted) {
  const DeviceScope on(device_);
  const StreamHandle stream = current_stream();
  Recorder* recorder = recorder_of(*this);
  if (recorder && recorder->replays()) return recorder->repeated_block(wanted);
  const std::lock_guard lock(mutex_);
  if (wanted > kLargest) throw_out_of_memory(wanted);
  const std::size_t bytes = rounded(wanted);
  void* block = find_or_make(stream, bytes, wanted);
  live_.emplace(block, stream);
  ++stats_.allocations;
  stats_.live_bytes += static_cast<std::int64_t>(bytes);
  stats_.peak_bytes = std::max(stats_.peak_bytes, stats_.live_bytes);
  if (recorder) recorder->note_block(block, wanted);
  return block;
}

void* CachingAllocator::find_or_make(StreamHandle stream, std::size_t bytes, std::size_t wanted) {
  if (void* block = take(stream, bytes)) return block;
  void* block = system_allocate(bytes);
  if (!block) {
    release();
    block = system_allocate(bytes);
  }
  if (!block) throw_out_of_memory(wanted);
  ++stats_.system_allocations;
  return block;
}

void CachingAllocator::deallocate(void* block, std::size_t wanted) noexcept {
  const Recorder* recorder = recorder_of(*this);
  const std::lock_guard lock(mutex_);
  const auto found = live_.find(block);
  if (found == live_.end()) return;  // a replay's, of a part's own tensor
  const Block freed{block, found->second, rounded(wanted)};
  if (recorder && recorder->replays() && freed.stream == recorder->stream()) return;
  live_.erase(found);
  stats_.live_bytes -= static_cast<std::int64_t>(freed.bytes);
  if (recorder && !recorder->replays() && recorder->keeps(freed.stream)) {
    kept_.emplace(recorder->stream(), freed);
  } else {
    put(freed);
  }
}

void CachingAllocator::put(const Block& block) noexcept {
  try {
    free_[{block.stream, block.bytes}].push_back(block.address);
    stats_.cached_bytes += static_cast<std::int64_t>(block.bytes);
  } catch (...) {  // the list itself could not grow
    system_free(block.address);
  }
}

void* CachingAllocator::take(StreamHandle stream, std::size_t bytes) {
  const auto found = free_.find({stream, bytes});
  if (found == free_.end() || found->second.empty()) return nullptr;
  void* block = found->second.back();
  found->second.pop_back();
  stats_.cached_bytes -= static_cast<std::int64_t>(bytes);
  return block;
}

MemoryStats CachingAllocator::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

void CachingAllocator::reset_peak() {
  const std::lock_guard lock(mutex_);
  stats_.peak_bytes = stats_.live_bytes;
}

void CachingAllocator::release_cached() {
  const DeviceScope on(device_);
  const std::lock_guard lock(mutex_);
  release();
}

/// The driver waits for the work that uses a block before it takes it back.
void CachingAllocator::release() {
  for (auto& [key, blocks] : free_) {
    if (apart_.contains(key.first)) continue;
    for (void* block : blocks) system_free(block);
    stats_.cached_bytes -= static_cast<std::int64_t>(key.second * blocks.size());
    blocks.clear();
  }
}

void CachingAllocator::keep_apart(StreamHandle stream) {
  const std::lock_guard lock(mutex_);
  apart_.insert(stream);
}

void CachingAllocator::merge(StreamHandle stream) {
  const std::lock_guard lock(mutex_);
  apart_.erase(stream);
  for (auto& [key, blocks] : free_) {
    if (key.first != stream) continue;
    for (void* block : blocks) system_free(block);
    stats_.cached_bytes -= static_cast<std::int64_t>(key.second * blocks.size());
    blocks.clear();
  }
  for (auto& [block, owner] : live_) {
    if (owner == stream) owner = current_stream();
  }
  const auto [first, last] = kept_.equal_range(stream);
  for (auto it = first; it != last; ++it) put(it->second);
  kept_.erase(first, last);
}

void CachingAllocator::throw_out_of_memory(std::size_t wanted) const {
  throw OutOfMemoryError("[allocate] expected " + std::to_string(wanted) +
                         " bytes of memory of cuda:" + std::to_string(device_) + ", got none (" +
                         std::to_string(stats_.live_bytes) + " in use, peak " +
                         std::to_string(stats_.peak_bytes) + ", " +
                         std::to_string(stats_.cached_bytes) + " cached)");
}

}  // namespace tenon::cuda

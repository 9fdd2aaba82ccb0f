// Memory for tensors: one caching allocator per device.
#ifndef TENON_TENSOR_ALLOCATOR_H_
#define TENON_TENSOR_ALLOCATOR_H_

#include <cstddef>
#include <cstdint>

#include "tensor/device.h"

namespace tenon {

/// Counters of one allocator. Bytes are those asked for, rounded up to the allocator's size classes.
struct MemoryStats {
  std::int64_t live_bytes = 0;      ///< in use by tensors now
  std::int64_t peak_bytes = 0;      ///< largest live_bytes since the start or reset_peak()
  std::int64_t cached_bytes = 0;    ///< freed by tensors, kept for reuse
  std::int64_t allocations = 0;     ///< calls that handed out memory
  std::int64_t system_allocations = 0;  ///< those of them that had to ask the system
};

/// Hands out blocks aligned to 64 bytes and keeps freed ones by size for the next call.
/// All methods may be called from any thread.
class Allocator {
 public:
  virtual ~Allocator() = default;

  /// A block of at least `bytes` (never null, also for 0). Throws OutOfMemoryError.
  virtual void* allocate(std::size_t bytes) = 0;
  /// Takes back a block with the `bytes` it was asked for.
  virtual void deallocate(void* block, std::size_t bytes) noexcept = 0;
  virtual MemoryStats stats() const = 0;
  /// Starts a new peak at the bytes that are live now.
  virtual void reset_peak() = 0;
  /// Gives cached blocks back to the system.
  virtual void release_cached() = 0;
};

/// The allocator of a device. Throws DeviceError where the device is not available.
Allocator& allocator(Device device = kCpu);

}  // namespace tenon

#endif  // TENON_TENSOR_ALLOCATOR_H_

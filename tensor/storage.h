// The bytes behind one or more tensors.
#ifndef TENON_TENSOR_STORAGE_H_
#define TENON_TENSOR_STORAGE_H_

#include <cstddef>
#include <cstdint>

#include "tensor/device.h"
#include "tensor/internal/intrusive_ptr.h"

namespace tenon {

class Allocator;

/// Keeps borrowed memory alive, for instance a mapped file. Derive, and unmap in the destructor.
class StorageOwner : public internal::RefCounted<StorageOwner> {
 public:
  virtual ~StorageOwner() = default;
};

/// A block of memory on one device, shared by the views that look into it. Either allocated by the
/// device's caching allocator, or borrowed from an owner such as a memory-mapped file.
class Storage : public internal::RefCounted<Storage> {
 public:
  /// `bytes` of uninitialized memory. Throws OutOfMemoryError, DeviceError.
  static internal::IntrusivePtr<Storage> allocate(std::size_t bytes, Device device);
  /// Memory that `owner` keeps alive; `data` must stay valid as long as `owner` lives.
  static internal::IntrusivePtr<Storage> borrow(void* data, std::size_t bytes, Device device,
                                                internal::IntrusivePtr<StorageOwner> owner);
  ~Storage();

  std::byte* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }
  Device device() const { return device_; }

  /// Counts writes in place; a value saved for backward remembers the count it was saved at.
  std::uint32_t version() const { return version_.load(); }
  void bump_version() { version_.increment(); }

 private:
  Storage(std::byte* data, std::size_t bytes, Device device, Allocator* allocator,
          internal::IntrusivePtr<StorageOwner> owner);

  std::byte* data_;
  std::size_t bytes_;
  Allocator* allocator_;  // null for borrowed memory
  internal::IntrusivePtr<StorageOwner> owner_;
  Device device_;
  internal::AtomicCount version_;
};

}  // namespace tenon

#endif  // TENON_TENSOR_STORAGE_H_

#include "tensor/storage.h"

#include "tensor/allocator.h"

namespace tenon {

using internal::IntrusivePtr;

Storage::Storage(std::byte* data, std::size_t bytes, Device device, Allocator* allocator,
                 IntrusivePtr<StorageOwner> owner)
    : data_(data), bytes_(bytes), allocator_(allocator), owner_(std::move(owner)), device_(device) {}

Storage::~Storage() {
  if (allocator_) allocator_->deallocate(data_, bytes_);
}

IntrusivePtr<Storage> Storage::allocate(std::size_t bytes, Device device) {
  Allocator& source = allocator(device);
  auto* data = static_cast<std::byte*>(source.allocate(bytes));
  return IntrusivePtr<Storage>(new Storage(data, bytes, device, &source, nullptr));
}

IntrusivePtr<Storage> Storage::borrow(void* data, std::size_t bytes, Device device,
                                      IntrusivePtr<StorageOwner> owner) {
  return IntrusivePtr<Storage>(
      new Storage(static_cast<std::byte*>(data), bytes, device, nullptr, std::move(owner)));
}

}  // namespace tenon

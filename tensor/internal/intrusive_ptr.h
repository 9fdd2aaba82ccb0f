// A reference-counted pointer whose count lives in the object: one word, one allocation.
#ifndef TENON_TENSOR_INTERNAL_INTRUSIVE_PTR_H_
#define TENON_TENSOR_INTERNAL_INTRUSIVE_PTR_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "tensor/internal/atomic_count.h"

namespace tenon::internal {

/// Base of objects held by IntrusivePtr. `T` may hide `destroy` to say how it ends.
template <class T>
class RefCounted {
 public:
  void retain() const { count_.increment(); }
  void release() const {
    if (count_.decrement_to_zero()) T::destroy(static_cast<T*>(const_cast<RefCounted*>(this)));
  }
  std::uint32_t use_count() const { return count_.load(); }

  static void destroy(T* object) { delete object; }

 protected:
  RefCounted() = default;
  RefCounted(const RefCounted&) {}
  RefCounted& operator=(const RefCounted&) { return *this; }
  ~RefCounted() = default;

 private:
  mutable AtomicCount count_;
};

template <class T>
class IntrusivePtr {
 public:
  IntrusivePtr() = default;
  IntrusivePtr(std::nullptr_t) {}
  explicit IntrusivePtr(T* object) : object_(object) {
    if (object_) object_->retain();
  }
  IntrusivePtr(const IntrusivePtr& other) : IntrusivePtr(other.object_) {}
  IntrusivePtr(IntrusivePtr&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  IntrusivePtr& operator=(IntrusivePtr other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~IntrusivePtr() {
    if (object_) object_->release();
  }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }
  bool operator==(const IntrusivePtr&) const = default;

 private:
  T* object_ = nullptr;
};

template <class T, class... Args>
IntrusivePtr<T> make_intrusive(Args&&... args) {
  return IntrusivePtr<T>(new T(std::forward<Args>(args)...));
}

}  // namespace tenon::internal

#endif  // TENON_TENSOR_INTERNAL_INTRUSIVE_PTR_H_

// A reference-counted pointer whose count lives in the object: one word, one allocation.
#ifndef TENON_TENSOR_INTERNAL_INTRUSIVE_PTR_H_
#define TENON_TENSOR_INTERNAL_INTRUSIVE_PTR_H_

#include <atomic>
#include <cstdint>
#include <utility>

namespace tenon::internal {

/// Base of objects held by IntrusivePtr. `T` may hide `destroy` to say how it ends.
template <class T>
class RefCounted {
 public:
  void retain() const { count_.fetch_add(1, std::memory_order_relaxed); }
  void release() const {
    // The sole owner needs no read-modify-write: nobody else can be changing the count.
    if (count_.load(std::memory_order_acquire) == 1 ||
        count_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      T::destroy(static_cast<T*>(const_cast<RefCounted*>(this)));
    }
  }
  std::uint32_t use_count() const { return count_.load(std::memory_order_relaxed); }

  static void destroy(T* object) { delete object; }

 protected:
  RefCounted() = default;
  RefCounted(const RefCounted&) {}
  RefCounted& operator=(const RefCounted&) { return *this; }
  ~RefCounted() = default;

 private:
  mutable std::atomic<std::uint32_t> count_{0};
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

// A 32-bit counter that threads share. Compiler builtins, because <atomic> adds a fifth to the time
// that any file including tensor/tensor.h takes to compile.
#ifndef TENON_TENSOR_INTERNAL_ATOMIC_COUNT_H_
#define TENON_TENSOR_INTERNAL_ATOMIC_COUNT_H_

#include <cstdint>

namespace tenon::internal {

class AtomicCount {
 public:
  std::uint32_t load() const { return __atomic_load_n(&value_, __ATOMIC_RELAXED); }
  void increment() {
    // What nobody holds yet is known to this thread only, and a plain store is five times cheaper.
    if (load() == 0) {
      __atomic_store_n(&value_, 1, __ATOMIC_RELAXED);
    } else {
      __atomic_fetch_add(&value_, 1, __ATOMIC_RELAXED);
    }
  }
  /// True for the last one. What other threads did before their decrement is visible then.
  bool decrement_to_zero() {
    // The sole owner needs no read-modify-write: nobody else can be changing the count.
    return __atomic_load_n(&value_, __ATOMIC_ACQUIRE) == 1 ||
           __atomic_fetch_sub(&value_, 1, __ATOMIC_ACQ_REL) == 1;
  }

 private:
  std::uint32_t value_ = 0;
};

}  // namespace tenon::internal

#endif  // TENON_TENSOR_INTERNAL_ATOMIC_COUNT_H_

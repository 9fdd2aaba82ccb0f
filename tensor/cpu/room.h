// Memory that a kernel needs for one call.
#ifndef TENON_TENSOR_CPU_ROOM_H_
#define TENON_TENSOR_CPU_ROOM_H_

#include <cstdint>
#include <memory>
#include <new>

#include "tensor/ops.h"

namespace tenon::cpu {

/// Memory for one call. Up to 4 MiB a thread keeps, as oneDNN's primitives keep theirs; they are
/// then in the cache when the next layer comes.
class Room {
 public:
  explicit Room(std::int64_t floats) {
    constexpr std::int64_t kMostKept = 1 << 20;
    if (floats > kMostKept) {
      large_ = empty({floats});
      at_ = large_.data<float>();
      return;
    }
    thread_local std::unique_ptr<float[], Free> kept;
    thread_local std::int64_t size = 0;
    if (floats > size) {
      kept.reset(static_cast<float*>(
          ::operator new[](static_cast<std::size_t>(floats) * sizeof(float), kAlignment)));
      size = floats;
    }
    at_ = kept.get();
  }

  float* at(std::int64_t offset) const { return at_ + offset; }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(float* memory) const { ::operator delete[](memory, kAlignment); }
  };

  Tensor large_;
  float* at_ = nullptr;
};

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_ROOM_H_

#include <cstring>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/strided_loop.h"

namespace tenon::cpu {
namespace {

/// Same dtype: moves bytes without looking at them. T is an integer of the element's size.
template <class T>
void move_run(const Run& from, const Run& to, std::int64_t length) {
  const T* source = reinterpret_cast<const T*>(from.data);
  T* target = reinterpret_cast<T*>(to.data);
  if (from.stride == 1 && to.stride == 1) {
    std::memcpy(target, source, static_cast<std::size_t>(length) * sizeof(T));
  } else if (to.stride == 1) {
    for (std::int64_t i = 0; i < length; ++i) target[i] = source[i * from.stride];
  } else {
    for (std::int64_t i = 0; i < length; ++i) target[i * to.stride] = source[i * from.stride];
  }
}

using MoveRun = void (*)(const Run&, const Run&, std::int64_t);

MoveRun move_run_of(std::size_t size) {
  switch (size) {
    case 1:
      return move_run<std::uint8_t>;
    case 2:
      return move_run<std::uint16_t>;
    case 4:
      return move_run<std::uint32_t>;
    default:
      return move_run<std::uint64_t>;
  }
}

template <class C>
void convert_run(const Run& from, const Run& to, std::int64_t length) {
  C buffer[kChunk];
  for (std::int64_t i = 0; i < length; i += kChunk) {
    const std::int64_t n = std::min(kChunk, length - i);
    scatter(contiguous_run(at(from, i), n, buffer), n, at(to, i));
  }
}

}  // namespace

void fill(double value, const Tensor& out) {
  dispatch_element(out.dtype(), [&]<class T>() {
    const T element = convert<T>(value);
    for_each_run<1>({&out}, [&](const std::array<Run, 1>& runs, std::int64_t length) {
      T* to = reinterpret_cast<T*>(runs[0].data);
      for (std::int64_t i = 0; i < length; ++i) to[i * runs[0].stride] = element;
    });
  });
}

void copy(const Tensor& from, const Tensor& out) {
  if (from.dtype() == out.dtype()) {
    const MoveRun move = move_run_of(size_of(out.dtype()));
    for_each_run<2>({&out, &from}, [&](const std::array<Run, 2>& runs, std::int64_t length) {
      move(runs[1], runs[0], length);
    });
    return;
  }
  dispatch_compute(from.dtype(), [&]<class C>() {
    for_each_run<2>({&out, &from}, [&](const std::array<Run, 2>& runs, std::int64_t length) {
      convert_run<C>(runs[1], runs[0], length);
    });
  });
}

}  // namespace tenon::cpu

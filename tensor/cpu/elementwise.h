// Kernels over contiguous memory of a compute type, applied to tensors of any strides and dtype.
//
//   map<float>(x, out, [](const float* x, float* out, std::int64_t count) {
//     apply(count, out, [](auto v) { return math::exp(v); }, x);
//   });
#ifndef TENON_TENSOR_CPU_ELEMENTWISE_H_
#define TENON_TENSOR_CPU_ELEMENTWISE_H_

#include <algorithm>
#include <cstdint>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/strided_loop.h"
#include "tensor/cpu/vectorize.h"

namespace tenon::cpu {

/// Whether a kernel of C can work on the run itself.
template <class C>
bool is_direct(const Run& run) {
  return run.dtype == dtype_of<C> && run.stride == 1;
}

/// An argument as contiguous pieces of C.
template <class C>
class Pieces {
 public:
  /// One repeated element is written to the buffer once.
  Pieces(const Run& run, std::int64_t length) : run_(run) {
    if (run.stride == 0) gather(run, std::min(kChunk, length), buffer_);
  }
  const C* at(std::int64_t begin, std::int64_t count) {
    return run_.stride == 0 ? buffer_ : contiguous_run(cpu::at(run_, begin), count, buffer_);
  }

 private:
  Run run_;
  alignas(kBufferAlignment) C buffer_[kChunk];
};

/// Calls compute(begin, count, out) piece by piece, each result going to its place in `run`.
template <class C, class Compute>
void write_pieces(const Run& run, std::int64_t length, const Compute& compute) {
  alignas(kBufferAlignment) C buffer[kChunk];
  const bool direct = is_direct<C>(run);
  for (std::int64_t i = 0; i < length; i += kChunk) {
    const std::int64_t n = std::min(kChunk, length - i);
    const Run piece = at(run, i);
    compute(i, n, direct ? reinterpret_cast<C*>(piece.data) : buffer);
    if (!direct) scatter(buffer, n, piece);
  }
}

/// kernel(x, out, count).
template <class C, class Kernel>
void map(const Tensor& x, const Tensor& out, const Kernel& kernel) {
  for_each_run<2>({&out, &x}, [&](const std::array<Run, 2>& runs, std::int64_t length) {
    const auto& [to, from] = runs;
    if (is_direct<C>(to) && is_direct<C>(from)) {
      kernel(reinterpret_cast<const C*>(from.data), reinterpret_cast<C*>(to.data), length);
      return;
    }
    Pieces<C> pieces(from, length);
    write_pieces<C>(to, length, [&](std::int64_t begin, std::int64_t count, C* result) {
      kernel(pieces.at(begin, count), result, count);
    });
  });
}

/// kernel(a, b, out, count) on runs.
template <class C, class Kernel>
void map_runs(const Run& a, const Run& b, const Run& out, std::int64_t length,
              const Kernel& kernel) {
  if (is_direct<C>(a) && is_direct<C>(b) && is_direct<C>(out)) {
    kernel(reinterpret_cast<const C*>(a.data), reinterpret_cast<const C*>(b.data),
           reinterpret_cast<C*>(out.data), length);
    return;
  }
  Pieces<C> left(a, length), right(b, length);
  write_pieces<C>(out, length, [&](std::int64_t begin, std::int64_t count, C* result) {
    kernel(left.at(begin, count), right.at(begin, count), result, count);
  });
}

/// kernel(a, b, out, count).
template <class C, class Kernel>
void map(const Tensor& a, const Tensor& b, const Tensor& out, const Kernel& kernel) {
  for_each_run<3>({&out, &a, &b}, [&](const std::array<Run, 3>& runs, std::int64_t length) {
    map_runs<C>(runs[1], runs[2], runs[0], length, kernel);
  });
}

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_ELEMENTWISE_H_

// The two loops of conv_narrow.cc, over an image laid out so that every product's operand is found
// by adding two offsets: where a window begins, and where in a window a tap lies.
//
// Both keep their sums in registers and do two multiply-adds per cycle as long as the operands come
// from the first-level cache: 12 sums and more hide the latency of four cycles.
#ifndef TENON_TENSOR_CPU_CONV_NARROW_KERNEL_H_
#define TENON_TENSOR_CPU_CONV_NARROW_KERNEL_H_

#include <cstdint>

#include "tensor/cpu/lanes.h"

namespace tenon::cpu::narrow {

/// What a sum runs over: its i-th term is found at offsets[i] in the image and in row i of
/// `factors`.
struct Terms {
  const std::int64_t* offsets;
  std::int64_t count;
  const float* factors;
  std::int64_t row;  // floats from one row of factors to the next
};

#ifdef __AVX512F__
inline constexpr int kVectors = 4, kScalars = 6;
#else
inline constexpr int kVectors = 2, kScalars = 6;  // 12 of 16 registers
#endif

/// sums[k][v][0:kLanes] += image[v][offset, offset + kLanes) * factor k, for V places of the image
/// and the first K columns of the factors. `step` is from one k to the next.
template <int V, int K>
void add_vectors_times_scalars(const float* const* image, const Terms& terms, float* sums,
                               std::int64_t step) {
  Lanes sum[K][V];
  const float* places[V];
  for (int v = 0; v < V; ++v) places[v] = image[v];
  for (int k = 0; k < K; ++k) {
    for (int v = 0; v < V; ++v) sum[k][v] = load(sums + k * step + v * kLanes);
  }
  const float* factors = terms.factors;
  for (std::int64_t i = 0; i < terms.count; ++i, factors += terms.row) {
    Lanes x[V];
    for (int v = 0; v < V; ++v) x[v] = load(places[v] + terms.offsets[i]);
    for (int k = 0; k < K; ++k) {
      for (int v = 0; v < V; ++v) sum[k][v] += x[v] * factors[k];
    }
  }
  for (int k = 0; k < K; ++k) {
    for (int v = 0; v < V; ++v) store(sums + k * step + v * kLanes, sum[k][v]);
  }
}

}  // namespace tenon::cpu::narrow

#endif  // TENON_TENSOR_CPU_CONV_NARROW_KERNEL_H_

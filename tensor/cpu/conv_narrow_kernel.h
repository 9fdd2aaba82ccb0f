// The two loops of conv_narrow.cc, over an image laid out so that every product's operand is found
// by adding two offsets: where a window begins, and where in a window a tap lies.
//
// Both keep their sums in registers and do two multiply-adds per cycle as long as the operands come
// from the first-level cache: 20 to 24 sums hide the latency of four cycles.
#ifndef TENON_TENSOR_CPU_CONV_NARROW_KERNEL_H_
#define TENON_TENSOR_CPU_CONV_NARROW_KERNEL_H_

#ifdef __AVX512F__

#include <immintrin.h>

#include <algorithm>
#include <cstdint>

namespace tenon::cpu::narrow {

inline constexpr std::int64_t kLanes = 16;

/// Lanes that `count` elements use, of one register.
inline __mmask16 lanes(std::int64_t count) {
  return static_cast<__mmask16>((1u << std::clamp<std::int64_t>(count, 0, kLanes)) - 1);
}

/// What a sum runs over: its i-th term is found at offsets[i] in the image and in row i of
/// `factors`.
struct Terms {
  const std::int64_t* offsets;
  std::int64_t count;
  const float* factors;
  std::int64_t row;  // floats from one row of factors to the next
};

inline constexpr int kVectors = 4, kScalars = 6;

/// sums[k][v][0:16] += image[v][offset, offset + 16) * factor k, for V places of the image and the
/// first K columns of the factors. `step` is from one k to the next.
template <int V, int K>
void add_vectors_times_scalars(const float* const* image, const Terms& terms, float* sums,
                               std::int64_t step) {
  __m512 sum[K][V];
  const float* places[V];
  for (int v = 0; v < V; ++v) places[v] = image[v];
  for (int k = 0; k < K; ++k) {
    for (int v = 0; v < V; ++v) sum[k][v] = _mm512_loadu_ps(sums + k * step + v * kLanes);
  }
  const float* factors = terms.factors;
  for (std::int64_t i = 0; i < terms.count; ++i, factors += terms.row) {
    __m512 x[V];
    for (int v = 0; v < V; ++v) x[v] = _mm512_loadu_ps(places[v] + terms.offsets[i]);
    for (int k = 0; k < K; ++k) {
      const __m512 factor = _mm512_set1_ps(factors[k]);
      for (int v = 0; v < V; ++v) sum[k][v] = _mm512_fmadd_ps(x[v], factor, sum[k][v]);
    }
  }
  for (int k = 0; k < K; ++k) {
    for (int v = 0; v < V; ++v) _mm512_storeu_ps(sums + k * step + v * kLanes, sum[k][v]);
  }
}

}  // namespace tenon::cpu::narrow

#endif  // __AVX512F__

#endif  // TENON_TENSOR_CPU_CONV_NARROW_KERNEL_H_

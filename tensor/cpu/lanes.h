// A register of floats, in the vector types that GCC and Clang share: arithmetic, comparisons and
// `condition ? a : b` work lane by lane, and every instruction set gets its own code.
#ifndef TENON_TENSOR_CPU_LANES_H_
#define TENON_TENSOR_CPU_LANES_H_

#include <cstdint>
#include <cstring>
#include <utility>

#include "tensor/cpu/unrolled.h"
#include "tensor/dtype.h"

namespace tenon::cpu {

#ifdef __AVX512F__
inline constexpr std::int64_t kLanes = 16;
#else
inline constexpr std::int64_t kLanes = 8;
#endif

using Lanes [[gnu::vector_size(kLanes * sizeof(float))]] = float;

namespace internal {
using LanesAnywhere
    [[gnu::vector_size(kLanes * sizeof(float)), gnu::aligned(alignof(float)), gnu::may_alias]] =
        float;
using Words [[gnu::vector_size(kLanes * 4)]] = std::uint32_t;
using Halves [[gnu::vector_size(kLanes * 2)]] = std::uint16_t;
}  // namespace internal

/// From and to any address that a float may have.
inline Lanes load(const float* from) {
  return *reinterpret_cast<const internal::LanesAnywhere*>(from);
}
inline void store(float* to, Lanes x) { *reinterpret_cast<internal::LanesAnywhere*>(to) = x; }

/// A bf16 is the upper half of a float; it is stored as BFloat16 rounds.
inline Lanes load(const BFloat16* from) {
  internal::Halves halves;
  std::memcpy(&halves, from, sizeof halves);
  return reinterpret_cast<Lanes>(__builtin_convertvector(halves, internal::Words) << 16);
}
inline void store(BFloat16* to, Lanes x) {
  const auto words = reinterpret_cast<internal::Words>(x);
  const internal::Words rounded = words + 0x7fffu + ((words >> 16) & 1u), nan = words | 0x400000u;
  const auto halves = __builtin_convertvector((x == x ? rounded : nan) >> 16, internal::Halves);
  std::memcpy(&to->bits, &halves, sizeof halves);
}

namespace internal {

/// Of two registers, in each group of 2 `step` lanes: the first halves side by side, or the second.
template <int step, int half, int... lane>
[[gnu::always_inline]] inline Lanes halves(Lanes a, Lanes b, std::integer_sequence<int, lane...>) {
  return __builtin_shufflevector(
      a, b,
      ((lane & step) == 0 ? lane + half * step
                          : static_cast<int>(kLanes) + lane - (1 - half) * step)...);
}

template <int step>
[[gnu::always_inline]] inline void transpose_pairs(Lanes (&rows)[kLanes]) {
  constexpr auto kAll = std::make_integer_sequence<int, static_cast<int>(kLanes)>{};
  unrolled<static_cast<int>(kLanes)>([&](int i) __attribute__((always_inline)) {
    if ((i & step) != 0) return;
    const Lanes a = rows[i], b = rows[i + step];
    rows[i] = halves<step, 0>(a, b, kAll);
    rows[i + step] = halves<step, 1>(a, b, kAll);
  });
  if constexpr (step > 1) transpose_pairs<step / 2>(rows);
}

}  // namespace internal

/// Rows become columns, within registers: log2(kLanes) kLanes shuffles.
[[gnu::always_inline]] inline void transpose(Lanes (&rows)[kLanes]) {
  internal::transpose_pairs<static_cast<int>(kLanes / 2)>(rows);
}

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_LANES_H_

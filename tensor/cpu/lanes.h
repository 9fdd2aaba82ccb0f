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

namespace by_lane {
using LanesAnywhere
    [[gnu::vector_size(kLanes * sizeof(float)), gnu::aligned(alignof(float)), gnu::may_alias]] =
        float;
using Words [[gnu::vector_size(kLanes * 4)]] = std::uint32_t;
using Halves [[gnu::vector_size(kLanes * 2)]] = std::uint16_t;
}  // namespace by_lane

/// From and to any address that a float may have.
inline Lanes load(const float* from) {
  return *reinterpret_cast<const by_lane::LanesAnywhere*>(from);
}
inline void store(float* to, Lanes x) { *reinterpret_cast<by_lane::LanesAnywhere*>(to) = x; }

/// A bf16 is the upper half of a float; it is stored as BFloat16 rounds.
inline Lanes load(const BFloat16* from) {
  by_lane::Halves halves;
  std::memcpy(&halves, from, sizeof halves);
  return reinterpret_cast<Lanes>(__builtin_convertvector(halves, by_lane::Words) << 16);
}
inline void store(BFloat16* to, Lanes x) {
  const auto words = reinterpret_cast<by_lane::Words>(x);
  const by_lane::Words rounded = words + 0x7fffu + ((words >> 16) & 1u), nan = words | 0x400000u;
  const auto halves = __builtin_convertvector((x == x ? rounded : nan) >> 16, by_lane::Halves);
  std::memcpy(&to->bits, &halves, sizeof halves);
}

namespace by_lane {

template <int step, int half, int... lane>
[[gnu::always_inline]] inline Lanes halves(Lanes a, Lanes b, std::integer_sequence<int, lane...>) {
  return __builtin_shufflevector(
      a, b,
      ((lane & step) == 0 ? lane + half * step
                          : static_cast<int>(kLanes) + lane - (1 - half) * step)...);
}

template <int by, int... lane>
[[gnu::always_inline]] inline Lanes rotated(Lanes x, std::integer_sequence<int, lane...>) {
  return __builtin_shufflevector(x, x, ((lane + by) % static_cast<int>(kLanes))...);
}

template <int... lane>
[[gnu::always_inline]] inline Lanes broadcast(float x, std::integer_sequence<int, lane...>) {
  return Lanes{(static_cast<void>(lane), x)...};
}

using EachLane = std::make_integer_sequence<int, static_cast<int>(kLanes)>;

}  // namespace by_lane

/// x in every lane.
[[gnu::always_inline]] inline Lanes broadcast(float x) {
  return by_lane::broadcast(x, by_lane::EachLane{});
}

/// Of two registers, in each group of 2 `step` lanes: the first halves side by side, or the second.
template <int step, int half>
[[gnu::always_inline]] inline Lanes halves(Lanes a, Lanes b) {
  return by_lane::halves<step, half>(a, b, by_lane::EachLane{});
}

/// Lane i gets lane i + by, past the last one from the first on.
template <int by>
[[gnu::always_inline]] inline Lanes rotated(Lanes x) {
  return by_lane::rotated<by>(x, by_lane::EachLane{});
}

/// rows[i] lane j = rows[j] lane i, for Lanes and FloatLanes: in each pass the lanes of one half of
/// a group of rows change places with the other half's.
template <int step = static_cast<int>(kLanes / 2), class Register>
[[gnu::always_inline]] inline void transpose(Register (&rows)[kLanes]) {
  unrolled<static_cast<int>(kLanes)>([&](int i) __attribute__((always_inline)) {
    if ((i & step) != 0) return;
    const Register a = rows[i], b = rows[i + step];
    rows[i] = halves<step, 0>(a, b);
    rows[i + step] = halves<step, 1>(a, b);
  });
  if constexpr (step > 1) transpose<step / 2>(rows);
}

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_LANES_H_

// A register of floats, in the vector types that GCC and Clang share: arithmetic, comparisons and
// `condition ? a : b` work lane by lane, and every instruction set gets its own code.
#ifndef TENON_TENSOR_CPU_LANES_H_
#define TENON_TENSOR_CPU_LANES_H_

#include <cstdint>
#include <utility>

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
}  // namespace internal

/// From and to any address that a float may have.
inline Lanes load(const float* from) {
  return *reinterpret_cast<const internal::LanesAnywhere*>(from);
}
inline void store(float* to, Lanes x) { *reinterpret_cast<internal::LanesAnywhere*>(to) = x; }

/// fn(0), …, fn(N - 1), written out: an array indexed by it stays in registers.
template <int N, class F>
[[gnu::always_inline]] inline void unrolled(const F& fn) {
  [&]<int... i>(std::integer_sequence<int, i...>) __attribute__((always_inline)) { (fn(i), ...); }
  (std::make_integer_sequence<int, N>{});
}

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_LANES_H_

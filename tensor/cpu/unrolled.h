// Loops written out.
#ifndef TENON_TENSOR_CPU_UNROLLED_H_
#define TENON_TENSOR_CPU_UNROLLED_H_

#include <utility>

namespace tenon::cpu {

/// fn(0), …, fn(N - 1), written out: an array indexed by it stays in registers.
template <int N, class F>
[[gnu::always_inline]] inline void unrolled(const F& fn) {
  [&]<int... i>(std::integer_sequence<int, i...>) __attribute__((always_inline)) { (fn(i), ...); }
  (std::make_integer_sequence<int, N>{});
}

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_UNROLLED_H_

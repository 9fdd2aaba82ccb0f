// Folding many numbers into one with an operation that may take them in any order.
#ifndef TENON_TENSOR_CPU_FOLD_BLOCK_H_
#define TENON_TENSOR_CPU_FOLD_BLOCK_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "tensor/cpu/vectorize.h"
#include "tensor/internal/scalar_primitives.h"

namespace tenon::cpu {

// Each combines two numbers or two registers of them.

template <class C>
struct Add {
  static constexpr C kIdentity = C{0};
  template <class V>
  static V combine(V a, V b) {
    // Integers wrap; C++ says so of unsigned ones only.
    if constexpr (std::is_integral_v<V>) {
      return static_cast<V>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
    } else {
      return a + b;
    }
  }
};
template <class C>
struct Multiply {
  static constexpr C kIdentity = C{1};
  template <class V>
  static V combine(V a, V b) {
    if constexpr (std::is_integral_v<V>) {
      return static_cast<V>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
    } else {
      return a * b;
    }
  }
};
// NaN wins.
template <class C>
struct Max {
  static constexpr C kIdentity = std::numeric_limits<C>::has_infinity
                                     ? -std::numeric_limits<C>::infinity()
                                     : std::numeric_limits<C>::lowest();
  template <class V>
  static V combine(V a, V b) {
    using math::larger;
    return larger(a, b);
  }
};
template <class C>
struct Min {
  static constexpr C kIdentity = std::numeric_limits<C>::has_infinity
                                     ? std::numeric_limits<C>::infinity()
                                     : std::numeric_limits<C>::max();
  template <class V>
  static V combine(V a, V b) {
    using math::smaller;
    return smaller(a, b);
  }
};

/// The fold of all of x, whose number is a power of two. What x holds is lost.
template <class Op, class V, std::size_t kCount>
V fold_array(V (&x)[kCount]) {
  for (std::size_t width = kCount / 2; width > 0; width /= 2) {
    for (std::size_t i = 0; i < width; ++i) x[i] = Op::combine(x[i], x[i + width]);
  }
  return x[0];
}

#ifdef TENON_FLOAT_LANES

/// The fold of all lanes.
template <class Op, int step = FloatLanes::kCount / 2>
float fold_lanes(FloatLanes x) {
  x = Op::combine(x, rotated<step>(x));
  if constexpr (step > 1) return fold_lanes<Op, step / 2>(x);
  return x.front();
}

/// Lane i is the fold of the lanes of x[i]: halves of two registers are folded into one.
template <class Op, int step = FloatLanes::kCount / 2>
FloatLanes fold_registers(const FloatLanes (&x)[2 * step]) {
  FloatLanes folded[step];
  for (int i = 0; i < step; ++i) {
    const FloatLanes a = x[i], b = x[i + step];
    folded[i] = Op::combine(halves<step, 0>(a, b), halves<step, 1>(a, b));
  }
  if constexpr (step > 1) {
    return fold_registers<Op, step / 2>(folded);
  } else {
    return folded[0];
  }
}

#endif

/// N values of each of many numbers.
template <class V, std::size_t N>
using Values = std::array<V, N>;

template <class Op, class V, std::size_t N>
void combine_into(Values<V, N>& into, const Values<V, N>& values) {
  for (std::size_t k = 0; k < N; ++k) into[k] = Op::combine(into[k], values[k]);
}

/// The fold of all of `parts`, whose number is a power of two.
template <class Op, class V, std::size_t N, std::size_t kParts>
Values<V, N> fold_parts(Values<V, N> (&parts)[kParts]) {
  for (std::size_t width = kParts / 2; width > 0; width /= 2) {
    for (std::size_t i = 0; i < width; ++i) combine_into<Op>(parts[i], parts[i + width]);
  }
  return parts[0];
}

#ifdef TENON_FLOAT_LANES

/// fold_values() by the register.
template <class Op, std::size_t N, class MapElement>
Values<float, N> fold_values_by_lanes(const float* x, std::int64_t count, const MapElement& map) {
  std::int64_t i = 0;
  constexpr std::int64_t kParts = 8 / N, kLanes = FloatLanes::kCount;
  Values<FloatLanes, N> parts[kParts];
  for (auto& part : parts) part.fill(FloatLanes(Op::kIdentity));
  for (; i + kParts * kLanes <= count; i += kParts * kLanes) {
    for (std::int64_t p = 0; p < kParts; ++p) {
      combine_into<Op>(parts[p], map(FloatLanes::load(x + i + p * kLanes)));
    }
  }
  for (std::int64_t p = 0; p < kParts && i + kLanes <= count; ++p, i += kLanes) {
    combine_into<Op>(parts[p], map(FloatLanes::load(x + i)));
  }
  if (const std::int64_t rest = count - i) {
    Values<FloatLanes, N> all = parts[0];
    combine_into<Op>(all, map(FloatLanes::load(x + i, rest)));
    for (std::size_t k = 0; k < N; ++k) parts[0][k] = first_of(rest, all[k], parts[0][k]);
  }
  const Values<FloatLanes, N> folded = fold_parts<Op>(parts);
  Values<float, N> result;
  for (std::size_t k = 0; k < N; ++k) result[k] = fold_lanes<Op>(folded[k]);
  return result;
}

#endif

/// Folds each of the N values map(x[i]) of `count` numbers. Several folds run side by side and are
/// combined last: an operation takes longer than the processor needs to begin the next.
template <class Op, std::size_t N, class C, class MapElement>
Values<C, N> fold_values(const C* x, std::int64_t count, const MapElement& map) {
#ifdef TENON_FLOAT_LANES
  if constexpr (kTakesRegisters<C, MapElement>) return fold_values_by_lanes<Op, N>(x, count, map);
#endif
  constexpr int kParts = 32;  // of which the compiler makes registers
  Values<C, N> parts[kParts];
  for (auto& part : parts) part.fill(Op::kIdentity);
  std::int64_t i = 0;
  for (; i + kParts <= count; i += kParts) {
    for (int p = 0; p < kParts; ++p) combine_into<Op>(parts[p], map(x[i + p]));
  }
  for (int p = 0; i < count; ++i, ++p) combine_into<Op>(parts[p], map(x[i]));
  return fold_parts<Op>(parts);
}

/// The fold of map(x[i]).
template <class Op, class C, class MapElement>
C fold_block(const C* x, std::int64_t count, const MapElement& map) {
  const auto value = [&]<class V>(V v) requires std::is_invocable_v<const MapElement&, V> {
    return Values<V, 1>{map(v)};
  };
  return fold_values<Op, 1>(x, count, value)[0];
}

#ifdef TENON_FLOAT_LANES

/// Registers whose lanes together hold what is to be folded of a row.
template <class Op, class MapElement>
FloatLanes fold_row_by_lanes(const float* x, std::int64_t length, const MapElement& map) {
  constexpr std::int64_t kLanes = FloatLanes::kCount;
  if (length == kLanes) return map(FloatLanes::load(x));
  FloatLanes folded(Op::kIdentity);
  std::int64_t i = 0;
  for (; i + kLanes <= length; i += kLanes) {
    folded = Op::combine(folded, map(FloatLanes::load(x + i)));
  }
  const std::int64_t rest = length - i;
  return first_of(rest, Op::combine(folded, map(FloatLanes::load(x + i, rest))), folded);
}

#endif

constexpr std::int64_t kShortRow = 64;  // rows up to this length are taken together

/// out[i] = the fold of map over row i, of `length` elements from x + i * step on.
template <class Op, class C, class MapElement>
void fold_each_row(const C* x, std::int64_t step, std::int64_t length, std::int64_t rows,
                   const MapElement& map, C* out) {
#ifdef TENON_FLOAT_LANES
  if constexpr (kTakesRegisters<C, MapElement>) {
    constexpr std::int64_t kLanes = FloatLanes::kCount;
    for (std::int64_t i = 0; length <= kShortRow && i < rows; i += kLanes) {
      const std::int64_t together = std::min(kLanes, rows - i);
      FloatLanes folded[kLanes];
      for (std::int64_t r = 0; r < kLanes; ++r) {
        folded[r] = r < together ? fold_row_by_lanes<Op>(x + (i + r) * step, length, map)
                                 : FloatLanes(Op::kIdentity);
      }
      fold_registers<Op>(folded).store(out + i, together);
    }
    if (length <= kShortRow) return;
  }
#endif
  for (std::int64_t i = 0; i < rows; ++i) {
    const C* row = x + i * step;
    if (length > kShortRow) {
      out[i] = fold_block<Op>(row, length, map);
    } else {
      out[i] = Op::kIdentity;
      for (std::int64_t j = 0; j < length; ++j) out[i] = Op::combine(out[i], map(row[j]));
    }
  }
}

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_FOLD_BLOCK_H_

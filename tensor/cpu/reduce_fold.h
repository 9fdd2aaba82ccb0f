// Methods of reduce_engine.h that map each element and fold the results with one operation.
#ifndef TENON_TENSOR_CPU_REDUCE_FOLD_H_
#define TENON_TENSOR_CPU_REDUCE_FOLD_H_

#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "tensor/cpu/reduce_engine.h"

namespace tenon::cpu {

/// Integers wrap; C++ says so of unsigned ones only.
template <class C>
using Wrapping = std::conditional_t<std::is_integral_v<C>, std::uint64_t, C>;

template <class C>
struct Add {
  static constexpr C kIdentity = C{0};
  static C combine(C a, C b) { return static_cast<C>(Wrapping<C>(a) + Wrapping<C>(b)); }
};
template <class C>
struct Multiply {
  static constexpr C kIdentity = C{1};
  static C combine(C a, C b) { return static_cast<C>(Wrapping<C>(a) * Wrapping<C>(b)); }
};
// NaN wins. Each comparison is selected by on its own, of which GCC makes vectors.
template <class C>
struct Max {
  static constexpr C kIdentity = std::numeric_limits<C>::has_infinity
                                     ? -std::numeric_limits<C>::infinity()
                                     : std::numeric_limits<C>::lowest();
  static C combine(C a, C b) {
    const C larger = a > b ? a : b;
    return is_nan(a) ? a : larger;
  }
};
template <class C>
struct Min {
  static constexpr C kIdentity = std::numeric_limits<C>::has_infinity
                                     ? std::numeric_limits<C>::infinity()
                                     : std::numeric_limits<C>::max();
  static C combine(C a, C b) {
    const C smaller = a < b ? a : b;
    return is_nan(a) ? a : smaller;
  }
};

constexpr int kLanes = 32;  // independent accumulators: two AVX-512 registers of f32

/// Folds map(x[i]) over up to kBlock contiguous elements.
template <class C, class Op, class MapElement>
C fold_block(const C* x, std::int64_t count, const MapElement& map) {
  C lanes[kLanes];
  std::fill_n(lanes, kLanes, Op::kIdentity);
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) {
      lanes[lane] = Op::combine(lanes[lane], map(x[i + lane]));
    }
  }
  for (int lane = 0; i < count; ++i, ++lane) lanes[lane] = Op::combine(lanes[lane], map(x[i]));
  for (int width = kLanes / 2; width > 0; width /= 2) {
    for (int lane = 0; lane < width; ++lane) {
      lanes[lane] = Op::combine(lanes[lane], lanes[lane + width]);
    }
  }
  return lanes[0];
}

/// into[c] = the fold of into[c] and map of column c of `count` rows, which row(r) returns.
template <class C, class Op, class Row, class MapElement>
void fold_rows(std::int64_t count, std::int64_t width, const Row& row, const MapElement& map,
               C* into) {
  std::int64_t r = 0;
  for (; r + 4 <= count; r += 4) {  // four rows for each time that `into` is read and written
    const C *a = row(r, 0), *b = row(r + 1, 1), *c = row(r + 2, 2), *d = row(r + 3, 3);
    TENON_VECTORIZE
    for (std::int64_t i = 0; i < width; ++i) {
      const C va = map(a[i]), vb = map(b[i]), vc = map(c[i]), vd = map(d[i]), vi = into[i];
      into[i] = Op::combine(vi, Op::combine(Op::combine(va, vb), Op::combine(vc, vd)));
    }
  }
  for (; r < count; ++r) {
    const C* a = row(r, 0);
    TENON_VECTORIZE
    for (std::int64_t i = 0; i < width; ++i) into[i] = Op::combine(into[i], map(a[i]));
  }
}

/// `map` and `finish` are functions of one number.
template <class C, class Op, class MapElement, class Finish>
struct Fold {
  using Value = C;
  using Partial = C;

  MapElement map;
  Finish end;

  static C identity() { return Op::kIdentity; }
  static C combine(C a, C b) { return Op::combine(a, b); }
  C finish(C value) const { return end(value); }
  C block(const C* x, std::int64_t count) const { return fold_block<C, Op>(x, count, map); }

  void columns(const Rows<C>& rows, C* out) const {
    const std::int64_t width = rows.width();
    std::fill_n(out, width, Op::kIdentity);
    alignas(kBufferAlignment) C buffers[4][kColumns];
    fold_rows<C, Op>(
        rows.count(), width, [&](std::int64_t r, int b) { return rows.row(r, buffers[b]); }, map,
        out);
  }
};

template <class C, class Op, class MapElement, class Finish>
void fold(const Tensor& x, std::uint64_t dims, const Tensor& out, const MapElement& map,
          const Finish& finish) {
  reduce_with(Fold<C, Op, MapElement, Finish>{map, finish}, x, dims, out);
}

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_REDUCE_FOLD_H_

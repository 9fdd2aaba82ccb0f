// Methods of reduce_engine.h that map each element and fold the results with one operation.
#ifndef TENON_TENSOR_CPU_REDUCE_FOLD_H_
#define TENON_TENSOR_CPU_REDUCE_FOLD_H_

#include <algorithm>
#include <cstdint>

#include "tensor/cpu/fold_block.h"
#include "tensor/cpu/reduce_engine.h"

namespace tenon::cpu {

/// into[c] = the fold of into[c] and map of column c of `count` rows, which row(r, buffer) returns;
/// there are four buffers.
template <class C, class Op, class Row, class MapElement>
void fold_rows(std::int64_t count, std::int64_t width, const Row& row, const MapElement& map,
               C* into) {
  constexpr bool kRegisters = kTakesRegisters<C, MapElement>;
  std::int64_t r = 0;
  for (; r + 4 <= count; r += 4) {  // four rows for each time that `into` is read and written
    const C *a = row(r, 0), *b = row(r + 1, 1), *c = row(r + 2, 2), *d = row(r + 3, 3);
    in_lanes<C, kRegisters>(width, [&](auto at) {
      const auto ab = Op::combine(map(at.load(a)), map(at.load(b)));
      const auto cd = Op::combine(map(at.load(c)), map(at.load(d)));
      at.store(into, Op::combine(at.load(into), Op::combine(ab, cd)));
    });
  }
  for (; r < count; ++r) {
    const C* a = row(r, 0);
    in_lanes<C, kRegisters>(
        width, [&](auto at) { at.store(into, Op::combine(at.load(into), map(at.load(a)))); });
  }
}

/// `map` and `end` are functions of one number; `map` may be one of a register, too.
template <class C, class Op, class MapElement, class Finish>
struct Fold {
  using Value = C;
  using Partial = C;

  MapElement map;
  Finish end;

  static C identity() { return Op::kIdentity; }
  static C combine(C a, C b) { return Op::combine(a, b); }
  C finish(C value) const { return end(value); }
  C block(const C* x, std::int64_t count) const { return fold_block<Op>(x, count, map); }

  void columns(const Rows<C>& rows, C* out) const {
    const std::int64_t width = rows.width();
    std::fill_n(out, width, Op::kIdentity);
    alignas(kBufferAlignment) C buffers[4][kColumns];
    fold_rows<C, Op>(
        rows.count(), width, [&](std::int64_t r, int b) { return rows.row(r, buffers[b]); }, map,
        out);
  }

  /// out[i] = the fold of row i, of `length` <= kShortRow elements from x + i * step on.
  void short_rows(const C* x, std::int64_t step, std::int64_t length, std::int64_t rows,
                  C* out) const requires(kTakesRegisters<C, MapElement>) {
    fold_each_row<Op>(x, step, length, rows, map, out);
  }
};

template <class C, class Op, class MapElement, class Finish>
void fold(const Tensor& x, std::uint64_t dims, const Tensor& out, const MapElement& map,
          const Finish& finish) {
  reduce_with(Fold<C, Op, MapElement, Finish>{map, finish}, x, dims, out);
}

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_REDUCE_FOLD_H_

// A few short rows of floats: turned, so that what is folded along a row lies in one lane of
// registers that hold columns.
//
//   ShortRows rows(x, 8, 10);
//   const FloatLanes largest = rows.fold<Max<float>>();
//   rows.map([=]<class V>(V v) { return v - V(largest); });
//   rows.store(out);
#ifndef TENON_TENSOR_CPU_SHORT_ROWS_H_
#define TENON_TENSOR_CPU_SHORT_ROWS_H_

#include "tensor/cpu/float_lanes.h"

#ifdef TENON_FLOAT_LANES

#include <algorithm>
#include <cstdint>

#include "tensor/cpu/four_registers.h"

namespace tenon::cpu {

class ShortRows {
 public:
  static constexpr std::int64_t kSize = 2 * kLanes;  // of the longest

  /// `count` <= kLanes rows of `size` <= kSize elements, one after the other.
  ShortRows(const float* x, std::int64_t count, std::int64_t size) : count_(count), size_(size) {
    for_each_half([&](std::int64_t begin, std::int64_t wide, FloatLanes(&half)[kLanes]) {
      for (std::int64_t r = 0; r < kLanes; ++r) {
        const float* const row = x + std::min(r, count - 1) * size + begin;
        half[r] = wide == kLanes ? FloatLanes::load(row) : FloatLanes::load(row, wide);
      }
      transpose(half);
    });
  }

  /// They are no columns any more.
  void store(float* out) {
    for_each_half([&](std::int64_t begin, std::int64_t wide, FloatLanes(&half)[kLanes]) {
      transpose(half);
      for (std::int64_t r = 0; r < count_; ++r) half[r].store(out + r * size_ + begin, wide);
    });
  }

  /// Of each row, in one lane.
  template <class Op>
  FloatLanes fold() const {
    FloatLanes even = column(0), odd(Op::kIdentity);  // which do not wait for each other
    std::int64_t c = 1;
    for (; c + 2 <= size_; c += 2) {
      odd = Op::combine(odd, column(c));
      even = Op::combine(even, column(c + 1));
    }
    if (c < size_) odd = Op::combine(odd, column(c));
    return Op::combine(even, odd);
  }

  /// fn of each element, which is told a column or four of them.
  template <class F>
  void map(const F& fn) {
    std::int64_t c = 0;
    for (; c + 4 <= size_; c += 4) {
      const FourRegisters y =
          fn(FourRegisters(column(c), column(c + 1), column(c + 2), column(c + 3)));
      column(c) = y.a;
      column(c + 1) = y.b;
      column(c + 2) = y.c;
      column(c + 3) = y.d;
    }
    for (; c < size_; ++c) column(c) = fn(column(c));
  }

 private:
  FloatLanes& column(std::int64_t c) { return halves_[c / kLanes][c % kLanes]; }
  FloatLanes column(std::int64_t c) const { return halves_[c / kLanes][c % kLanes]; }

  template <class F>
  void for_each_half(const F& fn) {
    fn(0, std::min(kLanes, size_), halves_[0]);
    if (size_ > kLanes) fn(kLanes, size_ - kLanes, halves_[1]);
  }

  std::int64_t count_, size_;
  FloatLanes halves_[2][kLanes];
};

}  // namespace tenon::cpu

#endif

#endif  // TENON_TENSOR_CPU_SHORT_ROWS_H_

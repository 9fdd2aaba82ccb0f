// A register of floats with the operations of tensor/internal/scalar_primitives.h, so that the
// functions written in those take sixteen or eight numbers at once. Each lane gets the bits that
// the number alone would get. Defined, as TENON_FLOAT_LANES is, where the processor has AVX-512 or
// AVX2; elsewhere the compiler makes vectors of loops over numbers (TENON_VECTORIZE).
#ifndef TENON_TENSOR_CPU_FLOAT_LANES_H_
#define TENON_TENSOR_CPU_FLOAT_LANES_H_

#if defined(__AVX512F__)
#define TENON_FLOAT_LANES
#include "tensor/cpu/float_lanes_avx512.h"
#elif defined(__AVX2__) && defined(__FMA__)
#define TENON_FLOAT_LANES
#include "tensor/cpu/float_lanes_avx2.h"
#endif

#ifdef TENON_FLOAT_LANES

#include <immintrin.h>

#include <cstdint>

#include "tensor/cpu/lanes.h"
#include "tensor/internal/scalar_primitives.h"

namespace tenon::cpu {

class FloatLanes {
 public:
  static constexpr std::int64_t kCount = kLanes;

  FloatLanes() = default;
  /// In every lane.
  FloatLanes(float x) : value_(broadcast(x)) {}
  explicit FloatLanes(Lanes value) : value_(value) {}

  static FloatLanes load(const float* from) { return FloatLanes(cpu::load(from)); }
  void store(float* to) const { cpu::store(to, value_); }
  /// The first `count` lanes; the others are 0 and stay where they are.
  static FloatLanes load(const float* from, std::int64_t count) {
    return FloatLanes(instructions::load(from, count));
  }
  void store(float* to, std::int64_t count) const { instructions::store(to, count, value_); }

  Lanes lanes() const { return value_; }
  /// Lane 0.
  float front() const { return value_[0]; }

  friend FloatLanes operator-(FloatLanes a) { return FloatLanes(-a.value_); }
  friend FloatLanes operator+(FloatLanes a, FloatLanes b) {
    return FloatLanes(a.value_ + b.value_);
  }
  friend FloatLanes operator-(FloatLanes a, FloatLanes b) {
    return FloatLanes(a.value_ - b.value_);
  }
  friend FloatLanes operator*(FloatLanes a, FloatLanes b) {
    return FloatLanes(a.value_ * b.value_);
  }
  friend FloatLanes operator/(FloatLanes a, FloatLanes b) {
    return FloatLanes(a.value_ / b.value_);
  }

  friend LaneMask operator<(FloatLanes a, FloatLanes b) { return compare<_CMP_LT_OS>(a, b); }
  friend LaneMask operator<=(FloatLanes a, FloatLanes b) { return compare<_CMP_LE_OS>(a, b); }
  friend LaneMask operator>(FloatLanes a, FloatLanes b) { return b < a; }
  friend LaneMask operator>=(FloatLanes a, FloatLanes b) { return b <= a; }
  friend LaneMask operator!=(FloatLanes a, FloatLanes b) { return compare<_CMP_NEQ_UQ>(a, b); }
  friend LaneMask operator==(FloatLanes a, FloatLanes b) { return compare<_CMP_EQ_OQ>(a, b); }

  friend FloatLanes select(LaneMask condition, FloatLanes a, FloatLanes b) {
    return FloatLanes(instructions::select(condition, a.value_, b.value_));
  }
  // NaN stays, being the second argument.
  friend FloatLanes at_least(FloatLanes x, FloatLanes low) {
    return FloatLanes(instructions::max(low.value_, x.value_));
  }
  friend FloatLanes at_most(FloatLanes x, FloatLanes high) {
    return FloatLanes(instructions::min(high.value_, x.value_));
  }
  // Of a first argument that is NaN nothing is taken but itself.
  friend FloatLanes larger(FloatLanes a, FloatLanes b) {
    return FloatLanes(instructions::max(a == a, a.value_, b.value_));
  }
  friend FloatLanes smaller(FloatLanes a, FloatLanes b) {
    return FloatLanes(instructions::min(a == a, a.value_, b.value_));
  }
  friend FloatLanes fma(FloatLanes a, FloatLanes b, FloatLanes c) {
    return FloatLanes(instructions::fma(a.value_, b.value_, c.value_));
  }
  friend FloatLanes fabs(FloatLanes x) { return FloatLanes(instructions::abs(x.value_)); }
  friend FloatLanes sqrt(FloatLanes x) { return FloatLanes(instructions::sqrt(x.value_)); }
  friend FloatLanes copysign(FloatLanes size, FloatLanes sign) {
    return FloatLanes(instructions::copysign(size.value_, sign.value_));
  }
  friend LaneMask is_signed(FloatLanes x) { return instructions::is_signed(x.value_); }
  friend FloatLanes power_of_two(FloatLanes n) {
    const FloatLanes shifted = n + FloatLanes(0x1.8p23f + 127);  // leaves n + 127 in the last bits
    return FloatLanes(instructions::shifted_left(shifted.value_, 23));
  }
  friend FloatLanes times_power_of_two(FloatLanes x, FloatLanes n) {
    return FloatLanes(instructions::times_power_of_two(x.value_, n.value_));
  }
  friend math::Decomposed<FloatLanes> decompose(FloatLanes x) {
    const math::Decomposed<Lanes> parts = instructions::decompose(x.value_);
    return {FloatLanes(parts.mantissa), FloatLanes(parts.exponent)};
  }

 private:
  template <int kPredicate>
  static LaneMask compare(FloatLanes a, FloatLanes b) {
    return instructions::compare<kPredicate>(a.value_, b.value_);
  }

  Lanes value_;
};

/// The first `count` lanes of a, the others of b.
inline FloatLanes first_of(std::int64_t count, FloatLanes a, FloatLanes b) {
  return select(LaneMask::first(count), a, b);
}

template <int step, int half>
inline FloatLanes halves(FloatLanes a, FloatLanes b) {
  return FloatLanes(halves<step, half>(a.lanes(), b.lanes()));
}
template <int by>
inline FloatLanes rotated(FloatLanes x) {
  return FloatLanes(rotated<by>(x.lanes()));
}

}  // namespace tenon::cpu

template <>
struct tenon::math::NumberOf<tenon::cpu::FloatLanes> {
  using type = float;
};

#endif  // TENON_FLOAT_LANES

#endif  // TENON_TENSOR_CPU_FLOAT_LANES_H_

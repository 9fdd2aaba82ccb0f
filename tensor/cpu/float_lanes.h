// A register of floats with the operations of tensor/internal/scalar_primitives.h, so that the
// functions written in those take sixteen numbers at once. Each lane gets the bits that the number
// alone would get. Defined where the processor has AVX-512; elsewhere the compiler makes vectors of
// loops over numbers (TENON_VECTORIZE).
#ifndef TENON_TENSOR_CPU_FLOAT_LANES_H_
#define TENON_TENSOR_CPU_FLOAT_LANES_H_

#ifdef __AVX512F__

#include <immintrin.h>

#include <cstdint>

#include "tensor/cpu/unrolled.h"
#include "tensor/internal/scalar_primitives.h"

namespace tenon::cpu {

/// One condition a lane.
class LaneMask {
 public:
  explicit LaneMask(__mmask16 bits) : bits_(bits) {}
  __mmask16 bits() const { return bits_; }
  friend LaneMask operator&(LaneMask a, LaneMask b) { return of(a.bits_ & b.bits_); }
  friend LaneMask operator|(LaneMask a, LaneMask b) { return of(a.bits_ | b.bits_); }

 private:
  static LaneMask of(int bits) { return LaneMask(static_cast<__mmask16>(bits)); }
  __mmask16 bits_;
};

class FloatLanes {
 public:
  static constexpr std::int64_t kCount = 16;

  FloatLanes() = default;
  /// In every lane.
  FloatLanes(float x) : value_(_mm512_set1_ps(x)) {}
  explicit FloatLanes(__m512 value) : value_(value) {}

  static FloatLanes load(const float* from) { return FloatLanes(_mm512_loadu_ps(from)); }
  void store(float* to) const { _mm512_storeu_ps(to, value_); }
  /// The first `count` lanes; the others are 0 and stay where they are.
  static FloatLanes load(const float* from, std::int64_t count) {
    return FloatLanes(_mm512_maskz_loadu_ps(first(count), from));
  }
  void store(float* to, std::int64_t count) const {
    _mm512_mask_storeu_ps(to, first(count), value_);
  }

  /// The first `count` lanes of a, the others of b.
  friend FloatLanes first_of(std::int64_t count, FloatLanes a, FloatLanes b) {
    return select(LaneMask(first(count)), a, b);
  }

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
    return FloatLanes(_mm512_mask_blend_ps(condition.bits(), b.value_, a.value_));
  }
  // The instructions return their second argument where either is NaN.
  friend FloatLanes at_least(FloatLanes x, FloatLanes low) {
    return FloatLanes(_mm512_max_ps(low.value_, x.value_));
  }
  friend FloatLanes at_most(FloatLanes x, FloatLanes high) {
    return FloatLanes(_mm512_min_ps(high.value_, x.value_));
  }
  // Of a first argument that is NaN nothing is taken but itself.
  friend FloatLanes larger(FloatLanes a, FloatLanes b) {
    return FloatLanes(_mm512_mask_max_ps(a.value_, (a == a).bits(), a.value_, b.value_));
  }
  friend FloatLanes smaller(FloatLanes a, FloatLanes b) {
    return FloatLanes(_mm512_mask_min_ps(a.value_, (a == a).bits(), a.value_, b.value_));
  }
  friend FloatLanes fma(FloatLanes a, FloatLanes b, FloatLanes c) {
    return FloatLanes(_mm512_fmadd_ps(a.value_, b.value_, c.value_));
  }
  friend FloatLanes fabs(FloatLanes x) { return FloatLanes(_mm512_abs_ps(x.value_)); }
  friend FloatLanes sqrt(FloatLanes x) { return FloatLanes(_mm512_sqrt_ps(x.value_)); }
  friend FloatLanes copysign(FloatLanes size, FloatLanes sign) {
    constexpr int kFirstChooses = 0xca;  // bit by bit: first ? second : third
    return FloatLanes(_mm512_castsi512_ps(_mm512_ternarylogic_epi32(
        _mm512_set1_epi32(INT32_MIN), sign.bits(), size.bits(), kFirstChooses)));
  }
  friend LaneMask is_signed(FloatLanes x) {
    return LaneMask(_mm512_cmplt_epi32_mask(x.bits(), _mm512_setzero_si512()));
  }
  friend FloatLanes power_of_two(FloatLanes n) {
    const FloatLanes shifted = n + FloatLanes(0x1.8p23f + 127);  // leaves n + 127 in the last bits
    return FloatLanes(_mm512_castsi512_ps(_mm512_slli_epi32(shifted.bits(), 23)));
  }
  friend FloatLanes times_power_of_two(FloatLanes x, FloatLanes n) {
    return FloatLanes(_mm512_scalef_ps(x.value_, n.value_));
  }
  /// a0 b0 a1 b1 …, of the lower halves and of the upper ones.
  friend FloatLanes zip_lower(FloatLanes a, FloatLanes b) {
    return FloatLanes(__builtin_shufflevector(a.value_, b.value_, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20,
                                              5, 21, 6, 22, 7, 23));
  }
  friend FloatLanes zip_upper(FloatLanes a, FloatLanes b) {
    return FloatLanes(__builtin_shufflevector(a.value_, b.value_, 8, 24, 9, 25, 10, 26, 11, 27, 12,
                                              28, 13, 29, 14, 30, 15, 31));
  }
  /// Lane i gets lane i + kBy, past the last one from the first on.
  template <int kBy>
  FloatLanes rotated() const {
    return FloatLanes(_mm512_castsi512_ps(_mm512_alignr_epi32(bits(), bits(), kBy)));
  }
  /// Lane 0.
  float front() const { return _mm512_cvtss_f32(value_); }
  friend math::Decomposed<FloatLanes> decompose(FloatLanes x) {
    // Negative numbers become NaN, -0 what 0 does.
    constexpr auto kSigns =
        static_cast<_MM_MANTISSA_SIGN_ENUM>(_MM_MANT_SIGN_zero | _MM_MANT_SIGN_nan);
    const __m512 mantissa = _mm512_getmant_ps(x.value_, _MM_MANT_NORM_p75_1p5, kSigns);
    // By how much the mantissa was halved to lie below 3/2.
    const __m512 exponent = _mm512_getexp_ps(x.value_) - _mm512_getexp_ps(mantissa);
    return {FloatLanes(mantissa), FloatLanes(exponent)};
  }

 private:
  static __mmask16 first(std::int64_t count) { return static_cast<__mmask16>((1 << count) - 1); }
  template <int kPredicate>
  static LaneMask compare(FloatLanes a, FloatLanes b) {
    return LaneMask(_mm512_cmp_ps_mask(a.value_, b.value_, kPredicate));
  }
  __m512i bits() const { return _mm512_castps_si512(value_); }

  __m512 value_;
};

/// rows[i] lane j = rows[j] lane i: each pass puts lanes side by side whose rows are as far apart
/// as half of the rows.
[[gnu::flatten]] inline void transpose(FloatLanes (&rows)[FloatLanes::kCount]) {
  constexpr int kHalf = FloatLanes::kCount / 2;
  unrolled<4>([&](int) {
    FloatLanes zipped[FloatLanes::kCount];
    unrolled<kHalf>([&](int i) {
      zipped[2 * i] = zip_lower(rows[i], rows[i + kHalf]);
      zipped[2 * i + 1] = zip_upper(rows[i], rows[i + kHalf]);
    });
    unrolled<FloatLanes::kCount>([&](int i) { rows[i] = zipped[i]; });
  });
}

}  // namespace tenon::cpu

template <>
struct tenon::math::NumberOf<tenon::cpu::FloatLanes> {
  using type = float;
};

#endif  // __AVX512F__

#endif  // TENON_TENSOR_CPU_FLOAT_LANES_H_

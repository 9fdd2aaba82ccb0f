// What float_lanes.h needs of the processor, by the instructions of AVX-512.
#ifndef TENON_TENSOR_CPU_FLOAT_LANES_AVX512_H_
#define TENON_TENSOR_CPU_FLOAT_LANES_AVX512_H_

#ifdef __AVX512F__

#include <immintrin.h>

#include <cstdint>

#include "tensor/cpu/lanes.h"
#include "tensor/internal/scalar_primitives.h"

namespace tenon::cpu {

/// One condition a lane.
class LaneMask {
 public:
  LaneMask() = default;
  explicit LaneMask(__mmask16 bits) : bits_(bits) {}
  __mmask16 bits() const { return bits_; }
  friend LaneMask operator&(LaneMask a, LaneMask b) { return of(a.bits_ & b.bits_); }
  friend LaneMask operator|(LaneMask a, LaneMask b) { return of(a.bits_ | b.bits_); }
  /// a where not b.
  friend LaneMask without(LaneMask a, LaneMask b) { return of(a.bits_ & ~b.bits_); }

  /// The first `count`.
  static LaneMask first(std::int64_t count) { return of((1 << count) - 1); }
  /// Those that are not 0; -1 stands for true.
  static LaneMask of(const std::int32_t* lanes) {
    const __m512i all = _mm512_loadu_si512(lanes);
    return LaneMask(_mm512_test_epi32_mask(all, all));
  }

 private:
  static LaneMask of(int bits) { return LaneMask(static_cast<__mmask16>(bits)); }
  __mmask16 bits_;
};

namespace instructions {

inline __m512i bits(Lanes x) { return _mm512_castps_si512(x); }

inline Lanes load(const float* from, std::int64_t count) {
  return _mm512_maskz_loadu_ps(LaneMask::first(count).bits(), from);
}
inline void store(float* to, std::int64_t count, Lanes x) {
  _mm512_mask_storeu_ps(to, LaneMask::first(count).bits(), x);
}

template <int kPredicate>
inline LaneMask compare(Lanes a, Lanes b) {
  return LaneMask(_mm512_cmp_ps_mask(a, b, kPredicate));
}
inline Lanes select(LaneMask condition, Lanes a, Lanes b) {
  return _mm512_mask_blend_ps(condition.bits(), b, a);
}

// Of two numbers of which one is NaN, the second.
inline Lanes max(Lanes a, Lanes b) { return _mm512_max_ps(a, b); }
inline Lanes min(Lanes a, Lanes b) { return _mm512_min_ps(a, b); }
// Where not `condition`, a.
inline Lanes max(LaneMask condition, Lanes a, Lanes b) {
  return _mm512_mask_max_ps(a, condition.bits(), a, b);
}
inline Lanes min(LaneMask condition, Lanes a, Lanes b) {
  return _mm512_mask_min_ps(a, condition.bits(), a, b);
}

inline Lanes fma(Lanes a, Lanes b, Lanes c) { return _mm512_fmadd_ps(a, b, c); }
inline Lanes abs(Lanes x) { return _mm512_abs_ps(x); }
inline Lanes sqrt(Lanes x) { return _mm512_sqrt_ps(x); }
inline Lanes copysign(Lanes size, Lanes sign) {
  constexpr int kFirstChooses = 0xca;  // bit by bit: first ? second : third
  return _mm512_castsi512_ps(_mm512_ternarylogic_epi32(_mm512_set1_epi32(INT32_MIN), bits(sign),
                                                       bits(size), kFirstChooses));
}
inline LaneMask is_signed(Lanes x) {
  return LaneMask(_mm512_cmplt_epi32_mask(bits(x), _mm512_setzero_si512()));
}

/// The bits of x, `by` places to the left.
inline Lanes shifted_left(Lanes x, int by) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(bits(x), static_cast<unsigned>(by)));
}
inline Lanes times_power_of_two(Lanes x, Lanes n) { return _mm512_scalef_ps(x, n); }
inline math::Decomposed<Lanes> decompose(Lanes x) {
  // Negative numbers become NaN, -0 what 0 does.
  constexpr auto kSigns =
      static_cast<_MM_MANTISSA_SIGN_ENUM>(_MM_MANT_SIGN_zero | _MM_MANT_SIGN_nan);
  const Lanes mantissa = _mm512_getmant_ps(x, _MM_MANT_NORM_p75_1p5, kSigns);
  // By how much the mantissa was halved to lie below 3/2.
  return {mantissa, _mm512_getexp_ps(x) - _mm512_getexp_ps(mantissa)};
}

/// Lane i of `from` is lane places[i], where `condition`; elsewhere it is lane i of `other`.
inline Lanes permuted(LaneMask condition, Lanes from, const std::int32_t* places, Lanes other) {
  return _mm512_mask_permutexvar_ps(other, condition.bits(), _mm512_loadu_si512(places), from);
}

}  // namespace instructions
}  // namespace tenon::cpu

#endif  // __AVX512F__

#endif  // TENON_TENSOR_CPU_FLOAT_LANES_AVX512_H_

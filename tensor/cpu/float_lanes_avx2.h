// What float_lanes.h needs of the processor, by the instructions of AVX2 and FMA.
#ifndef TENON_TENSOR_CPU_FLOAT_LANES_AVX2_H_
#define TENON_TENSOR_CPU_FLOAT_LANES_AVX2_H_

#if defined(__AVX2__) && defined(__FMA__) && !defined(__AVX512F__)

#include <immintrin.h>

#include <cstdint>
#include <cstring>
#include <limits>

#include "tensor/cpu/lanes.h"
#include "tensor/internal/scalar_primitives.h"

namespace tenon::cpu {

/// One condition a lane: its sign. Other bits may be anything.
class LaneMask {
 public:
  LaneMask() = default;
  explicit LaneMask(__m256 bits) : bits_(bits) {}
  __m256 bits() const { return bits_; }
  friend LaneMask operator&(LaneMask a, LaneMask b) {
    return LaneMask(_mm256_and_ps(a.bits_, b.bits_));
  }
  friend LaneMask operator|(LaneMask a, LaneMask b) {
    return LaneMask(_mm256_or_ps(a.bits_, b.bits_));
  }
  /// a where not b.
  friend LaneMask without(LaneMask a, LaneMask b) {
    return LaneMask(_mm256_andnot_ps(b.bits_, a.bits_));
  }

  /// The first `count`, with all of their bits.
  static LaneMask first(std::int64_t count) {
    static constexpr std::int32_t kFirst[2 * kLanes] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return of(kFirst + kLanes - count);
  }
  /// Those that are not 0; -1 stands for true.
  static LaneMask of(const std::int32_t* lanes) {
    return LaneMask(_mm256_loadu_ps(reinterpret_cast<const float*>(lanes)));
  }

 private:
  __m256 bits_;
};

namespace instructions {

inline __m256i bits(Lanes x) { return _mm256_castps_si256(x); }
inline Lanes floats(__m256i bits) { return _mm256_castsi256_ps(bits); }
inline Lanes everywhere(std::int32_t bits) { return floats(_mm256_set1_epi32(bits)); }

inline Lanes load(const float* from, std::int64_t count) {
  return _mm256_maskload_ps(from, bits(LaneMask::first(count).bits()));
}
/// By halves, quarters and eighths: a store under a mask takes some 20 cycles on AMD's processors
/// up to Zen 3.
inline void store(float* to, std::int64_t count, Lanes x) {
  if (count >= kLanes) return cpu::store(to, x);
  __m128 rest = _mm256_castps256_ps128(x);
  if (count & 4) {
    _mm_storeu_ps(to, rest);
    rest = _mm256_extractf128_ps(x, 1);
    to += 4;
  }
  if (count & 2) {
    _mm_storel_pi(reinterpret_cast<__m64*>(to), rest);
    rest = _mm_movehl_ps(rest, rest);
    to += 2;
  }
  if (count & 1) std::memcpy(to, &rest, sizeof(float));
}

template <int kPredicate>
inline LaneMask compare(Lanes a, Lanes b) {
  return LaneMask(_mm256_cmp_ps(a, b, kPredicate));
}
inline Lanes select(LaneMask condition, Lanes a, Lanes b) {
  return _mm256_blendv_ps(b, a, condition.bits());
}

// Of two numbers of which one is NaN, the second.
inline Lanes max(Lanes a, Lanes b) { return _mm256_max_ps(a, b); }
inline Lanes min(Lanes a, Lanes b) { return _mm256_min_ps(a, b); }
// Where not `condition`, a.
inline Lanes max(LaneMask condition, Lanes a, Lanes b) { return select(condition, max(a, b), a); }
inline Lanes min(LaneMask condition, Lanes a, Lanes b) { return select(condition, min(a, b), a); }

inline Lanes fma(Lanes a, Lanes b, Lanes c) { return _mm256_fmadd_ps(a, b, c); }
inline Lanes abs(Lanes x) { return _mm256_andnot_ps(everywhere(INT32_MIN), x); }
inline Lanes sqrt(Lanes x) { return _mm256_sqrt_ps(x); }
inline Lanes copysign(Lanes size, Lanes sign) {
  return _mm256_or_ps(abs(size), _mm256_and_ps(everywhere(INT32_MIN), sign));
}
inline LaneMask is_signed(Lanes x) { return LaneMask(x); }

/// The bits of x, `by` places to the left.
inline Lanes shifted_left(Lanes x, int by) { return floats(_mm256_slli_epi32(bits(x), by)); }

// As scalar_primitives.h has them.
inline Lanes times_power_of_two(Lanes x, Lanes n) {
  const Lanes shift = broadcast(0x1.8p23f);
  const __m256i whole = _mm256_sub_epi32(bits(n + shift), bits(shift));
  const __m256i half = _mm256_srai_epi32(whole, 1), one = bits(broadcast(1));
  const auto power = [=](__m256i exponent) {
    return floats(_mm256_add_epi32(_mm256_slli_epi32(exponent, 23), one));
  };
  return x * power(half) * power(_mm256_sub_epi32(whole, half));
}
inline math::Decomposed<Lanes> decompose(Lanes x) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const __m256i three_quarters = bits(broadcast(0.75f)), fraction = _mm256_set1_epi32(0x7fffff);
  const LaneMask denormal = compare<_CMP_LT_OS>(x, broadcast(0x1p-126f));
  const __m256i above = _mm256_sub_epi32(bits(select(denormal, x * 0x1p23f, x)), three_quarters);
  Lanes exponent = _mm256_cvtepi32_ps(_mm256_srai_epi32(above, 23)) -
                   Lanes(_mm256_and_ps(denormal.bits(), broadcast(23)));
  exponent = select(compare<_CMP_EQ_OQ>(x, Lanes{}), broadcast(-kInfinity), exponent);
  exponent = select(compare<_CMP_LT_OS>(x, broadcast(kInfinity)), exponent, x);
  const Lanes mantissa =
      floats(_mm256_add_epi32(_mm256_and_si256(above, fraction), three_quarters));
  const Lanes none = Lanes{} + std::numeric_limits<float>::quiet_NaN();
  return {select(compare<_CMP_LT_OS>(x, Lanes{}), none, mantissa), exponent};
}

/// Lane i of `from` is lane places[i], where `condition`; elsewhere it is lane i of `other`.
inline Lanes permuted(LaneMask condition, Lanes from, const std::int32_t* places, Lanes other) {
  const __m256i all = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(places));
  return select(condition, _mm256_permutevar8x32_ps(from, all), other);
}

}  // namespace instructions
}  // namespace tenon::cpu

#endif

#endif  // TENON_TENSOR_CPU_FLOAT_LANES_AVX2_H_

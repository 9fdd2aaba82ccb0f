// Elementary functions of one number, for the kernels of every device.
//
//   for (i…) out[i] = math::exp(x[i]);   // the compiler turns the loop into vectors
//
// Those of float have no branches, no tables and no calls: loops over them vectorize, and a CPU and
// a GPU compute the same bits. Each is within 2.5 units in the last place over its whole range,
// denormal numbers and infinities included. Coefficients are minimax fits in the relative error,
// each with the error of the fit beside it. Those of double are the C library's.
#ifndef TENON_TENSOR_INTERNAL_SCALAR_MATH_H_
#define TENON_TENSOR_INTERNAL_SCALAR_MATH_H_

#include <cmath>
#include <cstdint>
#include <limits>

#include "tensor/internal/host_device.h"

// Inlined always: a call in a loop would keep it from becoming vectors.
#define TENON_SCALAR TENON_HOST_DEVICE inline __attribute__((always_inline))

namespace tenon::math {

TENON_SCALAR std::int32_t bits_of(float x) { return __builtin_bit_cast(std::int32_t, x); }
TENON_SCALAR float float_of(std::int32_t bits) { return __builtin_bit_cast(float, bits); }

/// c0 + c1 x + c2 x^2 + …, by Horner's rule. No loop: GCC vectorizes innermost ones only.
TENON_SCALAR float polynomial(float, float c) { return c; }
template <class... Rest>
TENON_SCALAR float polynomial(float x, float c, Rest... rest) {
  return std::fma(polynomial(x, rest...), x, c);
}

/// x = n ln 2 + r with |r| <= ln 2 / 2. Adding 1.5 * 2^23 leaves n in the last bits.
struct Reduced {
  std::int32_t n;
  float r;
};
TENON_SCALAR Reduced reduce_exponent(float x) {
  constexpr float kShift = 0x1.8p23f, kInverseLn2 = 0x1.715476p0f;
  constexpr float kLn2High = 0x1.62e4p-1f, kLn2Low = 0x1.7f7d1cp-20f;
  const float shifted = std::fma(x, kInverseLn2, kShift);
  const float n = shifted - kShift;
  return {bits_of(shifted) - bits_of(kShift), std::fma(n, -kLn2Low, std::fma(n, -kLn2High, x))};
}

TENON_SCALAR float power_of_two(std::int32_t n) { return float_of((n + 127) << 23); }

/// (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2, to 2^-31.9 of e^r - 1.
TENON_SCALAR float exp_tail(float r) {
  return polynomial(r, 0.5f, 0.166666657f, 0.0416663587f, 0.00833338965f, 0.00139408931f,
                    0.000198458976f);
}

/// e^x 2^k.
TENON_SCALAR float exp_times(float x, std::int32_t k) {
  x = x < -104 ? -104 : x;  // half of the smallest denormal number
  x = x > 91 ? 91 : x;      // e^x / 2 is infinite
  const Reduced e = reduce_exponent(x);
  const float y = 1 + std::fma(e.r * e.r, exp_tail(e.r), e.r);
  const std::int32_t n = e.n + k, half = n >> 1;  // 2^n itself may be no normal number
  return y * power_of_two(half) * power_of_two(n - half);
}
TENON_SCALAR float exp(float x) { return exp_times(x, 0); }

TENON_SCALAR float expm1(float x) {
  const float limited = x > 89 ? 89 : x < -40 ? -40 : x;
  const Reduced e = reduce_exponent(limited);
  const float y = e.r * std::fma(e.r, exp_tail(e.r), 1.0f);
  const float half = power_of_two(e.n - 1);
  return e.n == 0 ? y : 2 * std::fma(half, y, half - 0.5f);
}

/// (log(1+f) - f + f^2/2) / f^3 for f in [sqrt(1/2), sqrt(2)] - 1, to 2^-30.3 of the logarithm.
TENON_SCALAR float log_tail(float f) {
  return polynomial(f, 0.333333135f, -0.250000089f, 0.200021192f, -0.166679963f, 0.142195508f,
                    -0.124055915f, 0.118881747f, -0.116756409f, 0.0674660131f);
}

TENON_SCALAR float log(float x) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kLn2High = 0x1.62e4p-1f, kLn2Low = 0x1.7f7d1cp-20f;
  constexpr std::int32_t kSqrtHalf = 0x3f3504f3;
  const bool denormal = x < 0x1p-126f;
  // Bits of negative numbers wrap around; what becomes of them is not used.
  const auto from_sqrt_half = static_cast<std::int32_t>(
      static_cast<std::uint32_t>(bits_of(denormal ? x * 0x1p23f : x)) - std::uint32_t{kSqrtHalf});
  const auto e = static_cast<float>((from_sqrt_half >> 23) - (denormal ? 23 : 0));
  const float f = float_of((from_sqrt_half & 0x7fffff) + kSqrtHalf) - 1;
  float y = std::fma(f * f, -0.5f, std::fma(f * f * f, log_tail(f), e * kLn2Low));
  y = std::fma(e, kLn2High, y + f);
  y = x == 0 ? -kInfinity : y;
  y = x < 0 ? std::numeric_limits<float>::quiet_NaN() : y;
  return x < kInfinity ? y : x;  // infinity and NaN are their own logarithms
}

TENON_SCALAR float log1p(float x) {
  const float sum = 1 + x;
  const float lost = x - (sum - 1);
  const float y = log(sum) + lost / sum;
  const bool itself = sum == 1 || x == std::numeric_limits<float>::infinity();
  return itself ? x : x == -1 ? -std::numeric_limits<float>::infinity() : y;
}

TENON_SCALAR float sinh(float x) {
  const float size = std::fabs(x);
  const float t = expm1(size > 1 ? 1 : size);
  const float half = exp_times(size, -1);  // e^|x| itself may be infinite
  return std::copysign(size > 1 ? half - 0.25f / half : 0.5f * (t + t / (t + 1)), x);
}

TENON_SCALAR float cosh(float x) {
  const float half = exp_times(std::fabs(x), -1);
  return half + 0.25f / half;
}

TENON_SCALAR float tanh(float x) {
  const float size = std::fabs(x);
  const float t = expm1(2 * (size > 10 ? 10 : size));  // tanh(9.02) rounds to 1
  return std::copysign(t / (t + 2), x);
}

// pi/2 is kHalfPi + kHalfPiRest.
inline constexpr float kHalfPi = 0x1.921fb6p0f, kHalfPiRest = -0x1.777a5cp-25f;

/// asin(|x|) for |x| < 1/2, else half of acos(|x|) = 2 asin(sqrt((1 - |x|) / 2)). The fit of
/// (asin(s) - s) / s^3 is good to 2^-27.6 of asin(s).
TENON_SCALAR float asin_half(float x) {
  const float size = std::fabs(x);
  const bool small = size < 0.5f;
  const float square = small ? x * x : std::fma(size, -0.5f, 0.5f);
  const float root = small ? size : std::sqrt(square);
  return std::fma(
      root * square,
      polynomial(square, 0.166667521f, 0.074952975f, 0.0454703756f, 0.0241795145f, 0.0421663076f),
      root);
}

TENON_SCALAR float asin(float x) {
  const float y = asin_half(x);
  const float large = std::fma(y, -2.0f, kHalfPi) + kHalfPiRest;
  return std::copysign(std::fabs(x) < 0.5f ? y : large, x);
}

TENON_SCALAR float acos(float x) {
  const float y = asin_half(x);
  const float middle = kHalfPi - (std::copysign(y, x) - kHalfPiRest);
  const float ends = x < 0 ? 2 * (kHalfPi - (y - kHalfPiRest)) : 2 * y;
  return std::fabs(x) < 0.5f ? middle : ends;
}

/// The angle of (x, y), turned to within pi/8 of an axis, where (atan(t) - t) / t^3 is fitted to
/// 2^-30.5 of atan(t).
TENON_SCALAR float atan2(float y, float x) {
  const float up = std::fabs(y), along = std::fabs(x);
  const float scale = up > 0x1p100f || along > 0x1p100f ? 0x1p-30f : 1.0f;  // sums stay finite
  const float larger = scale * (up > along ? up : along);
  const float smaller = scale * (up > along ? along : up);
  const bool diagonal = smaller == larger && larger > 0;  // infinities among them
  const bool steep = diagonal || smaller > 0.414213562f * larger;
  const float quotient = (steep ? smaller - larger : smaller) / (steep ? smaller + larger : larger);
  const float t = smaller == larger ? 0.0f : quotient;
  const float square = t * t;
  float angle = std::fma(
      t * square,
      polynomial(square, -0.333333164f, 0.199984714f, -0.142435223f, 0.105937272f, -0.0607799068f),
      t);
  angle = steep ? 0.5f * kHalfPi + (angle + 0.5f * kHalfPiRest) : angle;
  angle = up > along ? kHalfPi - (angle - kHalfPiRest) : angle;
  angle = bits_of(x) < 0 ? 2 * kHalfPi - (angle - 2 * kHalfPiRest) : angle;
  const bool is_number = x == x && y == y;
  return is_number ? std::copysign(angle, y) : x + y;
}
TENON_SCALAR float atan(float x) { return atan2(x, 1.0f); }

/// 1 / (1 + e^-x), from e^-|x|: exact to the last denormal number.
TENON_SCALAR float sigmoid(float x) {
  const float e = exp(-std::fabs(x));
  const float larger = 1 / (1 + e);
  return x < 0 ? e * larger : larger;
}

/// The normal distribution at -|x|: what lies below, and e^(-x^2/2). The square is split into its
/// rounded value and the rest, or the exponential would lose x^2/2 units; the ratio of both,
/// e^(x^2/2) Phi(-a), times 1 + 2a is a smooth function of (a-4)/(a+4), fitted to 2^-28.3.
struct NormalTail {
  float below;
  float bell;
};
TENON_SCALAR NormalTail normal_tail(float x) {
  const float size = std::fabs(x);
  const float a = size > 15 ? 15 : size;  // Phi(-14.2) is below the last denormal number
  const float square = a * a, rest = std::fma(a, a, -square);
  const float rounded = exp(-0.5f * square);
  const float bell = std::fma(rounded, -0.5f * rest, rounded);
  return {bell *
              polynomial((a - 4) / (a + 4), 0.849695802f, -0.0230091978f, -0.0963800848f,
                         0.128906906f, -0.0952592343f, 0.0443767346f, -0.0105142789f,
                         -0.00126065826f, 0.00155883923f, -6.07621769e-05f, -0.000147993545f) /
              std::fma(a, 2.0f, 1.0f),
          bell};
}

TENON_SCALAR float normal_cdf(float x) {
  const float below = normal_tail(x).below;
  return x < 0 ? below : 1 - below;
}

TENON_SCALAR float erf(float x) {
  // erf(x) / x as a function of x^2 for |x| <= 1, to 2^-29.6.
  const float square = x * x;
  const float small = x * polynomial(square, 1.12837911f, -0.37612626f, 0.112835854f, -0.026853811f,
                                     0.00518832775f, -0.000801019254f, 7.85385782e-05f);
  const float large = std::copysign(1 - 2 * normal_tail(x * 0x1.6a09e6p0f).below, x);
  return square < 1 ? small : large;
}

TENON_SCALAR double exp(double x) { return std::exp(x); }
TENON_SCALAR double expm1(double x) { return std::expm1(x); }
TENON_SCALAR double log(double x) { return std::log(x); }
TENON_SCALAR double log1p(double x) { return std::log1p(x); }
TENON_SCALAR double asin(double x) { return std::asin(x); }
TENON_SCALAR double acos(double x) { return std::acos(x); }
TENON_SCALAR double atan(double x) { return std::atan(x); }
TENON_SCALAR double atan2(double y, double x) { return std::atan2(y, x); }
TENON_SCALAR double sinh(double x) { return std::sinh(x); }
TENON_SCALAR double cosh(double x) { return std::cosh(x); }
TENON_SCALAR double tanh(double x) { return std::tanh(x); }
TENON_SCALAR double erf(double x) { return std::erf(x); }
TENON_SCALAR double sigmoid(double x) {
  const double e = std::exp(-std::fabs(x));
  return x < 0 ? e / (1 + e) : 1 / (1 + e);
}
TENON_SCALAR double normal_cdf(double x) { return 0.5 * std::erfc(x * -0.70710678118654752); }

// Division with a rest. Of integers, b is not 0; the quotient of the smallest and -1 wraps.

/// The rest has a's sign.
TENON_SCALAR float fmod(float a, float b) { return std::fmod(a, b); }
TENON_SCALAR double fmod(double a, double b) { return std::fmod(a, b); }
TENON_SCALAR std::int64_t fmod(std::int64_t a, std::int64_t b) { return b == -1 ? 0 : a % b; }

/// The rest has b's sign.
template <class C>
TENON_SCALAR C remainder(C a, C b) {
  const C rest = fmod(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

/// The largest whole number that is no larger than a / b, exactly.
template <class C>
TENON_SCALAR C floor_divide(C a, C b) {
  if (b == 0) return a / b;
  const C rest = fmod(a, b);
  const C whole = std::round((a - rest) / b) - (rest != 0 && (rest < 0) != (b < 0) ? 1 : 0);
  return whole != 0 ? whole : std::copysign(C{0}, a / b);
}
TENON_SCALAR std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  if (b == -1) return static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(a));
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

/// The density of the normal distribution.
TENON_SCALAR float normal_pdf(float x) { return 0.398942280f * normal_tail(x).bell; }
TENON_SCALAR double normal_pdf(double x) { return 0.39894228040143268 * std::exp(-0.5 * x * x); }

}  // namespace tenon::math

#endif  // TENON_TENSOR_INTERNAL_SCALAR_MATH_H_

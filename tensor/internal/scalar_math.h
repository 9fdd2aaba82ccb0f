// Elementary functions for the kernels of every device: of one number, or of a CPU's register of
// floats (tensor/cpu/float_lanes.h), of which each lane gets the same bits.
//
//   apply(count, out, [](auto x) { return math::exp(x); }, x);   // tensor/cpu/vectorize.h
//
// Those of float have no branches, no tables and no calls: loops over them vectorize, and a CPU and
// a GPU compute the same bits. Each is within 2.5 units in the last place over its whole range,
// denormal numbers and infinities included. Coefficients are minimax fits in the relative error,
// each with the error of the fit beside it. Those of double are the C library's.
#ifndef TENON_TENSOR_INTERNAL_SCALAR_MATH_H_
#define TENON_TENSOR_INTERNAL_SCALAR_MATH_H_

#include <cmath>
#include <cstdint>

#include "tensor/internal/scalar_circular.h"
#include "tensor/internal/scalar_exponential.h"
#include "tensor/internal/scalar_normal.h"

namespace tenon::math {

// Those of double, as the C library has them.

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
TENON_SCALAR double exp_of_term(double x) { return std::exp(x); }
TENON_SCALAR double exp_minus_abs(double x) { return std::exp(-std::fabs(x)); }
TENON_SCALAR double exp_of_product(double a, double b, double rest) {
  const double rounded = std::exp(-a * b);
  return std::fma(rounded, -(std::fma(a, b, -(a * b)) + a * rest), rounded);
}
TENON_SCALAR double log1p_of_fraction(double x) { return std::log1p(x); }
TENON_SCALAR NormalTail<double> normal_tail(double x) {
  return {0.5 * std::erfc(std::fabs(x) * 0.70710678118654752), std::exp(-0.5 * x * x)};
}
TENON_SCALAR double normal_cdf(double x) { return 0.5 * std::erfc(x * -0.70710678118654752); }
TENON_SCALAR double normal_pdf(const NormalTail<double>& tail) {
  return 0.39894228040143268 * tail.bell;
}

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

}  // namespace tenon::math

#endif  // TENON_TENSOR_INTERNAL_SCALAR_MATH_H_

// Exponentials, logarithms and what is made of them, of float: see scalar_math.h.
#ifndef TENON_TENSOR_INTERNAL_SCALAR_EXPONENTIAL_H_
#define TENON_TENSOR_INTERNAL_SCALAR_EXPONENTIAL_H_

#include <limits>

#include "tensor/internal/scalar_primitives.h"

namespace tenon::math {

// ln 2 is kLn2 to 2^-28.4 of it, and the sum of both others, of which whole multiples of the first,
// up to 512 of them, are exact.
inline constexpr float kLn2 = 0x1.62e43p-1f, kLn2High = 0x1.62e4p-1f, kLn2Low = 0x1.7f7d1cp-20f;

/// The whole number nearest to x / ln 2, for |x| < 2^21.
template <class V>
TENON_SCALAR V nearest_exponent(V x) {
  constexpr float kShift = 0x1.8p23f, kInverseLn2 = 0x1.715476p0f;  // numbers so large are whole
  return fma(x, V(kInverseLn2), V(kShift)) - V(kShift);
}

/// x = n ln 2 + r with |r| <= ln 2 / 2.
template <class V>
struct Reduced {
  V n;
  V r;
};
template <class V>
TENON_SCALAR Reduced<V> reduce_exponent(V x) {
  const V n = nearest_exponent(x);
  return {n, fma(n, V(-kLn2Low), fma(n, V(-kLn2High), x))};
}

/// (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2, to 2^-26.1 of e^r - 1.
template <class V>
TENON_SCALAR V exp_tail(V r) {
  return polynomial(r, 0.49999997f, 0.166665465f, 0.0416674353f, 0.00836626254f, 0.00138706667f);
}
/// e^r - 1
template <class V>
TENON_SCALAR V expm1_reduced(V r) {
  return fma(r * r, exp_tail(r), r);
}

/// e^(n ln 2 + r), denormal numbers, 0 and infinity included.
template <class V>
TENON_SCALAR V exp_of(const Reduced<V>& e) {
  return times_power_of_two(fma(fma(exp_tail(e.r), e.r, V(1)), e.r, V(1)), e.n);
}
/// e^x 2^k for -170 <= x <= 170.
template <class V>
TENON_SCALAR V exp_within(V x, float k = 0) {
  const Reduced<V> e = reduce_exponent(x);
  return exp_of(Reduced<V>{e.n + V(k), e.r});
}
/// e^x 2^k. e^-104 is below half of the smallest denormal number, e^91 / 2 infinite.
template <class V>
TENON_SCALAR V exp_times(V x, float k) {
  return exp_within(at_most(at_least(x, V(-104)), V(91)), k);
}
template <class V>
TENON_SCALAR V exp(V x) {
  return exp_times(x, 0);
}
/// e^-|x|
template <class V>
TENON_SCALAR V exp_minus_abs(V x) {
  return exp_within(at_least(-fabs(x), V(-104)));
}

/// e^x for x <= 0 to 2^-26, of 1 and not of itself: for sums of which the largest term is 1.
template <class V>
TENON_SCALAR V exp_of_term(V x) {
  const V near = at_least(x, V(-87)), n = nearest_exponent(near);
  const V r = fma(n, V(-kLn2), near);
  return fma(fma(exp_tail(r), r, V(1)), r, V(1)) * power_of_two(n);
}

template <class V>
TENON_SCALAR V expm1(V x) {
  const Reduced<V> e = reduce_exponent(at_most(at_least(x, V(-40)), V(89)));
  const V y = expm1_reduced(e.r);
  const V half = power_of_two(e.n - V(1));  // 2^n itself may be infinite
  const V scaled = fma(half, y, half - V(0.5f));
  return copysign(select(e.n == V(0), y, scaled + scaled), x);
}

/// log(2^k (1 + f)) for f from -1/4 to 1/2, of which log(1+f) - f is good to 2^-27.6 of log(1+f).
/// One number for ln 2 is enough: it lies within 1/20 of a unit.
template <class V>
TENON_SCALAR V log_of(V k, V f) {
  const V curve = polynomial(f, -0.5f, 0.333334506f, -0.250001073f, 0.199908271f, -0.166468844f,
                             0.144779593f, -0.131647065f, 0.104729436f, -0.0451499224f);
  return fma(k, V(kLn2), fma(f * f, curve, f));
}

template <class V>
TENON_SCALAR V log(V x) {
  const Decomposed<V> d = decompose(x);
  return log_of(d.exponent, d.mantissa - V(1));
}

/// What 1 + x loses when it is rounded is added to the mantissa.
template <class V>
TENON_SCALAR V log1p(V x) {
  const V sum = V(1) + x;
  const V lost = x - (sum - V(1));
  const Decomposed<V> d = decompose(sum);
  const V back = at_most(-d.exponent, V(127));  // not infinity, at -1
  const V f = (d.mantissa - V(1)) + times_power_of_two(lost, back);
  const V y = copysign(log_of(d.exponent, f), x);
  return select(x < V(std::numeric_limits<float>::infinity()), y, x);
}

/// log(1 + x) for x from 0 to 1, as 2 artanh(x / (2 + x)): of that, (2 artanh(s) - 2 s) / s^3 is
/// fitted to 2^-27.7.
template <class V>
TENON_SCALAR V log1p_of_fraction(V x) {
  const V s = x / (x + V(2));
  const V square = s * s;
  return fma(s * square, polynomial(square, 0.666664183f, 0.400214374f, 0.28003028f, 0.280067533f),
             s + s);
}

template <class V>
TENON_SCALAR V sinh(V x) {
  const V size = fabs(x);
  const V t = expm1(at_most(size, V(1)));
  const V half = exp_times(size, -1);  // e^|x| itself may be infinite
  const V small = V(0.5f) * (t + t / (t + V(1)));
  return copysign(select(size > V(1), half - V(0.25f) / half, small), x);
}

template <class V>
TENON_SCALAR V cosh(V x) {
  const V half = exp_times(fabs(x), -1);
  return half + V(0.25f) / half;
}

/// t / (t + 2) for t = e^2|x| - 1, in which what kLn2 lacks disappears; tanh(9.02) rounds to 1.
template <class V>
TENON_SCALAR V tanh(V x) {
  const V size = at_most(fabs(x), V(10)), twice = size + size;
  const V n = nearest_exponent(twice), power = power_of_two(n);
  const V t = fma(power, expm1_reduced(fma(n, V(-kLn2), twice)), power - V(1));
  return copysign(t / (t + V(2)), x);
}

/// 1 / (1 + e^-x), from e^-|x|: exact to the last denormal number.
template <class V>
TENON_SCALAR V sigmoid(V x) {
  const V e = exp_minus_abs(x);
  return select(x < V(0), e, V(1)) / (V(1) + e);
}

/// -a b = n ln 2 + r for a b up to 170. The product is not rounded by itself, which would cost
/// a b / 2 units of its exponential.
template <class V>
TENON_SCALAR Reduced<V> reduce_product(V a, V b) {
  const V n = nearest_exponent(-a * b);
  return {n, fma(n, V(-kLn2Low), fma(-a, b, n * V(-kLn2High)))};
}

/// e^(-a (b + rest)), rest being far less than b.
template <class V>
TENON_SCALAR V exp_of_product(V a, V b, V rest) {
  const Reduced<V> e = reduce_product(a, b);
  return exp_of(Reduced<V>{e.n, fma(-a, rest, e.r)});
}

}  // namespace tenon::math

#endif  // TENON_TENSOR_INTERNAL_SCALAR_EXPONENTIAL_H_

// The operations that scalar_math.h and activations.h are written in, for one number. Those of a
// CPU's register of floats are in tensor/cpu/float_lanes.h: what is written in them is a function
// of either.
#ifndef TENON_TENSOR_INTERNAL_SCALAR_PRIMITIVES_H_
#define TENON_TENSOR_INTERNAL_SCALAR_PRIMITIVES_H_

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "tensor/internal/host_device.h"

// Inlined always: a call in a loop would keep it from becoming vectors.
#define TENON_SCALAR TENON_HOST_DEVICE inline __attribute__((always_inline))

namespace tenon::math {

TENON_SCALAR std::int32_t bits_of(float x) { return __builtin_bit_cast(std::int32_t, x); }
TENON_SCALAR float float_of(std::int32_t bits) { return __builtin_bit_cast(float, bits); }

/// What constants of V are computed in: the type of one number.
template <class V>
struct NumberOf {
  using type = V;
};
template <class V>
using Number = typename NumberOf<V>::type;

template <class T>
TENON_SCALAR T select(bool condition, T a, std::type_identity_t<T> b) {
  return condition ? a : b;
}

// NaN stays.
template <class T>
TENON_SCALAR T at_least(T x, std::type_identity_t<T> low) {
  return x < low ? low : x;
}
template <class T>
TENON_SCALAR T at_most(T x, std::type_identity_t<T> high) {
  return x > high ? high : x;
}

// NaN wins.
template <class T>
TENON_SCALAR T larger(T a, std::type_identity_t<T> b) {
  const T most = a > b ? a : b;
  return a != a ? a : most;
}
template <class T>
TENON_SCALAR T smaller(T a, std::type_identity_t<T> b) {
  const T least = a < b ? a : b;
  return a != a ? a : least;
}

/// a b + c, rounded once.
template <class T>
TENON_SCALAR T fma(T a, std::type_identity_t<T> b, std::type_identity_t<T> c) {
  return std::fma(a, b, c);
}
template <class T>
TENON_SCALAR T fabs(T x) {
  return std::fabs(x);
}
template <class T>
TENON_SCALAR T sqrt(T x) {
  return std::sqrt(x);
}
template <class T>
TENON_SCALAR T copysign(T size, std::type_identity_t<T> sign) {
  return std::copysign(size, sign);
}
TENON_SCALAR bool is_signed(float x) { return bits_of(x) < 0; }

/// 2^n for whole n from -126 to 127.
TENON_SCALAR float power_of_two(float n) { return float_of(bits_of(n + (0x1.8p23f + 127)) << 23); }

/// x 2^n, rounded once, for whole n from -252 to 254.
TENON_SCALAR float times_power_of_two(float x, float n) {
  constexpr float kShift = 0x1.8p23f;  // leaves n in the last bits
  const std::int32_t whole = bits_of(n + kShift) - bits_of(kShift);
  const std::int32_t half = whole >> 1;  // 2^n itself may be no normal number
  return x * float_of((half + 127) << 23) * float_of((whole - half + 127) << 23);
}

/// x = mantissa 2^exponent with a mantissa from 3/4 to below 3/2. Of 0 and infinity it is 1, the
/// exponent -infinity and infinity; of negative numbers and NaN one of both is NaN.
template <class V>
struct Decomposed {
  V mantissa;
  V exponent;
};
TENON_SCALAR Decomposed<float> decompose(float x) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr std::int32_t kThreeQuarters = 0x3f400000;
  const bool denormal = x < 0x1p-126f;
  // Bits of negative numbers wrap around; what becomes of them is not used.
  const auto above =
      static_cast<std::int32_t>(static_cast<std::uint32_t>(bits_of(denormal ? x * 0x1p23f : x)) -
                                std::uint32_t{kThreeQuarters});
  auto exponent = static_cast<float>((above >> 23) - (denormal ? 23 : 0));
  exponent = x == 0 ? -kInfinity : exponent;
  exponent = x < kInfinity ? exponent : x;
  const float mantissa = float_of((above & 0x7fffff) + kThreeQuarters);
  return {x < 0 ? std::numeric_limits<float>::quiet_NaN() : mantissa, exponent};
}

/// c0 + c1 x + c2 x^2 + …, by Horner's rule.
template <class V>
TENON_SCALAR V polynomial(V, float c) {
  return V(c);
}
template <class V, class... Rest>
TENON_SCALAR V polynomial(V x, float c, Rest... rest) {
  return fma(polynomial(x, rest...), x, V(c));
}

}  // namespace tenon::math

#endif  // TENON_TENSOR_INTERNAL_SCALAR_PRIMITIVES_H_

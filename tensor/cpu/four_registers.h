// Four registers of floats with the operations of tensor/internal/scalar_primitives.h: four chains
// of instructions side by side, so that none has to wait for the result of the one before it, and
// constants are loaded once for all of them. Members and no array, passed by value and combined
// without lambdas: only such does GCC 12 keep in registers.
#ifndef TENON_TENSOR_CPU_FOUR_REGISTERS_H_
#define TENON_TENSOR_CPU_FOUR_REGISTERS_H_

#include "tensor/cpu/float_lanes.h"

#ifdef TENON_FLOAT_LANES

namespace tenon::cpu {

struct FourMasks {
  LaneMask a, b, c, d;

  [[gnu::always_inline]] friend FourMasks operator&(FourMasks x, FourMasks y) {
    return {x.a & y.a, x.b & y.b, x.c & y.c, x.d & y.d};
  }
  [[gnu::always_inline]] friend FourMasks operator|(FourMasks x, FourMasks y) {
    return {x.a | y.a, x.b | y.b, x.c | y.c, x.d | y.d};
  }
  [[gnu::always_inline]] friend FourMasks without(FourMasks x, FourMasks y) {
    return {without(x.a, y.a), without(x.b, y.b), without(x.c, y.c), without(x.d, y.d)};
  }
};

struct FourRegisters {
  static constexpr std::int64_t kCount = 4 * FloatLanes::kCount;

  FloatLanes a, b, c, d;

  FourRegisters() = default;
  /// In every lane.
  [[gnu::always_inline]] FourRegisters(float x) : a(x), b(x), c(x), d(x) {}
  /// In every register.
  [[gnu::always_inline]] explicit FourRegisters(FloatLanes x) : a(x), b(x), c(x), d(x) {}
  [[gnu::always_inline]] FourRegisters(FloatLanes a, FloatLanes b, FloatLanes c, FloatLanes d)
      : a(a), b(b), c(c), d(d) {}

  [[gnu::always_inline]] static FourRegisters load(const float* from) {
    return {FloatLanes::load(from), FloatLanes::load(from + kStep),
            FloatLanes::load(from + 2 * kStep), FloatLanes::load(from + 3 * kStep)};
  }
  [[gnu::always_inline]] void store(float* to) const {
    a.store(to);
    b.store(to + kStep);
    c.store(to + 2 * kStep);
    d.store(to + 3 * kStep);
  }

  [[gnu::always_inline]] friend FourRegisters operator-(FourRegisters x) {
    return {-x.a, -x.b, -x.c, -x.d};
  }
  [[gnu::always_inline]] friend FourRegisters operator+(FourRegisters x, FourRegisters y) {
    return {x.a + y.a, x.b + y.b, x.c + y.c, x.d + y.d};
  }
  [[gnu::always_inline]] friend FourRegisters operator-(FourRegisters x, FourRegisters y) {
    return {x.a - y.a, x.b - y.b, x.c - y.c, x.d - y.d};
  }
  [[gnu::always_inline]] friend FourRegisters operator*(FourRegisters x, FourRegisters y) {
    return {x.a * y.a, x.b * y.b, x.c * y.c, x.d * y.d};
  }
  [[gnu::always_inline]] friend FourRegisters operator/(FourRegisters x, FourRegisters y) {
    return {x.a / y.a, x.b / y.b, x.c / y.c, x.d / y.d};
  }

  [[gnu::always_inline]] friend FourMasks operator<(FourRegisters x, FourRegisters y) {
    return {x.a < y.a, x.b < y.b, x.c < y.c, x.d < y.d};
  }
  [[gnu::always_inline]] friend FourMasks operator<=(FourRegisters x, FourRegisters y) {
    return {x.a <= y.a, x.b <= y.b, x.c <= y.c, x.d <= y.d};
  }
  [[gnu::always_inline]] friend FourMasks operator>(FourRegisters x, FourRegisters y) {
    return {x.a > y.a, x.b > y.b, x.c > y.c, x.d > y.d};
  }
  [[gnu::always_inline]] friend FourMasks operator>=(FourRegisters x, FourRegisters y) {
    return {x.a >= y.a, x.b >= y.b, x.c >= y.c, x.d >= y.d};
  }
  [[gnu::always_inline]] friend FourMasks operator!=(FourRegisters x, FourRegisters y) {
    return {x.a != y.a, x.b != y.b, x.c != y.c, x.d != y.d};
  }
  [[gnu::always_inline]] friend FourMasks operator==(FourRegisters x, FourRegisters y) {
    return {x.a == y.a, x.b == y.b, x.c == y.c, x.d == y.d};
  }

  [[gnu::always_inline]] friend FourRegisters select(FourMasks condition, FourRegisters x,
                                                     FourRegisters y) {
    return {select(condition.a, x.a, y.a), select(condition.b, x.b, y.b),
            select(condition.c, x.c, y.c), select(condition.d, x.d, y.d)};
  }
  [[gnu::always_inline]] friend FourRegisters at_least(FourRegisters x, FourRegisters y) {
    return {at_least(x.a, y.a), at_least(x.b, y.b), at_least(x.c, y.c), at_least(x.d, y.d)};
  }
  [[gnu::always_inline]] friend FourRegisters at_most(FourRegisters x, FourRegisters y) {
    return {at_most(x.a, y.a), at_most(x.b, y.b), at_most(x.c, y.c), at_most(x.d, y.d)};
  }
  [[gnu::always_inline]] friend FourRegisters larger(FourRegisters x, FourRegisters y) {
    return {larger(x.a, y.a), larger(x.b, y.b), larger(x.c, y.c), larger(x.d, y.d)};
  }
  [[gnu::always_inline]] friend FourRegisters smaller(FourRegisters x, FourRegisters y) {
    return {smaller(x.a, y.a), smaller(x.b, y.b), smaller(x.c, y.c), smaller(x.d, y.d)};
  }
  [[gnu::always_inline]] friend FourRegisters fma(FourRegisters x, FourRegisters y,
                                                  FourRegisters z) {
    return {fma(x.a, y.a, z.a), fma(x.b, y.b, z.b), fma(x.c, y.c, z.c), fma(x.d, y.d, z.d)};
  }
  [[gnu::always_inline]] friend FourRegisters fabs(FourRegisters x) {
    return {fabs(x.a), fabs(x.b), fabs(x.c), fabs(x.d)};
  }
  [[gnu::always_inline]] friend FourRegisters sqrt(FourRegisters x) {
    return {sqrt(x.a), sqrt(x.b), sqrt(x.c), sqrt(x.d)};
  }
  [[gnu::always_inline]] friend FourRegisters copysign(FourRegisters size, FourRegisters sign) {
    return {copysign(size.a, sign.a), copysign(size.b, sign.b), copysign(size.c, sign.c),
            copysign(size.d, sign.d)};
  }
  [[gnu::always_inline]] friend FourMasks is_signed(FourRegisters x) {
    return {is_signed(x.a), is_signed(x.b), is_signed(x.c), is_signed(x.d)};
  }
  [[gnu::always_inline]] friend FourRegisters power_of_two(FourRegisters n) {
    return {power_of_two(n.a), power_of_two(n.b), power_of_two(n.c), power_of_two(n.d)};
  }
  [[gnu::always_inline]] friend FourRegisters times_power_of_two(FourRegisters x, FourRegisters n) {
    return {times_power_of_two(x.a, n.a), times_power_of_two(x.b, n.b),
            times_power_of_two(x.c, n.c), times_power_of_two(x.d, n.d)};
  }
  [[gnu::always_inline]] friend math::Decomposed<FourRegisters> decompose(FourRegisters x) {
    const math::Decomposed<FloatLanes> a = decompose(x.a), b = decompose(x.b);
    const math::Decomposed<FloatLanes> c = decompose(x.c), d = decompose(x.d);
    return {{a.mantissa, b.mantissa, c.mantissa, d.mantissa},
            {a.exponent, b.exponent, c.exponent, d.exponent}};
  }

 private:
  static constexpr std::int64_t kStep = FloatLanes::kCount;
};

}  // namespace tenon::cpu

template <>
struct tenon::math::NumberOf<tenon::cpu::FourRegisters> {
  using type = float;
};

#endif  // TENON_FLOAT_LANES

#endif  // TENON_TENSOR_CPU_FOUR_REGISTERS_H_

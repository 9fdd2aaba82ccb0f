// Activation functions and their derivatives, for the kernels of every device: of one number, or of
// a CPU's register of floats (tensor/cpu/float_lanes.h).
//
// Each has value(x, a, b) and slope(x, a, b) for the parameters of ActivationArgs. Formulas are
// chosen so that nothing overflows on the way to a finite result and no digits cancel.
#ifndef TENON_TENSOR_INTERNAL_ACTIVATIONS_H_
#define TENON_TENSOR_INTERNAL_ACTIVATIONS_H_

#include <type_traits>

#include "tensor/internal/scalar_math.h"
#include "tensor/ops/activation.h"

namespace tenon::math {

/// min(max(x, low), high), NaN where x is.
template <class C>
TENON_SCALAR C limit(C x, C low, C high) {
  return at_most(at_least(x, low), high);
}

/// e^-|x| is at most 1: log(1 + e^x) without overflow.
template <class C>
TENON_SCALAR C log_of_one_plus_exp(C x) {
  return at_least(x, C(0)) + log1p_of_fraction(exp_minus_abs(x));
}

/// sigmoid(x) and its derivative, of which 1 - sigmoid(x) would lose digits, from e^-|x|.
template <class C>
struct Logistic {
  C value;
  C slope;
};
template <class Condition, class C>
TENON_SCALAR Logistic<C> logistic(Condition negative, C e) {
  const C larger = C(1) / (C(1) + e), smaller = e * larger;
  return {select(negative, smaller, larger), smaller * larger};
}
template <class C>
TENON_SCALAR Logistic<C> logistic(C x) {
  return logistic(x < C(0), exp_minus_abs(x));
}

struct LeakyRelu {
  template <class C>
  static TENON_SCALAR C value(C x, C slope, C) {
    return select(x > C(0), x, slope * x);
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C slope, C) {
    return select(x > C(0), C(1), slope);
  }
};

struct Elu {
  template <class C>
  static TENON_SCALAR C value(C x, C alpha, C) {
    return select(x > C(0), x, alpha * expm1(x));
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C alpha, C) {
    return select(x > C(0), C(1), alpha * exp(x));
  }
};

struct Celu {
  template <class C>
  static TENON_SCALAR C value(C x, C alpha, C) {
    return select(x > C(0), x, alpha * expm1(x / alpha));
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C alpha, C) {
    return select(x > C(0), C(1), exp(x / alpha));
  }
};

struct Selu {
  template <class C>
  static TENON_SCALAR C value(C x, C, C) {
    return select(x > C(0), C(kSeluScale) * x, C(kSeluScale * kSeluAlpha) * expm1(x));
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C, C) {
    return select(x > C(0), C(kSeluScale), C(kSeluScale * kSeluAlpha) * exp(x));
  }
};

struct Gelu {
  template <class C>
  static TENON_SCALAR C value(C x, C, C) {
    return x * normal_cdf(x);
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C, C) {
    const C bounded = limit(x, C(-40), C(40));  // or infinity * 0
    const auto tail = normal_tail(bounded);
    return fma(bounded, normal_pdf(tail), normal_cdf(bounded, tail));
  }
};

/// (1 + tanh(u)) / 2 = sigmoid(2u), in which no digits cancel; 2u = x (k + c x^2).
struct GeluTanh {
  static constexpr double kLinear = 1.5957691216057308;         // 2 sqrt(2 / pi),
  static constexpr double kLinearRest = -9.96930880911092e-17;  // which is both of these
  static constexpr double kCubic = kLinear * 0.044715;

  /// x no farther from 0 than where e^-|2u| is 0.
  template <class C>
  static TENON_SCALAR C within(C x) {
    constexpr int kFar = std::is_same_v<Number<C>, float> ? 11 : 40;
    return limit(x, C(-kFar), C(kFar));
  }
  /// e^-|2u|, with k + c x^2 carried as its rounded value and the rest.
  template <class C>
  static TENON_SCALAR C decay(C x) {
    using N = Number<C>;
    // k as a multiple of 2^-20 (f64: 2^-47), and so of the last digit of the sum: what is lost of
    // the product is exact.
    constexpr double kCoarse = std::is_same_v<N, float> ? 0x1p32 : 0x1p5;
    constexpr double kHigh = (kLinear + kCoarse) - kCoarse;
    constexpr N k = N(kHigh), k_rest = N(kLinear - kHigh + kLinearRest);
    constexpr N c = N(kCubic), c_rest = N(kCubic - double{c});
    const C square = x * x, square_rest = fma(x, x, -square);
    const C slope = fma(square, C(c), C(k));
    const C lost = fma(square, C(c), C(k) - slope);
    const C rest = fma(square_rest, C(c), fma(square, C(c_rest), lost + C(k_rest)));
    return exp_of_product(fabs(x), slope, rest);
  }
  template <class C>
  static TENON_SCALAR C value(C x, C, C) {
    const C e = decay(within(x));
    return x * (select(x < C(0), e, C(1)) / (C(1) + e));
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C, C) {
    const C bounded = within(x);
    const Logistic<C> s = logistic(x < C(0), decay(bounded));
    const C twice = fma(bounded * bounded, C(3 * kCubic), C(kLinear));
    return fma(bounded * s.slope, twice, s.value);
  }
};

struct Silu {
  template <class C>
  static TENON_SCALAR C value(C x, C, C) {
    return x * sigmoid(x);
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C, C) {
    const C bounded = limit(x, C(-800), C(800));
    const Logistic<C> s = logistic(bounded);
    return fma(bounded, s.slope, s.value);
  }
};

struct Softplus {
  template <class C>
  static TENON_SCALAR C value(C x, C beta, C threshold) {
    const C y = log_of_one_plus_exp(beta * x) / beta;
    return select(beta * x > threshold, x, y);
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C beta, C threshold) {
    return select(beta * x > threshold, C(1), sigmoid(beta * x));
  }
};

/// With e = e^x and n = e (e + 2): tanh(log(1 + e)) = n / (n + 2).
struct Mish {
  template <class C>
  static TENON_SCALAR C value(C x, C, C) {
    const C e = exp(at_most(x, C(20)));
    const C n = e * (e + C(2));
    return x * (n / (n + C(2)));
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C, C) {
    const C bounded = limit(x, C(-800), C(20));
    const C e = exp(bounded);
    const C n = e * (e + C(2)), over = C(1) / (n + C(2));
    return fma(n, over, bounded * C(4) * e * (C(1) + e) * over * over);
  }
};

struct LogSigmoid {
  template <class C>
  static TENON_SCALAR C value(C x, C, C) {
    return -log_of_one_plus_exp(-x);
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C, C) {
    return sigmoid(-x);
  }
};

struct Clamp {
  template <class C>
  static TENON_SCALAR C value(C x, C low, C high) {
    return limit(x, low, high);
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C low, C high) {
    return select((x >= low) & (x <= high), C(1), C(0));
  }
};

struct Hardtanh {
  template <class C>
  static TENON_SCALAR C value(C x, C low, C high) {
    return limit(x, low, high);
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C low, C high) {
    return select((x > low) & (x < high), C(1), C(0));
  }
};

struct Hardsigmoid {
  template <class C>
  static TENON_SCALAR C value(C x, C, C) {
    return limit(x + C(3), C(0), C(6)) / C(6);
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C, C) {
    return select((x > C(-3)) & (x < C(3)), C(Number<C>{1} / 6), C(0));
  }
};

struct Hardswish {
  template <class C>
  static TENON_SCALAR C value(C x, C, C) {
    return x * limit(x + C(3), C(0), C(6)) / C(6);
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C, C) {
    const C inside = x / C(3) + C(0.5);
    return select(x <= C(-3), C(0), select(x >= C(3), C(1), inside));
  }
};

/// Calls fn.template operator()<F>() with the functions of that name.
template <class Fn>
decltype(auto) dispatch_activation(ActivationFunction function, Fn&& fn) {
  switch (function) {
    case ActivationFunction::kLeakyRelu:
      return fn.template operator()<LeakyRelu>();
    case ActivationFunction::kElu:
      return fn.template operator()<Elu>();
    case ActivationFunction::kCelu:
      return fn.template operator()<Celu>();
    case ActivationFunction::kSelu:
      return fn.template operator()<Selu>();
    case ActivationFunction::kGelu:
      return fn.template operator()<Gelu>();
    case ActivationFunction::kGeluTanh:
      return fn.template operator()<GeluTanh>();
    case ActivationFunction::kSilu:
      return fn.template operator()<Silu>();
    case ActivationFunction::kSoftplus:
      return fn.template operator()<Softplus>();
    case ActivationFunction::kMish:
      return fn.template operator()<Mish>();
    case ActivationFunction::kLogSigmoid:
      return fn.template operator()<LogSigmoid>();
    case ActivationFunction::kClamp:
      return fn.template operator()<Clamp>();
    case ActivationFunction::kHardtanh:
      return fn.template operator()<Hardtanh>();
    case ActivationFunction::kHardsigmoid:
      return fn.template operator()<Hardsigmoid>();
    default:
      return fn.template operator()<Hardswish>();
  }
}

}  // namespace tenon::math

#endif  // TENON_TENSOR_INTERNAL_ACTIVATIONS_H_

// Activation functions and their derivatives, one number at a time, for the kernels of every
// device.
//
// Each has value(x, a, b) and slope(x, a, b) for the parameters of ActivationArgs. Formulas are
// chosen so that nothing overflows on the way to a finite result and no digits cancel.
#ifndef TENON_TENSOR_INTERNAL_ACTIVATIONS_H_
#define TENON_TENSOR_INTERNAL_ACTIVATIONS_H_

#include "tensor/internal/scalar_math.h"
#include "tensor/ops/activation.h"

namespace tenon::math {

/// min(max(x, low), high), NaN where x is.
template <class C>
TENON_SCALAR C limit(C x, C low, C high) {
  x = x < low ? low : x;
  return x > high ? high : x;
}

/// e^-|x| is at most 1: log(1 + e^x) without overflow.
template <class C>
TENON_SCALAR C log_of_one_plus_exp(C x) {
  return (x > 0 ? x : C{0}) + log1p(exp(-std::fabs(x)));
}

/// sigmoid(x) and its derivative, of which 1 - sigmoid(x) would lose digits, from e^-|x|.
template <class C>
struct Logistic {
  C value;
  C slope;
};
template <class C>
TENON_SCALAR Logistic<C> logistic(bool negative, C e) {
  const C larger = 1 / (1 + e);
  return {negative ? e * larger : larger, e * larger * larger};
}
template <class C>
TENON_SCALAR Logistic<C> logistic(C x) {
  return logistic(x < 0, exp(-std::fabs(x)));
}

struct LeakyRelu {
  template <class C>
  static TENON_SCALAR C value(C x, C slope, C) {
    return x > 0 ? x : slope * x;
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C slope, C) {
    return x > 0 ? C{1} : slope;
  }
};

struct Elu {
  template <class C>
  static TENON_SCALAR C value(C x, C alpha, C) {
    return x > 0 ? x : alpha * expm1(x);
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C alpha, C) {
    return x > 0 ? C{1} : alpha * exp(x);
  }
};

struct Celu {
  template <class C>
  static TENON_SCALAR C value(C x, C alpha, C) {
    return x > 0 ? x : alpha * expm1(x / alpha);
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C alpha, C) {
    return x > 0 ? C{1} : exp(x / alpha);
  }
};

struct Selu {
  template <class C>
  static TENON_SCALAR C value(C x, C, C) {
    return x > 0 ? C(kSeluScale) * x : C(kSeluScale * kSeluAlpha) * expm1(x);
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C, C) {
    return x > 0 ? C(kSeluScale) : C(kSeluScale * kSeluAlpha) * exp(x);
  }
};

struct Gelu {
  template <class C>
  static TENON_SCALAR C value(C x, C, C) {
    return x * normal_cdf(x);
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C, C) {
    const C bounded = limit(x, C{-40}, C{40});  // or infinity * 0
    return normal_cdf(bounded) + bounded * normal_pdf(bounded);
  }
};

/// (1 + tanh(u)) / 2 = sigmoid(2u), in which no digits cancel; 2u = x (k + c x^2).
struct GeluTanh {
  static constexpr double kLinear = 1.5957691216057308;         // 2 sqrt(2 / pi),
  static constexpr double kLinearRest = -9.96930880911092e-17;  // which is both of these
  static constexpr double kCubic = kLinear * 0.044715;

  /// e^-|2u|. The exponent is carried as its rounded value and the rest: rounded alone, its error
  /// of up to 87 / 2^24 would be that of the result.
  template <class C>
  static TENON_SCALAR C decay(C x) {
    constexpr C k = C(kLinear), k_rest = C(kLinear - double{k} + kLinearRest);
    constexpr C c = C(kCubic), c_rest = C(kCubic - double{c});
    const C square = x * x, square_rest = std::fma(x, x, -square);
    const C cubic = square * c, cubic_rest = std::fma(square, c, -cubic);
    const C slope = cubic + k, of_k = slope - cubic;
    const C slope_rest = (cubic - (slope - of_k)) + (k - of_k) + cubic_rest + k_rest +
                         std::fma(square, c_rest, square_rest * c);
    const C size = std::fabs(x), exponent = size * slope;
    const C rest = std::fma(size, slope, -exponent) + size * slope_rest;
    const C rounded = exp(-exponent);
    return std::fma(rounded, -rest, rounded);
  }
  template <class C>
  static TENON_SCALAR C value(C x, C, C) {
    return x * logistic(x < 0, decay(limit(x, C{-40}, C{40}))).value;
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C, C) {
    const C bounded = limit(x, C{-40}, C{40});
    const Logistic<C> s = logistic(x < 0, decay(bounded));
    const C twice = std::fma(bounded * bounded, C(3 * kCubic), C(kLinear));
    return std::fma(bounded * s.slope, twice, s.value);
  }
};

struct Silu {
  template <class C>
  static TENON_SCALAR C value(C x, C, C) {
    return x * sigmoid(x);
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C, C) {
    const C bounded = limit(x, C{-800}, C{800});
    const Logistic<C> s = logistic(bounded);
    return std::fma(bounded, s.slope, s.value);
  }
};

struct Softplus {
  template <class C>
  static TENON_SCALAR C value(C x, C beta, C threshold) {
    const C y = log_of_one_plus_exp(beta * x) / beta;
    return beta * x > threshold ? x : y;
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C beta, C threshold) {
    return beta * x > threshold ? C{1} : sigmoid(beta * x);
  }
};

/// With e = e^x and n = e (e + 2): tanh(log(1 + e)) = n / (n + 2).
struct Mish {
  template <class C>
  static TENON_SCALAR C value(C x, C, C) {
    const C e = exp(x > 20 ? C{20} : x);
    const C n = e * (e + 2);
    return x * (n / (n + 2));
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C, C) {
    const C bounded = limit(x, C{-800}, C{20});
    const C e = exp(bounded);
    const C n = e * (e + 2), over = 1 / (n + 2);
    return n * over + bounded * 4 * e * (1 + e) * over * over;
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
    return C(x >= low && x <= high ? 1 : 0);
  }
};

struct Hardtanh {
  template <class C>
  static TENON_SCALAR C value(C x, C low, C high) {
    return limit(x, low, high);
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C low, C high) {
    return C(x > low && x < high ? 1 : 0);
  }
};

struct Hardsigmoid {
  template <class C>
  static TENON_SCALAR C value(C x, C, C) {
    return limit(x + 3, C{0}, C{6}) / 6;
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C, C) {
    return x > -3 && x < 3 ? C{1} / 6 : C{0};
  }
};

struct Hardswish {
  template <class C>
  static TENON_SCALAR C value(C x, C, C) {
    return x * limit(x + 3, C{0}, C{6}) / 6;
  }
  template <class C>
  static TENON_SCALAR C slope(C x, C, C) {
    const C inside = x / 3 + C{0.5};
    return x <= -3 ? C{0} : x >= 3 ? C{1} : inside;
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

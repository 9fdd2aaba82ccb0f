// The element-by-element operations as functions of vectors of lanes, for the kernels.
//
// The operation is looked at while the kernel runs, once for a vector: every thread takes the same
// way, and one kernel does for a whole family. What each computes for one number is shared with the
// CPU (tensor/internal/scalar_math.h, activations.h) or agrees with it to the last bit but for pow
// and the trigonometric functions, which are the library's of either side.
#ifndef TENON_TENSOR_CUDA_SCALAR_OPS_H_
#define TENON_TENSOR_CUDA_SCALAR_OPS_H_

#include <cmath>
#include <cstdint>
#include <type_traits>

#include "tensor/backend.h"
#include "tensor/cuda/elementwise.h"
#include "tensor/internal/activations.h"
#include "tensor/internal/scalar_math.h"

namespace tenon::cuda {

/// Integers wrap; C++ says so of unsigned ones only.
template <class C>
using Wrapping = std::conditional_t<std::is_integral_v<C>, std::uint64_t, C>;

template <class C, int N, class F>
TENON_SCALAR void each(const C (&in)[1][N], C (&out)[N], const F& fn) {
  for (int i = 0; i < N; ++i) out[i] = static_cast<C>(fn(in[0][i]));
}
template <class C, int N, class F>
TENON_SCALAR void each(const C (&in)[2][N], C (&out)[N], const F& fn) {
  for (int i = 0; i < N; ++i) out[i] = static_cast<C>(fn(in[0][i], in[1][i]));
}

struct Unary : SameDtypes {
  UnaryOp op;

  template <class C, int N>
  TENON_HOST_DEVICE void operator()(const C (&in)[1][N], C (&out)[N]) const {
    switch (op) {
      case UnaryOp::kNeg:
        return each(in, out, [](C x) { return negative(x); });
      case UnaryOp::kAbs:
        return each(in, out, [](C x) { return absolute(x); });
      case UnaryOp::kSign:
        return each(in, out, [](C x) { return x > C{0} ? C{1} : x < C{0} ? C{-1} : x; });
      case UnaryOp::kSquare:
        return each(in, out, [](C x) { return C(Wrapping<C>(x) * Wrapping<C>(x)); });
      default:
        if constexpr (std::is_floating_point_v<C>) floating(in, out);
    }
  }

 private:
  template <class C>
  static TENON_SCALAR C negative(C x) {
    if constexpr (std::is_floating_point_v<C>) {
      return -x;
    } else {
      return static_cast<C>(0 - Wrapping<C>(x));
    }
  }
  template <class C>
  static TENON_SCALAR C absolute(C x) {
    if constexpr (std::is_floating_point_v<C>) {
      return std::fabs(x);
    } else {
      return x < 0 ? negative(x) : x;
    }
  }

  template <class C, int N>
  TENON_HOST_DEVICE void floating(const C (&in)[1][N], C (&out)[N]) const {
    switch (op) {
      case UnaryOp::kSqrt:
        return each(in, out, [](C x) { return std::sqrt(x); });
      case UnaryOp::kRsqrt:
        return each(in, out, [](C x) { return C{1} / std::sqrt(x); });
      case UnaryOp::kReciprocal:
        return each(in, out, [](C x) { return C{1} / x; });
      case UnaryOp::kRelu:  // written so that NaN stays NaN
        return each(in, out, [](C x) { return x < 0 ? C{0} : x; });
      case UnaryOp::kFloor:
        return each(in, out, [](C x) { return std::floor(x); });
      case UnaryOp::kCeil:
        return each(in, out, [](C x) { return std::ceil(x); });
      case UnaryOp::kRound:
        return each(in, out, [](C x) { return std::rint(x); });
      case UnaryOp::kTrunc:
        return each(in, out, [](C x) { return std::trunc(x); });
      default:
        transcendental(in, out);
    }
  }

  template <class C, int N>
  TENON_HOST_DEVICE void transcendental(const C (&in)[1][N], C (&out)[N]) const {
    switch (op) {
      case UnaryOp::kExp:
        return each(in, out, [](C x) { return math::exp(x); });
      case UnaryOp::kExpm1:
        return each(in, out, [](C x) { return math::expm1(x); });
      case UnaryOp::kLog:
        return each(in, out, [](C x) { return math::log(x); });
      case UnaryOp::kLog1p:
        return each(in, out, [](C x) { return math::log1p(x); });
      case UnaryOp::kSin:
        return each(in, out, [](C x) { return std::sin(x); });
      case UnaryOp::kCos:
        return each(in, out, [](C x) { return std::cos(x); });
      case UnaryOp::kTan:
        return each(in, out, [](C x) { return std::tan(x); });
      case UnaryOp::kAsin:
        return each(in, out, [](C x) { return math::asin(x); });
      case UnaryOp::kAcos:
        return each(in, out, [](C x) { return math::acos(x); });
      case UnaryOp::kAtan:
        return each(in, out, [](C x) { return math::atan(x); });
      case UnaryOp::kSinh:
        return each(in, out, [](C x) { return math::sinh(x); });
      case UnaryOp::kCosh:
        return each(in, out, [](C x) { return math::cosh(x); });
      case UnaryOp::kTanh:
        return each(in, out, [](C x) { return math::tanh(x); });
      case UnaryOp::kErf:
        return each(in, out, [](C x) { return math::erf(x); });
      default:  // kSigmoid
        return each(in, out, [](C x) { return math::sigmoid(x); });
    }
  }
};

struct Binary : SameDtypes {
  BinaryOp op;

  template <class C, int N>
  TENON_HOST_DEVICE void operator()(const C (&in)[2][N], C (&out)[N]) const {
    using W = Wrapping<C>;
    switch (op) {
      case BinaryOp::kAdd:
        return each(in, out, [](C a, C b) { return C(W(a) + W(b)); });
      case BinaryOp::kSub:
        return each(in, out, [](C a, C b) { return C(W(a) - W(b)); });
      case BinaryOp::kMul:
        return each(in, out, [](C a, C b) { return C(W(a) * W(b)); });
      case BinaryOp::kMaximum:  // NaN where either is
        return each(in, out, [](C a, C b) { return a > b || is_nan(a) ? a : b; });
      case BinaryOp::kMinimum:
        return each(in, out, [](C a, C b) { return a < b || is_nan(a) ? a : b; });
      case BinaryOp::kFmod:
        return each(in, out, [](C a, C b) { return math::fmod(a, b); });
      case BinaryOp::kRemainder:
        return each(in, out, [](C a, C b) { return math::remainder(a, b); });
      case BinaryOp::kFloorDivide:
        return each(in, out, [](C a, C b) { return math::floor_divide(a, b); });
      default:
        if constexpr (std::is_floating_point_v<C>) floating(in, out);
    }
  }

 private:
  template <class C, int N>
  TENON_HOST_DEVICE void floating(const C (&in)[2][N], C (&out)[N]) const {
    switch (op) {
      case BinaryOp::kDiv:
        return each(in, out, [](C a, C b) { return a / b; });
      case BinaryOp::kPow:
        return each(in, out, [](C a, C b) { return std::pow(a, b); });
      case BinaryOp::kAtan2:
        return each(in, out, [](C a, C b) { return math::atan2(a, b); });
      case BinaryOp::kReluGrad:
        return each(in, out, [](C grad, C y) { return y > C{0} ? grad : C{0}; });
      case BinaryOp::kSigmoidGrad:
        return each(in, out, [](C grad, C y) { return grad * (y * (C{1} - y)); });
      default:  // kTanhGrad
        return each(in, out, [](C grad, C y) { return grad * (C{1} - y * y); });
    }
  }
};

/// op(x, number), or op(number, x) where reversed.
template <class Number>
struct BinaryNumber : SameDtypes {
  Binary binary;
  Number number;
  bool reversed;

  template <class C, int N>
  TENON_HOST_DEVICE void operator()(const C (&in)[1][N], C (&out)[N]) const {
    C both[2][N];
    for (int i = 0; i < N; ++i) {
      both[0][i] = reversed ? number : in[0][i];
      both[1][i] = reversed ? in[0][i] : number;
    }
    binary(both, out);
  }
};

struct Compare : SameDtypes {
  static constexpr Dtypes kOut = Dtypes::kAny;
  CompareOp op;

  template <class C, int N>
  TENON_HOST_DEVICE void operator()(const C (&in)[2][N], C (&out)[N]) const {
    switch (op) {
      case CompareOp::kEq:
        return each(in, out, [](C a, C b) { return a == b; });
      case CompareOp::kNe:
        return each(in, out, [](C a, C b) { return a != b; });
      case CompareOp::kLt:
        return each(in, out, [](C a, C b) { return a < b; });
      case CompareOp::kLe:
        return each(in, out, [](C a, C b) { return a <= b; });
      case CompareOp::kGt:
        return each(in, out, [](C a, C b) { return a > b; });
      case CompareOp::kGe:
        return each(in, out, [](C a, C b) { return a >= b; });
      case CompareOp::kAnd:
        return each(in, out, [](C a, C b) { return (a != 0) & (b != 0); });
      case CompareOp::kOr:
        return each(in, out, [](C a, C b) { return (a != 0) | (b != 0); });
      default:  // kXor
        return each(in, out, [](C a, C b) { return (a != 0) != (b != 0); });
    }
  }
};

/// The first argument chooses.
struct Where {
  static constexpr Dtypes kIn = Dtypes::kAny, kOut = Dtypes::kOfCompute;

  template <class C, int N>
  TENON_HOST_DEVICE void operator()(const C (&in)[3][N], C (&out)[N]) const {
    for (int i = 0; i < N; ++i) out[i] = in[0][i] != C{0} ? in[1][i] : in[2][i];
  }
};

struct Copy : SameDtypes {
  static constexpr Dtypes kOut = Dtypes::kAny;

  template <class C, int N>
  TENON_HOST_DEVICE void operator()(const C (&in)[1][N], C (&out)[N]) const {
    for (int i = 0; i < N; ++i) out[i] = in[0][i];
  }
};

template <class Number>
struct Fill : SameDtypes {
  static constexpr Dtypes kOut = Dtypes::kAny;
  Number number;

  template <class C, int N>
  TENON_HOST_DEVICE void operator()(const C (&)[1][N], C (&out)[N]) const {
    for (int i = 0; i < N; ++i) out[i] = number;
  }
};

/// Calls fn(F{}) with the functions of that name.
template <class Fn>
TENON_SCALAR void with_activation(ActivationFunction function, const Fn& fn) {
  switch (function) {
    case ActivationFunction::kLeakyRelu:
      return fn(math::LeakyRelu{});
    case ActivationFunction::kElu:
      return fn(math::Elu{});
    case ActivationFunction::kCelu:
      return fn(math::Celu{});
    case ActivationFunction::kSelu:
      return fn(math::Selu{});
    case ActivationFunction::kGelu:
      return fn(math::Gelu{});
    case ActivationFunction::kGeluTanh:
      return fn(math::GeluTanh{});
    case ActivationFunction::kSilu:
      return fn(math::Silu{});
    case ActivationFunction::kSoftplus:
      return fn(math::Softplus{});
    case ActivationFunction::kMish:
      return fn(math::Mish{});
    case ActivationFunction::kLogSigmoid:
      return fn(math::LogSigmoid{});
    case ActivationFunction::kClamp:
      return fn(math::Clamp{});
    case ActivationFunction::kHardtanh:
      return fn(math::Hardtanh{});
    case ActivationFunction::kHardsigmoid:
      return fn(math::Hardsigmoid{});
    default:
      return fn(math::Hardswish{});
  }
}

template <class Number>
struct ActivationValue : SameDtypes {
  ActivationFunction function;
  Number a, b;

  template <class C, int N>
  TENON_HOST_DEVICE void operator()(const C (&in)[1][N], C (&out)[N]) const {
    with_activation(function, [&](auto f) {
      using F = decltype(f);
      for (int i = 0; i < N; ++i) out[i] = F::value(in[0][i], a, b);
    });
  }
};

/// Arguments: the gradient and x.
template <class Number>
struct ActivationSlope : SameDtypes {
  ActivationFunction function;
  Number a, b;

  template <class C, int N>
  TENON_HOST_DEVICE void operator()(const C (&in)[2][N], C (&out)[N]) const {
    with_activation(function, [&](auto f) {
      using F = decltype(f);
      for (int i = 0; i < N; ++i) out[i] = in[0][i] * F::slope(in[1][i], a, b);
    });
  }
};

/// (x - center) scale + shift, of four arguments; with grad and its scale, of six.
template <bool kWithGrad>
struct Affine : SameDtypes {
  static constexpr int kInputs = kWithGrad ? 6 : 4;

  template <class C, int N>
  TENON_HOST_DEVICE void operator()(const C (&in)[kInputs][N], C (&out)[N]) const {
    for (int i = 0; i < N; ++i) {
      out[i] = (in[0][i] - in[1][i]) * in[2][i] + in[3][i];
      if constexpr (kWithGrad) out[i] += in[4][i] * in[5][i];
    }
  }
};

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_SCALAR_OPS_H_

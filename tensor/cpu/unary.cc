#include <Eigen/Core>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "tensor/cpu/elementwise.h"
#include "tensor/cpu/kernels.h"
#include "tensor/internal/scalar_math.h"

namespace tenon::cpu {
namespace {

template <class C>
using Kernel = void (*)(const C* x, C* out, std::int64_t count);

/// Wraps an Eigen expression as a kernel over contiguous memory.
template <class C, class F>
constexpr Kernel<C> kernel(F) {
  return [](const C* x, C* out, std::int64_t count) {
    const Eigen::Map<const Eigen::Array<C, Eigen::Dynamic, 1>> in(x, count);
    Eigen::Map<Eigen::Array<C, Eigen::Dynamic, 1>>(out, count) = F{}(in);
  };
}

/// Wraps a function of one number or of a register of them.
template <class C, class F>
constexpr Kernel<C> vectors(F) {
  return [](const C* x, C* out, std::int64_t count) { apply(count, out, F{}, x); };
}

/// Wraps a function of one number.
template <class C, class F>
constexpr Kernel<C> each(F) {
  return [](const C* x, C* out, std::int64_t count) {
    TENON_VECTORIZE
    for (std::int64_t i = 0; i < count; ++i) out[i] = F{}(x[i]);
  };
}

/// Integers wrap, as PyTorch's do: the smallest is its own negative. C++ says so of unsigned only.
template <class C>
Kernel<C> wrapping_kernel(UnaryOp op) {
  using Unsigned = std::make_unsigned_t<C>;
  switch (op) {
    case UnaryOp::kNeg:
      return kernel<C>([](const auto& x) {
        return x.unaryExpr([](C v) { return static_cast<C>(0 - static_cast<Unsigned>(v)); });
      });
    case UnaryOp::kAbs:
      return kernel<C>([](const auto& x) {
        return x.unaryExpr(
            [](C v) { return v < 0 ? static_cast<C>(0 - static_cast<Unsigned>(v)) : v; });
      });
    case UnaryOp::kSquare:
      return kernel<C>([](const auto& x) {
        return x.unaryExpr([](C v) {
          return static_cast<C>(static_cast<Unsigned>(v) * static_cast<Unsigned>(v));
        });
      });
    default:
      return nullptr;
  }
}

template <class C>
Kernel<C> arithmetic_kernel(UnaryOp op) {
  if constexpr (std::is_integral_v<C>) {
    if (const Kernel<C> wrapping = wrapping_kernel<C>(op)) return wrapping;
  }
  switch (op) {
    case UnaryOp::kNeg:
      return kernel<C>([](const auto& x) { return -x; });
    case UnaryOp::kAbs:
      return kernel<C>([](const auto& x) { return x.abs(); });
    case UnaryOp::kSquare:
      return kernel<C>([](const auto& x) { return x.square(); });
    case UnaryOp::kSign:
      return kernel<C>([](const auto& x) {
        return x.unaryExpr([](C v) { return v > C{0} ? C{1} : v < C{0} ? C{-1} : v; });
      });
    default:
      return nullptr;
  }
}

/// Eigen's takes what lies below the normal numbers for the smallest of them.
void log_f64(const double* x, double* out, std::int64_t count) {
  bool denormal = false;
  for (std::int64_t i = 0; i < count; ++i) {
    denormal |= x[i] > 0 && x[i] < std::numeric_limits<double>::min();
  }
  if (denormal) return each<double>([](double v) { return std::log(v); })(x, out, count);
  kernel<double>([](const auto& v) { return v.log(); })(x, out, count);
}

/// Functions of f64 that Eigen has as vectors.
Kernel<double> vector_kernel(UnaryOp op) {
  switch (op) {
    case UnaryOp::kExp:  // Eigen's stops at 5.6e-309, also for -infinity
      return kernel<double>([](const auto& x) { return (x * 0.5).exp().square(); });
    case UnaryOp::kExpm1:
      return kernel<double>([](const auto& x) { return x.expm1(); });
    case UnaryOp::kLog:
      return log_f64;
    case UnaryOp::kLog1p:
      return kernel<double>([](const auto& x) { return x.log1p(); });
    case UnaryOp::kTanh:
      return kernel<double>([](const auto& x) { return x.tanh(); });
    default:
      return nullptr;
  }
}

template <class C>
Kernel<C> exponential_kernel(UnaryOp op) {
  switch (op) {
    case UnaryOp::kExp:
      return vectors<C>([](auto x) { return math::exp(x); });
    case UnaryOp::kExpm1:
      return vectors<C>([](auto x) { return math::expm1(x); });
    case UnaryOp::kLog:
      return vectors<C>([](auto x) { return math::log(x); });
    case UnaryOp::kLog1p:
      return vectors<C>([](auto x) { return math::log1p(x); });
    case UnaryOp::kSinh:
      return vectors<C>([](auto x) { return math::sinh(x); });
    case UnaryOp::kCosh:
      return vectors<C>([](auto x) { return math::cosh(x); });
    case UnaryOp::kTanh:
      return vectors<C>([](auto x) { return math::tanh(x); });
    case UnaryOp::kErf:
      return vectors<C>([](auto x) { return math::erf(x); });
    case UnaryOp::kSigmoid:
      return vectors<C>([](auto x) { return math::sigmoid(x); });
    default:
      return nullptr;
  }
}

template <class C>
Kernel<C> circular_kernel(UnaryOp op) {
  switch (op) {
    case UnaryOp::kSin:
      return kernel<C>([](const auto& x) { return x.sin(); });
    case UnaryOp::kCos:
      return kernel<C>([](const auto& x) { return x.cos(); });
    case UnaryOp::kTan:
      return each<C>([](C x) { return std::tan(x); });
    case UnaryOp::kAsin:
      return vectors<C>([](auto x) { return math::asin(x); });
    case UnaryOp::kAcos:
      return vectors<C>([](auto x) { return math::acos(x); });
    case UnaryOp::kAtan:
      return vectors<C>([](auto x) { return math::atan(x); });
    default:
      return nullptr;
  }
}

template <class C>
Kernel<C> rounding_kernel(UnaryOp op) {
  switch (op) {
    case UnaryOp::kFloor:
      return each<C>([](C x) { return std::floor(x); });
    case UnaryOp::kCeil:
      return each<C>([](C x) { return std::ceil(x); });
    case UnaryOp::kRound:
      return each<C>([](C x) { return std::nearbyint(x); });
    case UnaryOp::kTrunc:
      return each<C>([](C x) { return std::trunc(x); });
    default:
      return nullptr;
  }
}

template <class C>
Kernel<C> floating_kernel(UnaryOp op) {
  if constexpr (std::is_same_v<C, double>) {
    if (const Kernel<C> eigen = vector_kernel(op)) return eigen;
  }
  if (const Kernel<C> exponential = exponential_kernel<C>(op)) return exponential;
  if (const Kernel<C> circular = circular_kernel<C>(op)) return circular;
  if (const Kernel<C> rounding = rounding_kernel<C>(op)) return rounding;
  switch (op) {
    case UnaryOp::kSqrt:
      // The processor's own, correctly rounded: Eigen's fast one gives NaN for infinity.
      return each<C>([](C x) { return std::sqrt(x); });
    case UnaryOp::kRsqrt:
      return each<C>([](C x) { return C{1} / std::sqrt(x); });
    case UnaryOp::kReciprocal:
      return each<C>([](C x) { return C{1} / x; });
    case UnaryOp::kRelu:  // written so that NaN stays NaN
      return each<C>([](C x) { return x < 0 ? C{0} : x; });
    default:
      return arithmetic_kernel<C>(op);
  }
}

template <class C>
Kernel<C> kernel_of(UnaryOp op) {
  if constexpr (std::is_floating_point_v<C>) {
    return floating_kernel<C>(op);
  } else {
    return arithmetic_kernel<C>(op);
  }
}

/// ReLU without conversion to f32: what lies between -0 and -infinity becomes 0, NaN stays.
void relu_of_16_bits(const Tensor& x, const Tensor& out) {
  const std::uint16_t minus_infinity = x.dtype() == DType::kBF16 ? 0xff80 : 0xfc00;
  for_each_run<2>({&out, &x}, [=](const std::array<Run, 2>& runs, std::int64_t length) {
    const auto* from = reinterpret_cast<const std::uint16_t*>(runs[1].data);
    auto* to = reinterpret_cast<std::uint16_t*>(runs[0].data);
    const auto one = [=](std::uint16_t bits) {
      return bits > 0x8000 && bits <= minus_infinity ? std::uint16_t{0} : bits;
    };
    if (runs[0].stride == 1 && runs[1].stride == 1) {
      for (std::int64_t i = 0; i < length; ++i) to[i] = one(from[i]);
    } else {
      for (std::int64_t i = 0; i < length; ++i)
        to[i * runs[0].stride] = one(from[i * runs[1].stride]);
    }
  });
}

}  // namespace

void unary(UnaryOp op, const Tensor& x, const Tensor& out) {
  if (op == UnaryOp::kRelu && size_of(x.dtype()) == 2) return relu_of_16_bits(x, out);
  dispatch_compute(x.dtype(), [&]<class C>() { map<C>(x, out, kernel_of<C>(op)); });
}

}  // namespace tenon::cpu

#include <Eigen/Core>
#include <type_traits>

#include "tensor/cpu/elementwise.h"
#include "tensor/cpu/kernels.h"
#include "tensor/internal/scalar_math.h"

namespace tenon::cpu {
namespace {

template <class C>
using Kernel = void (*)(const C* a, const C* b, C* out, std::int64_t count);

template <class C, class F>
constexpr Kernel<C> kernel(F) {
  return [](const C* a, const C* b, C* out, std::int64_t count) {
    using Array = Eigen::Array<C, Eigen::Dynamic, 1>;
    const Eigen::Map<const Array> left(a, count), right(b, count);
    Eigen::Map<Array>(out, count) = F{}(left, right);
  };
}

/// Wraps a function of two numbers or of two registers of them.
template <class C, class F>
constexpr Kernel<C> vectors(F) {
  return [](const C* a, const C* b, C* out, std::int64_t count) { apply(count, out, F{}, a, b); };
}

/// Wraps a function of two numbers.
template <class C, class F>
constexpr Kernel<C> each(F) {
  return [](const C* a, const C* b, C* out, std::int64_t count) {
    TENON_VECTORIZE
    for (std::int64_t i = 0; i < count; ++i) out[i] = F{}(a[i], b[i]);
  };
}

/// Integers wrap, as PyTorch's do; C++ says so of unsigned ones only.
template <class C, class F>
constexpr Kernel<C> wrapping_kernel(F) {
  if constexpr (std::is_integral_v<C>) {
    return kernel<C>([](const auto& a, const auto& b) {
      return a.binaryExpr(b, [](C x, C y) {
        using Unsigned = std::make_unsigned_t<C>;
        return static_cast<C>(F{}(static_cast<Unsigned>(x), static_cast<Unsigned>(y)));
      });
    });
  } else {
    return kernel<C>(F{});
  }
}

template <class C>
Kernel<C> kernel_of(BinaryOp op) {
  switch (op) {
    case BinaryOp::kAdd:
      return wrapping_kernel<C>([](const auto& a, const auto& b) { return a + b; });
    case BinaryOp::kSub:
      return wrapping_kernel<C>([](const auto& a, const auto& b) { return a - b; });
    case BinaryOp::kMul:
      return wrapping_kernel<C>([](const auto& a, const auto& b) { return a * b; });
    case BinaryOp::kMaximum:
      return vectors<C>([](auto a, auto b) {
        using math::larger;
        return larger(a, b);
      });
    case BinaryOp::kMinimum:
      return vectors<C>([](auto a, auto b) {
        using math::smaller;
        return smaller(a, b);
      });
    case BinaryOp::kFmod:
      return each<C>([](C a, C b) { return math::fmod(a, b); });
    case BinaryOp::kRemainder:
      return each<C>([](C a, C b) { return math::remainder(a, b); });
    case BinaryOp::kFloorDivide:
      return each<C>([](C a, C b) { return math::floor_divide(a, b); });
    default:
      break;
  }
  if constexpr (std::is_floating_point_v<C>) {
    switch (op) {
      case BinaryOp::kDiv:
        return kernel<C>([](const auto& a, const auto& b) { return a / b; });
      case BinaryOp::kPow:
        return kernel<C>([](const auto& a, const auto& b) { return a.pow(b); });
      case BinaryOp::kAtan2:
        return vectors<C>([](auto a, auto b) { return math::atan2(a, b); });
      case BinaryOp::kReluGrad:
        return vectors<C>([](auto grad, auto y) {
          using V = decltype(y);
          using math::select;
          return select(y > V(0), grad, V(0));
        });
      case BinaryOp::kSigmoidGrad:
        return kernel<C>([](const auto& grad, const auto& y) { return grad * (y * (C{1} - y)); });
      case BinaryOp::kTanhGrad:
        return kernel<C>([](const auto& grad, const auto& y) { return grad * (C{1} - y * y); });
      default:
        break;
    }
  }
  return nullptr;
}

/// The compute type holds the number exactly as the element type would.
template <class C>
C as_operand(double number, DType dtype) {
  return dispatch_element(dtype, [&]<class T>() { return convert<C>(convert<T>(number)); });
}

}  // namespace

void binary(BinaryOp op, const Tensor& a, const Tensor& b, const Tensor& out) {
  dispatch_compute(out.dtype(), [&]<class C>() { map<C>(a, b, out, kernel_of<C>(op)); });
}

void binary_number(BinaryOp op, const Tensor& x, double number, bool reversed, const Tensor& out) {
  dispatch_compute(out.dtype(), [&]<class C>() {
    const Kernel<C> kernel = kernel_of<C>(op);
    // 16-bit tensors meet the number in f32: it is rounded once, with the result.
    C operand =
        std::is_floating_point_v<C> ? static_cast<C>(number) : as_operand<C>(number, out.dtype());
    const Run fixed{reinterpret_cast<std::byte*>(&operand), 0, dtype_of<C>};
    for_each_run<2>({&out, &x}, [&](const std::array<Run, 2>& runs, std::int64_t length) {
      const auto& [to, from] = runs;
      map_runs<C>(reversed ? fixed : from, reversed ? from : fixed, to, length, kernel);
    });
  });
}

}  // namespace tenon::cpu

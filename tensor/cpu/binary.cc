#include <Eigen/Core>
#include <type_traits>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/strided_loop.h"

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
      return kernel<C>([](const auto& a, const auto& b) {  // NaN where either is
        return a.binaryExpr(b, [](C x, C y) { return x > y || is_nan(x) ? x : y; });
      });
    case BinaryOp::kMinimum:
      return kernel<C>([](const auto& a, const auto& b) {
        return a.binaryExpr(b, [](C x, C y) { return x < y || is_nan(x) ? x : y; });
      });
    default:
      break;
  }
  if constexpr (std::is_floating_point_v<C>) {
    switch (op) {
      case BinaryOp::kDiv:
        return kernel<C>([](const auto& a, const auto& b) { return a / b; });
      case BinaryOp::kPow:
        return kernel<C>([](const auto& a, const auto& b) { return a.pow(b); });
      case BinaryOp::kReluGrad:
        return kernel<C>(
            [](const auto& grad, const auto& y) { return (y > C{0}).select(grad, C{0}); });
      default:
        break;
    }
  }
  return nullptr;
}

template <class C>
void apply(Kernel<C> kernel, const Run& a, const Run& b, const Run& out, std::int64_t length) {
  const auto direct = [](const Run& run) { return run.dtype == dtype_of<C> && run.stride == 1; };
  if (direct(a) && direct(b) && direct(out)) {
    kernel(reinterpret_cast<const C*>(a.data), reinterpret_cast<const C*>(b.data),
           reinterpret_cast<C*>(out.data), length);
    return;
  }
  alignas(kBufferAlignment) C buffer_a[kChunk], buffer_b[kChunk], buffer_out[kChunk];
  for (std::int64_t i = 0; i < length; i += kChunk) {
    const std::int64_t n = std::min(kChunk, length - i);
    const C* left = contiguous_run(at(a, i), n, buffer_a);
    const C* right = contiguous_run(at(b, i), n, buffer_b);
    if (direct(out)) {
      kernel(left, right, reinterpret_cast<C*>(at(out, i).data), n);
    } else {
      kernel(left, right, buffer_out, n);
      scatter(buffer_out, n, at(out, i));
    }
  }
}

/// The compute type holds the number exactly as the element type would.
template <class C>
C as_operand(double number, DType dtype) {
  return dispatch_element(dtype, [&]<class T>() { return convert<C>(convert<T>(number)); });
}

}  // namespace

void binary(BinaryOp op, const Tensor& a, const Tensor& b, const Tensor& out) {
  dispatch_compute(out.dtype(), [&]<class C>() {
    const Kernel<C> kernel = kernel_of<C>(op);
    for_each_run<3>({&out, &a, &b}, [&](const std::array<Run, 3>& runs, std::int64_t length) {
      apply<C>(kernel, runs[1], runs[2], runs[0], length);
    });
  });
}

void binary_number(BinaryOp op, const Tensor& x, double number, bool reversed, const Tensor& out) {
  dispatch_compute(out.dtype(), [&]<class C>() {
    const Kernel<C> kernel = kernel_of<C>(op);
    // 16-bit tensors meet the number in f32: it is rounded once, with the result.
    C operand =
        std::is_floating_point_v<C> ? static_cast<C>(number) : as_operand<C>(number, out.dtype());
    const Run fixed{reinterpret_cast<std::byte*>(&operand), 0, dtype_of<C>};
    for_each_run<2>({&out, &x}, [&](const std::array<Run, 2>& runs, std::int64_t length) {
      apply<C>(kernel, reversed ? fixed : runs[1], reversed ? runs[1] : fixed, runs[0], length);
    });
  });
}

}  // namespace tenon::cpu

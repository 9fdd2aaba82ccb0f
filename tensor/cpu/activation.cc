#include "tensor/cpu/elementwise.h"
#include "tensor/cpu/kernels.h"
#include "tensor/internal/activations.h"

namespace tenon::cpu {
namespace {

template <class C>
using Value = void (*)(const C* x, C* out, std::int64_t count, C a, C b);
template <class C>
using Gradient = void (*)(const C* grad, const C* x, C* out, std::int64_t count, C a, C b);

template <class C>
Value<C> value_kernel(ActivationFunction function) {
  return math::dispatch_activation(function, []<class F>() -> Value<C> {
    return [](const C* x, C* out, std::int64_t count, C a, C b) {
      TENON_VECTORIZE
      for (std::int64_t i = 0; i < count; ++i) out[i] = F::value(x[i], a, b);
    };
  });
}

template <class C>
Gradient<C> gradient_kernel(ActivationFunction function) {
  return math::dispatch_activation(function, []<class F>() -> Gradient<C> {
    return [](const C* grad, const C* x, C* out, std::int64_t count, C a, C b) {
      TENON_VECTORIZE
      for (std::int64_t i = 0; i < count; ++i) out[i] = grad[i] * F::slope(x[i], a, b);
    };
  });
}

template <class F>
void dispatch_floating(DType dtype, const F& fn) {
  if (dtype == DType::kF64) {
    fn.template operator()<double>();
  } else {
    fn.template operator()<float>();
  }
}

}  // namespace

void activation(const ActivationArgs& args, const Tensor& x, const Tensor& out) {
  dispatch_floating(x.dtype(), [&]<class C>() {
    const auto kernel = value_kernel<C>(args.function);
    const C a = static_cast<C>(args.a), b = static_cast<C>(args.b);
    map<C>(x, out, [=](const C* in, C* result, std::int64_t n) { kernel(in, result, n, a, b); });
  });
}

void activation_grad(const ActivationArgs& args, const Tensor& grad, const Tensor& x,
                     const Tensor& out) {
  dispatch_floating(x.dtype(), [&]<class C>() {
    const auto kernel = gradient_kernel<C>(args.function);
    const C a = static_cast<C>(args.a), b = static_cast<C>(args.b);
    map<C>(grad, x, out, [=](const C* g, const C* in, C* result, std::int64_t n) {
      kernel(g, in, result, n, a, b);
    });
  });
}

}  // namespace tenon::cpu

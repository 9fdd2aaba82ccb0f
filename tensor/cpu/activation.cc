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
      apply(
          count, out, [=]<class V>(V v) { return F::value(v, V(a), V(b)); }, x);
    };
  });
}

template <class C>
Gradient<C> gradient_kernel(ActivationFunction function) {
  return math::dispatch_activation(function, []<class F>() -> Gradient<C> {
    return [](const C* grad, const C* x, C* out, std::int64_t count, C a, C b) {
      apply(
          count, out, [=]<class V>(V g, V v) { return g * F::slope(v, V(a), V(b)); }, grad, x);
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

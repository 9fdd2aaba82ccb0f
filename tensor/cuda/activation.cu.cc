#include "tensor/cuda/elementwise.h"
#include "tensor/cuda/kernels.h"
#include "tensor/cuda/scalar_ops.h"

namespace tenon::cuda {

void activation(const ActivationArgs& args, const Tensor& x, const Tensor& out) {
  dispatch_floating(x.dtype(), [&]<class C>() {
    map<C, 1>("activation",
              ActivationValue<C>{{}, args.function, static_cast<C>(args.a), static_cast<C>(args.b)},
              {&x}, out);
  });
}

void activation_grad(const ActivationArgs& args, const Tensor& grad, const Tensor& x,
                     const Tensor& out) {
  dispatch_floating(x.dtype(), [&]<class C>() {
    map<C, 2>("activation_grad",
              ActivationSlope<C>{{}, args.function, static_cast<C>(args.a), static_cast<C>(args.b)},
              {&grad, &x}, out);
  });
}

}  // namespace tenon::cuda

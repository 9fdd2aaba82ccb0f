#include "tensor/cuda/elementwise.h"

#include "tensor/cuda/kernels.h"
#include "tensor/cuda/scalar_ops.h"

namespace tenon::cuda {

void fill(double value, const Tensor& out) {
  // By way of the element type: 300 in a u8 is 44 there as here.
  dispatch_compute(out.dtype(), [&]<class C>() {
    C number{};
    with_element(out.dtype(),
                 [&](auto type) { number = convert<C>(convert<decltype(type)>(value)); });
    map<C, 0>("fill", Fill<C>{{}, number}, {}, out);
  });
}

void copy(const Tensor& from, const Tensor& out) {
  dispatch_compute(from.dtype(), [&]<class C>() { map<C, 1>("copy", Copy{}, {&from}, out); });
}

void unary(UnaryOp op, const Tensor& x, const Tensor& out) {
  dispatch_compute(x.dtype(), [&]<class C>() { map<C, 1>("unary", Unary{{}, op}, {&x}, out); });
}

void where(const Tensor& condition, const Tensor& a, const Tensor& b, const Tensor& out) {
  dispatch_compute(out.dtype(), [&]<class C>() {
    map<C, 3>("where", Where{}, {&condition, &a, &b}, out);
  });
}

void channel_affine(const ChannelAffineArgs& args, const Tensor& out) {
  const auto spread = [&](const Tensor& of_channels) {
    return of_channels.reshape({1, -1, 1}).expand(out.shape());
  };
  const Tensor center = spread(args.center), scale = spread(args.scale), shift = spread(args.shift);
  dispatch_floating(args.x.dtype(), [&]<class C>() {
    if (!args.grad) {
      return map<C, 4>("affine", Affine<false>{}, {&args.x, &center, &scale, &shift}, out);
    }
    const Tensor grad_scale = spread(*args.grad_scale);
    map<C, 6>("affine", Affine<true>{}, {&args.x, &center, &scale, &shift, args.grad, &grad_scale},
              out);
  });
}

}  // namespace tenon::cuda

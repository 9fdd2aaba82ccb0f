// What cuBLAS and cuDNN compute on a GPU the CPU's backend computes here, in the same memory.
#include <utility>

#include "tensor/cuda/kernels.h"

namespace tenon::cuda {
namespace {

/// The same elements as a tensor of the host.
Tensor on_host(const Tensor& x) {
  if (!x.defined()) return x;
  struct Owner final : StorageOwner {
    explicit Owner(Tensor x) : kept(std::move(x)) {}
    Tensor kept;
  };
  internal::IntrusivePtr<StorageOwner> owner(new Owner(x));
  auto storage = Storage::borrow(x.storage()->data(), x.storage()->bytes(), kCpu, std::move(owner));
  const std::int64_t offset = x.numel() == 0 ? 0 : x.offset();  // of nothing it may be anything
  return Tensor(std::move(storage), x.shape(), x.strides(), offset, x.dtype());
}

}  // namespace

void matmul(const MatmulArgs& args, const Tensor& out) {
  const Tensor bias = args.bias ? on_host(*args.bias) : Tensor();
  backend(kCpu).matmul({.a = on_host(args.a),
                        .b = on_host(args.b),
                        .bias = args.bias ? &bias : nullptr,
                        .activation = args.activation,
                        .accumulate = args.accumulate},
                       on_host(out));
}

void conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dParams& params,
            Activation activation, const Tensor& out) {
  backend(kCpu).conv2d(on_host(x), on_host(weight), on_host(bias), params, activation,
                       on_host(out));
}
void conv2d_input_grad(const Tensor& grad, const Tensor& weight, const Conv2dParams& params,
                       const Tensor& out) {
  backend(kCpu).conv2d_input_grad(on_host(grad), on_host(weight), params, on_host(out));
}
void conv2d_weight_grad(const Tensor& grad, const Tensor& x, const Conv2dParams& params,
                        const Tensor& out) {
  backend(kCpu).conv2d_weight_grad(on_host(grad), on_host(x), params, on_host(out));
}

}  // namespace tenon::cuda

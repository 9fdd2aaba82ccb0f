// What cuBLAS and cuDNN compute on a GPU the CPU's backend computes here, in the same memory.
#include "tensor/cuda/kernels.h"
#include "tensor/cuda/submit.h"

namespace tenon::cuda {
namespace {

/// The same elements as a tensor of the host, which does not keep them: a recorded step has only
/// addresses.
Tensor on_host(const Tensor& x) {
  if (!x.defined()) return x;
  auto storage = Storage::borrow(x.storage()->data(), x.storage()->bytes(), kCpu, nullptr);
  const std::int64_t offset = x.numel() == 0 ? 0 : x.offset();  // of nothing it may be anything
  return Tensor(std::move(storage), x.shape(), x.strides(), offset, x.dtype());
}

Tensor on_host(const Tensor* x) { return x ? on_host(*x) : Tensor(); }

template <class F>
void call(const char* name, const F& fn) {
  if (!begin_call()) return;
  const Tensor workspace = call_workspace(1 << 10);  // as libraries have it
  launch({.name = name, .loop = fn});
}

}  // namespace

void matmul(const MatmulArgs& args, const Tensor& out) {
  call("matmul",
       [a = on_host(args.a), b = on_host(args.b), bias = on_host(args.bias),
        activation = args.activation, accumulate = args.accumulate, inner = on_host(args.inner),
        slope_at = on_host(args.slope_at), row_sums = on_host(args.row_sums), to = on_host(out)] {
         const auto given = [](const Tensor& x) { return x.defined() ? &x : nullptr; };
         backend(kCpu).matmul({.a = a,
                               .b = b,
                               .bias = given(bias),
                               .activation = activation,
                               .accumulate = accumulate,
                               .inner = given(inner),
                               .slope_at = given(slope_at),
                               .row_sums = given(row_sums)},
                              to);
       });
}

void conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dParams& params,
            Activation activation, const Tensor& out) {
  call("conv2d",
       [x = on_host(x), weight = on_host(weight), bias = on_host(bias), params, activation,
        to = on_host(out)] { backend(kCpu).conv2d(x, weight, bias, params, activation, to); });
}
void conv2d_input_grad(const Tensor& grad, const Tensor& weight, const Conv2dParams& params,
                       const Tensor& out) {
  call("conv2d_input_grad",
       [grad = on_host(grad), weight = on_host(weight), params, to = on_host(out)] {
         backend(kCpu).conv2d_input_grad(grad, weight, params, to);
       });
}
void conv2d_weight_grad(const Tensor& grad, const Tensor& x, const Conv2dParams& params,
                        const Tensor& out) {
  call("conv2d_weight_grad", [grad = on_host(grad), x = on_host(x), params, to = on_host(out)] {
    backend(kCpu).conv2d_weight_grad(grad, x, params, to);
  });
}

// The plain kernels serve.
bool fused_attention(const AttentionArgs&, const Tensor&, const Tensor&, std::string* reason) {
  *reason = "an emulated device";
  return false;
}
bool fused_attention_grad(const Tensor&, const AttentionArgs&, const Tensor&, const Tensor&,
                          const Tensor&, const Tensor&, const Tensor&, std::string* reason) {
  *reason = "an emulated device";
  return false;
}

}  // namespace tenon::cuda

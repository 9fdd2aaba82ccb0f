// What cuBLAS and cuDNN compute on a GPU the CPU's backend computes here, in the same memory.
#include <cstdint>
#include <cstring>
#include <vector>

#include "tensor/cuda/kernels.h"
#include "tensor/cuda/relu_mask.h"
#include "tensor/cuda/submit.h"
#include "tensor/numerics.h"

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

/// Bit i of a mask says that element i of its row is above 0.
void write_mask(const Tensor& y, const Tensor& mask) {
  const std::vector<double> values = y.to(DType::kF64).to_vector<double>();
  const std::int64_t columns = y.shape()[2], pitch = mask.shape()[2];
  auto* bits = mask.data<std::uint8_t>();
  std::memset(bits, 0, static_cast<std::size_t>(mask.numel()));
  for (std::int64_t i = 0; i < y.numel(); ++i) {
    if (!(values[static_cast<std::size_t>(i)] > 0)) continue;
    const std::int64_t column = i % columns;
    bits[i / columns * pitch + column / 8] |= static_cast<std::uint8_t>(1 << column % 8);
  }
}
/// 0 and 1, of a dtype, for the bits of a mask.
Tensor read_mask(const Tensor& mask, const Shape& shape, DType dtype) {
  const std::int64_t columns = shape[2], pitch = mask.shape()[2];
  const auto* bits = mask.data<std::uint8_t>();
  std::vector<float> values(static_cast<std::size_t>(numel(shape)));
  for (std::int64_t i = 0; i < numel(shape); ++i) {
    const std::int64_t column = i % columns;
    const int bit = bits[i / columns * pitch + column / 8] >> column % 8 & 1;
    values[static_cast<std::size_t>(i)] = static_cast<float>(bit);
  }
  return from_vector(values).to(dtype).reshape(shape);
}

/// The mask that is written, after it was made, or read; where the library has none of its kind,
/// undefined.
Tensor mask_of(const MatmulArgs& args, const Tensor& out) {
  const bool relu = args.activation == Activation::kRelu && !args.inner;
  if (!args.relu_mask || !relu || out.numel() == 0) return {};
  if (!args.slope_at && numerics().fused_relu && out.dtype() != DType::kF64) {
    *args.relu_mask = empty(relu_mask_shape(out), {.dtype = DType::kU8, .device = out.device()});
  }
  if (args.slope_at && args.relu_mask->defined()) check_relu_mask(*args.relu_mask, out);
  return *args.relu_mask;
}

}  // namespace

void matmul(const MatmulArgs& args, const Tensor& out) {
  const Tensor bits = mask_of(args, out);
  call("matmul", [a = on_host(args.a), b = on_host(args.b), bias = on_host(args.bias),
                  activation = args.activation, accumulate = args.accumulate,
                  inner = on_host(args.inner), slope_at = on_host(args.slope_at),
                  row_sums = on_host(args.row_sums), to = on_host(out), mask = on_host(bits)] {
    const Tensor slope =
        mask.defined() && slope_at.defined() ? read_mask(mask, to.shape(), to.dtype()) : slope_at;
    const auto given = [](const Tensor& x) { return x.defined() ? &x : nullptr; };
    backend(kCpu).matmul({.a = a,
                          .b = b,
                          .bias = given(bias),
                          .activation = activation,
                          .accumulate = accumulate,
                          .inner = given(inner),
                          .slope_at = given(slope),
                          .row_sums = given(row_sums)},
                         to);
    if (mask.defined() && !slope_at.defined()) write_mask(to, mask);
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

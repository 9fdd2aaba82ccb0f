// Convolutions through cuDNN: one kernel with its bias, and with ReLU where the program's numerics
// allow that (tensor/numerics.h). The library's choice for a shape is kept.
//
// None of it has run on a GPU yet. That the library has engines for these graphs is tested without
// one (conv_graph_test.cc).
#include <string>

#include "tensor/cuda/conv_graph.h"
#include "tensor/cuda/cudnn_plan.h"
#include "tensor/cuda/fallback.h"
#include "tensor/cuda/kernels.h"
#include "tensor/error.h"
#include "tensor/numerics.h"

namespace tenon::cuda {
namespace {

using Direction = Convolution::Direction;

/// False, for `reason`, where the library has no engine for it.
bool try_run(const Convolution& c, std::initializer_list<cudnn::Plan::Address> addresses,
             std::string* reason) {
  static auto* plans = new cudnn::PlanCache("conv2d");
  return plans->run(
      c.key(), c.dtype, [&] { return convolution_graph(c); },
      std::span<const cudnn::Plan::Address>(addresses.begin(), addresses.size()), reason);
}

void run(const Convolution& c, std::initializer_list<cudnn::Plan::Address> addresses) {
  std::string reason;
  if (!try_run(c, addresses, &reason)) {
    throw DeviceError("[conv2d] expected cuDNN to have an engine, got " + reason);
  }
}

/// False, once reported, where the library has no engine that does it all.
bool try_fused(const Convolution& c, std::initializer_list<cudnn::Plan::Address> addresses) {
  std::string reason;
  if (try_run(c, addresses, &reason)) return true;
  report_fallback({.op = "conv2d",
                   .problem = std::string(name(c.dtype)) + " " + to_string(c.x) + " by " +
                              to_string(c.weight) + " and bias" + (c.relu ? " and ReLU" : ""),
                   .reason = reason});
  return false;
}

bool is_aligned(const Tensor& x) {
  return reinterpret_cast<std::uintptr_t>(x.raw_data()) % cudnn::kAlignment == 0;
}

/// x or a copy in the library's order of memory, at an address that it takes.
Tensor readable(const Tensor& x) {
  const Tensor ordered = x.contiguous(convolution_layout(x.dtype()));
  return is_aligned(ordered) ? ordered : ordered.clone();
}

/// `fill(to)` with such a result: `out` itself, or a copy that goes there.
template <class Fill>
void into(const Tensor& out, const Fill& fill) {
  const Layout layout = convolution_layout(out.dtype());
  if (out.is_contiguous(layout) && is_aligned(out)) return fill(out);
  const Tensor made =
      empty(out.shape(), {.dtype = out.dtype(), .device = out.device(), .layout = layout});
  fill(made);
  copy(made, out);
}

/// With bias and ReLU, as much of it in one kernel as the library and the numerics allow.
void forward(Convolution c, const Tensor& x, const Tensor& weight, const Tensor& bias, bool relu,
             const Tensor& to) {
  bool bias_done = false, relu_done = false;
  if (bias.defined()) {
    c.bias = true;
    const auto addresses = {cudnn::Plan::Address{kConvX, x.raw_data()},
                            {kConvWeight, weight.raw_data()},
                            {kConvBias, bias.raw_data()},
                            {kConvY, to.raw_data()}};
    c.relu = relu && numerics().fused_relu;
    relu_done = c.relu && try_fused(c, addresses);
    c.relu = false;
    bias_done = relu_done || try_fused(c, addresses);
    c.bias = false;
  }
  if (!bias_done) {
    run(c, {{kConvX, x.raw_data()}, {kConvWeight, weight.raw_data()}, {kConvY, to.raw_data()}});
  }
  if (bias.defined() && !bias_done) {
    binary(BinaryOp::kAdd, to, bias.reshape({1, -1, 1, 1}).expand(to.shape()), to);
  }
  if (relu && !relu_done) unary(UnaryOp::kRelu, to, to);
}

}  // namespace

void conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dParams& params,
            Activation activation, const Tensor& out) {
  if (out.numel() == 0) return;
  const Tensor image = readable(x), filter = readable(weight);
  Tensor addend = bias;
  if (bias.defined()) {
    addend = bias.contiguous();
    if (!is_aligned(addend)) addend = addend.clone();
  }
  into(out, [&](const Tensor& to) {
    forward({Direction::kForward, x.dtype(), x.shape(), weight.shape(), out.shape(), params}, image,
            filter, addend, activation == Activation::kRelu, to);
  });
}

void conv2d_input_grad(const Tensor& grad, const Tensor& weight, const Conv2dParams& params,
                       const Tensor& out) {
  if (grad.numel() == 0) return fill(0, out);
  const Tensor filter = readable(weight), incoming = readable(grad);
  into(out, [&](const Tensor& to) {
    run({Direction::kInputGrad, grad.dtype(), out.shape(), weight.shape(), grad.shape(), params},
        {{kConvWeight, filter.raw_data()}, {kConvY, incoming.raw_data()}, {kConvX, to.raw_data()}});
  });
}

void conv2d_weight_grad(const Tensor& grad, const Tensor& x, const Conv2dParams& params,
                        const Tensor& out) {
  if (grad.numel() == 0) return fill(0, out);
  const Tensor image = readable(x), incoming = readable(grad);
  into(out, [&](const Tensor& to) {
    run({Direction::kWeightGrad, grad.dtype(), x.shape(), out.shape(), grad.shape(), params},
        {{kConvX, image.raw_data()}, {kConvY, incoming.raw_data()}, {kConvWeight, to.raw_data()}});
  });
}

}  // namespace tenon::cuda

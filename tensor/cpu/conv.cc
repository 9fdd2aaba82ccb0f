// Convolutions through oneDNN, over channels-last images.
#include "tensor/cpu/conv_narrow.h"
#include "tensor/cpu/conv_plain.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/onednn.h"
#include "tensor/cpu/winograd.h"

namespace tenon::cpu {
namespace {

using dnnl::memory;
using Tag = dnnl::memory::format_tag;

enum KeyKind : std::int64_t { kForwardKey = 2, kInputGradKey, kWeightGradKey };

/// Shapes of one convolution: x [N,C,H,W], weight [K,C/g,R,S], y [N,K,P,Q].
struct Problem {
  const Shape& x;
  const Shape& weight;
  const Shape& y;
  const Conv2dParams& params;
  DType dtype;
  bool bias = false;
  bool x_is_row_major = false;  // as the image comes; oneDNN reorders it

  onednn::Key key(KeyKind kind) const {
    return {{kind, static_cast<std::int64_t>(dtype), x[0], x[1], x[2], x[3], weight[0], weight[1],
             weight[2], weight[3], params.stride.first, params.stride.second, params.padding.first,
             params.padding.second, params.dilation.first, params.dilation.second, params.groups,
             bias, x_is_row_major}};
  }

  /// As primitives see it: given a row-major image, oneDNN 2.6 falls back to its plain loops, which
  /// take a hundred times as long.
  memory::desc x_desc() const {
    return {{x[0], x[1], x[2], x[3]}, onednn::data_type(dtype), Tag::nhwc};
  }
  memory::desc given_x_desc() const {
    return {
        {x[0], x[1], x[2], x[3]}, onednn::data_type(dtype), x_is_row_major ? Tag::nchw : Tag::nhwc};
  }
  memory::desc y_desc() const {
    return {{y[0], y[1], y[2], y[3]}, onednn::data_type(dtype), Tag::nhwc};
  }
  memory::desc weight_desc(bool any) const {
    const auto type = onednn::data_type(dtype);
    if (params.groups == 1) {
      return {{weight[0], weight[1], weight[2], weight[3]}, type, any ? Tag::any : Tag::oihw};
    }
    return {{params.groups, weight[0] / params.groups, weight[1], weight[2], weight[3]},
            type,
            any ? Tag::any : Tag::goihw};
  }
  memory::desc bias_desc() const { return {{weight[0]}, onednn::data_type(dtype), Tag::x}; }
  memory::dims stride() const { return {params.stride.first, params.stride.second}; }
  memory::dims dilation() const {  // oneDNN counts the gaps
    return {params.dilation.first - 1, params.dilation.second - 1};
  }
  /// Padding at the top left, and at the bottom right as far as windows reach.
  memory::dims padding_begin() const { return {params.padding.first, params.padding.second}; }
  memory::dims padding_end() const {
    const auto end = [](std::int64_t out, std::int64_t size, std::int64_t window, int stride,
                        int dilation, int before) {
      return (out - 1) * stride + dilation * (window - 1) + 1 - size - before;
    };
    return {end(y[2], x[2], weight[2], params.stride.first, params.dilation.first,
                params.padding.first),
            end(y[3], x[3], weight[3], params.stride.second, params.dilation.second,
                params.padding.second)};
  }

  dnnl::convolution_forward::primitive_desc forward(dnnl::prop_kind kind) const {
    using Forward = dnnl::convolution_forward;
    constexpr auto kDirect = dnnl::algorithm::convolution_direct;
    const Forward::desc desc =
        bias ? Forward::desc(kind, kDirect, x_desc(), weight_desc(true), bias_desc(), y_desc(),
                             stride(), dilation(), padding_begin(), padding_end())
             : Forward::desc(kind, kDirect, x_desc(), weight_desc(true), y_desc(), stride(),
                             dilation(), padding_begin(), padding_end());
    return {desc, onednn::engine()};
  }
};

onednn::Execution make_forward(const Problem& problem) {
  const auto chosen = problem.forward(dnnl::prop_kind::forward_training);
  onednn::Execution execution{dnnl::convolution_forward(chosen)};
  execution.add_source(DNNL_ARG_SRC, problem.given_x_desc(), chosen.src_desc());
  execution.add_source(DNNL_ARG_WEIGHTS, problem.weight_desc(false), chosen.weights_desc());
  execution.add_result(DNNL_ARG_DST, problem.y_desc(), chosen.dst_desc());
  if (problem.bias) {
    execution.add_source(DNNL_ARG_BIAS, problem.bias_desc(), problem.bias_desc());
  }
  return execution;
}

onednn::Execution make_input_grad(const Problem& problem) {
  using Backward = dnnl::convolution_backward_data;
  const Backward::desc desc(dnnl::algorithm::convolution_direct, problem.x_desc(),
                            problem.weight_desc(true), problem.y_desc(), problem.stride(),
                            problem.dilation(), problem.padding_begin(), problem.padding_end());
  const Backward::primitive_desc chosen(desc, onednn::engine(),
                                        problem.forward(dnnl::prop_kind::forward_training));
  onednn::Execution execution{Backward(chosen)};
  execution.add_source(DNNL_ARG_DIFF_DST, problem.y_desc(), chosen.diff_dst_desc());
  execution.add_source(DNNL_ARG_WEIGHTS, problem.weight_desc(false), chosen.weights_desc());
  execution.add_result(DNNL_ARG_DIFF_SRC, problem.x_desc(), chosen.diff_src_desc());
  return execution;
}

onednn::Execution make_weight_grad(const Problem& problem) {
  using Backward = dnnl::convolution_backward_weights;
  const Backward::desc desc(dnnl::algorithm::convolution_direct, problem.x_desc(),
                            problem.weight_desc(true), problem.y_desc(), problem.stride(),
                            problem.dilation(), problem.padding_begin(), problem.padding_end());
  const Backward::primitive_desc chosen(desc, onednn::engine(),
                                        problem.forward(dnnl::prop_kind::forward_training));
  onednn::Execution execution{Backward(chosen)};
  execution.add_source(DNNL_ARG_DIFF_DST, problem.y_desc(), chosen.diff_dst_desc());
  execution.add_source(DNNL_ARG_SRC, problem.given_x_desc(), chosen.src_desc());
  execution.add_result(DNNL_ARG_DIFF_WEIGHTS, problem.weight_desc(false),
                       chosen.diff_weights_desc());
  return execution;
}

bool runs_in_f64(const Tensor& x) { return x.dtype() == DType::kF64; }
bool must_widen(const Tensor& x) { return !onednn::supports(x.dtype()); }

/// An image as it is where it is dense in either order, else channels-last.
Tensor as_image(const Tensor& x, bool* row_major) {
  *row_major = x.is_contiguous() && !x.is_contiguous(Layout::kChannelsLast);
  return *row_major ? x : x.contiguous(Layout::kChannelsLast);
}

}  // namespace

void conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dParams& params,
            Activation activation, const Tensor& out) {
  if (runs_in_f64(x)) return conv2d_plain(x, weight, bias, params, activation, out);
  if (conv2d_narrow(x, weight, bias, params, activation, out)) return;
  if (conv2d_winograd(x, weight, bias, params, activation, out)) return;
  if (must_widen(x)) {
    const Tensor wide = empty_like(out, DType::kF32);
    conv2d(x.to(DType::kF32), weight.to(DType::kF32), bias.defined() ? bias.to(DType::kF32) : bias,
           params, activation, wide);
    return copy(wide, out);
  }
  bool row_major = false;
  const Tensor image = as_image(x, &row_major), filter = weight.contiguous();
  const Problem problem{.x = x.shape(),
                        .weight = weight.shape(),
                        .y = out.shape(),
                        .params = params,
                        .dtype = x.dtype(),
                        .bias = bias.defined(),
                        .x_is_row_major = row_major};
  onednn::Execution& execution =
      onednn::cached(problem.key(kForwardKey), [&] { return make_forward(problem); });
  if (bias.defined()) {
    const Tensor offsets = bias.contiguous();
    execution.run({image.raw_data(), filter.raw_data(), out.raw_data(), offsets.raw_data()});
  } else {
    execution.run({image.raw_data(), filter.raw_data(), out.raw_data()});
  }
  // Not fused: see matmul.cc.
  if (activation == Activation::kRelu) unary(UnaryOp::kRelu, out, out);
}

void conv2d_input_grad(const Tensor& grad, const Tensor& weight, const Conv2dParams& params,
                       const Tensor& out) {
  if (runs_in_f64(grad)) return conv2d_input_grad_plain(grad, weight, params, out);
  if (conv2d_input_grad_winograd(grad, weight, params, out)) return;
  if (must_widen(grad)) {
    const Tensor wide = empty_like(out, DType::kF32);
    conv2d_input_grad(grad.to(DType::kF32), weight.to(DType::kF32), params, wide);
    return copy(wide, out);
  }
  const Tensor incoming = grad.contiguous(Layout::kChannelsLast), filter = weight.contiguous();
  const Problem problem{.x = out.shape(),
                        .weight = weight.shape(),
                        .y = grad.shape(),
                        .params = params,
                        .dtype = grad.dtype()};
  onednn::cached(problem.key(kInputGradKey), [&] {
    return make_input_grad(problem);
  }).run({incoming.raw_data(), filter.raw_data(), out.raw_data()});
}

void conv2d_weight_grad(const Tensor& grad, const Tensor& x, const Conv2dParams& params,
                        const Tensor& out) {
  if (runs_in_f64(grad)) return conv2d_weight_grad_plain(grad, x, params, out);
  if (conv2d_weight_grad_narrow(grad, x, params, out)) return;
  if (conv2d_weight_grad_winograd(grad, x, params, out)) return;
  if (must_widen(grad)) {
    const Tensor wide = empty_like(out, DType::kF32);
    conv2d_weight_grad(grad.to(DType::kF32), x.to(DType::kF32), params, wide);
    return copy(wide, out);
  }
  bool row_major = false;
  const Tensor incoming = grad.contiguous(Layout::kChannelsLast), image = as_image(x, &row_major);
  const Problem problem{.x = x.shape(),
                        .weight = out.shape(),
                        .y = grad.shape(),
                        .params = params,
                        .dtype = grad.dtype(),
                        .x_is_row_major = row_major};
  onednn::cached(problem.key(kWeightGradKey), [&] {
    return make_weight_grad(problem);
  }).run({incoming.raw_data(), image.raw_data(), out.raw_data()});
}

}  // namespace tenon::cpu

#include "tensor/backend.h"
#include "tensor/internal/check.h"
#include "tensor/ops.h"

namespace tenon {
namespace {

std::string pair_text(std::pair<int, int> pair) {
  return "{" + std::to_string(pair.first) + "," + std::to_string(pair.second) + "}";
}

void check_at_least(const char* op, const char* argument, std::pair<int, int> value, int least) {
  if (value.first < least || value.second < least) {
    throw ValueError("[" + std::string(op) + "] expected " + argument + " of at least " +
                     std::to_string(least) + ", got " + pair_text(value));
  }
}

/// Positions that a window takes along one dimension; 0 where it does not fit.
std::int64_t positions(std::int64_t size, std::int64_t window, int stride, int padding,
                       int dilation) {
  const std::int64_t room = size + 2 * std::int64_t{padding} - dilation * (window - 1) - 1;
  return room < 0 ? 0 : room / stride + 1;
}

/// Checks a convolution's shapes and returns that of its result.
Shape conv2d_shape(const char* op, const Shape& x, const Shape& weight, const Conv2dParams& p) {
  check_at_least(op, "stride", p.stride, 1);
  check_at_least(op, "padding", p.padding, 0);
  check_at_least(op, "dilation", p.dilation, 1);
  if (p.groups < 1 || weight[0] % p.groups != 0) {
    throw ValueError("[" + std::string(op) + "] expected groups that divide the " +
                     std::to_string(weight[0]) + " filters, got " + std::to_string(p.groups));
  }
  if (x[1] != weight[1] * p.groups) {
    throw ShapeError("[" + std::string(op) + "] expected input channels " +
                     std::to_string(weight[1] * p.groups) + " (weight " + to_string(weight) +
                     ", groups " + std::to_string(p.groups) + "), got " + std::to_string(x[1]) +
                     " (input " + to_string(x) + ")");
  }
  const Shape shape{
      x[0], weight[0],
      positions(x[2], weight[2], p.stride.first, p.padding.first, p.dilation.first),
      positions(x[3], weight[3], p.stride.second, p.padding.second, p.dilation.second)};
  if (weight[2] < 1 || weight[3] < 1 || shape[2] < 1 || shape[3] < 1) {
    throw ShapeError("[" + std::string(op) +
                     "] expected an input at least as large as the filter " + "(weight " +
                     to_string(weight) + ", padding " + pair_text(p.padding) + ", dilation " +
                     pair_text(p.dilation) + "), got input " + to_string(x));
  }
  return shape;
}

void check_shape_is_4d(const char* op, const char* argument, const Shape& shape) {
  if (shape.size() != 4) {
    throw ShapeError("[" + std::string(op) + "] expected " + argument + " with 4 dimensions, got " +
                     to_string(shape));
  }
}

Tensor channels_last_result(const Shape& shape, const Tensor& like) {
  return empty(shape,
               {.dtype = like.dtype(), .device = like.device(), .layout = Layout::kChannelsLast});
}

/// Every sum is empty, and what is left is activation(bias).
Tensor conv2d_of_no_channels(const Tensor& bias, Activation activation, const Tensor& out) {
  out.fill_(0);
  if (bias.defined()) out.copy_(bias.reshape({-1, 1, 1}));
  activate(activation, out, out);
  return out;
}

/// x and weight are 4-d.
Tensor convolve(const char* op, const Tensor& x, const Tensor& weight, const Tensor& bias,
                const Conv2dParams& params, Activation activation) {
  internal::check_floating(op, "x", x);
  internal::check_match(op, "x", x, "weight", weight);
  const Shape shape = conv2d_shape(op, x.shape(), weight.shape(), params);
  if (bias.defined()) {
    internal::check_match(op, "x", x, "bias", bias);
    internal::check_shape(op, "bias", bias, {weight.size(0)});
  }
  Tensor out = channels_last_result(shape, x);
  if (out.numel() == 0) return out;
  if (x.size(1) == 0) return conv2d_of_no_channels(bias, activation, out);
  const bool in_kernel = activation == Activation::kRelu;
  backend(x.device())
      .conv2d(x, weight, bias, params, in_kernel ? activation : Activation::kNone, out);
  if (!in_kernel) activate(activation, out, out);
  return out;
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dParams& params,
              Activation activation) {
  internal::check_ndim("conv2d", "x", x, 4);
  internal::check_ndim("conv2d", "weight", weight, 4);
  return convolve("conv2d", x, weight, bias, params, activation);
}

Tensor conv2d_input_grad(const Tensor& grad, const Tensor& weight, const Shape& x_shape,
                         const Conv2dParams& params) {
  internal::check_floating("conv2d_input_grad", "grad", grad);
  internal::check_match("conv2d_input_grad", "grad", grad, "weight", weight);
  internal::check_ndim("conv2d_input_grad", "weight", weight, 4);
  check_shape_is_4d("conv2d_input_grad", "x_shape", x_shape);
  internal::check_shape("conv2d_input_grad", "grad", grad,
                        conv2d_shape("conv2d_input_grad", x_shape, weight.shape(), params));
  Tensor out = channels_last_result(x_shape, grad);
  if (grad.numel() == 0 || out.numel() == 0) return out.fill_(0);
  backend(grad.device()).conv2d_input_grad(grad, weight, params, out);
  return out;
}

Tensor conv2d_weight_grad(const Tensor& grad, const Tensor& x, const Shape& weight_shape,
                          const Conv2dParams& params) {
  internal::check_floating("conv2d_weight_grad", "grad", grad);
  internal::check_match("conv2d_weight_grad", "grad", grad, "x", x);
  internal::check_ndim("conv2d_weight_grad", "x", x, 4);
  check_shape_is_4d("conv2d_weight_grad", "weight_shape", weight_shape);
  internal::check_shape("conv2d_weight_grad", "grad", grad,
                        conv2d_shape("conv2d_weight_grad", x.shape(), weight_shape, params));
  Tensor out = empty(weight_shape, grad.options());
  if (grad.numel() == 0 || out.numel() == 0) return out.fill_(0);
  backend(grad.device()).conv2d_weight_grad(grad, x, params, out);
  return out;
}

Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv1dParams& params,
              Activation activation) {
  internal::check_ndim("conv1d", "x", x, 3);
  internal::check_ndim("conv1d", "weight", weight, 3);
  const Conv2dParams of_rows = convolution_of(params);
  return convolve("conv1d", x.unsqueeze(2), weight.unsqueeze(2), bias, of_rows, activation)
      .squeeze(2);
}

Shape conv_transpose2d_shape(const Shape& x, const Shape& weight, const ConvTranspose2dParams& p) {
  constexpr const char* kOp = "conv_transpose2d";
  check_shape_is_4d(kOp, "x", x);
  check_shape_is_4d(kOp, "weight", weight);
  check_at_least(kOp, "stride", p.stride, 1);
  check_at_least(kOp, "padding", p.padding, 0);
  check_at_least(kOp, "output_padding", p.output_padding, 0);
  check_at_least(kOp, "dilation", p.dilation, 1);
  if (p.output_padding.first >= p.stride.first || p.output_padding.second >= p.stride.second) {
    throw ValueError("[conv_transpose2d] expected output_padding below the stride " +
                     pair_text(p.stride) + ", got " + pair_text(p.output_padding));
  }
  if (p.groups < 1 || weight[0] % p.groups != 0) {
    throw ValueError("[conv_transpose2d] expected groups that divide the " +
                     std::to_string(weight[0]) + " input channels, got " +
                     std::to_string(p.groups));
  }
  if (x[1] != weight[0]) {
    throw ShapeError("[conv_transpose2d] expected input channels " + std::to_string(weight[0]) +
                     " (weight " + to_string(weight) + "), got " + std::to_string(x[1]) +
                     " (input " + to_string(x) + ")");
  }
  const auto size = [](std::int64_t in, std::int64_t window, int stride, int padding, int dilation,
                       int more) {
    return (in - 1) * stride - 2 * std::int64_t{padding} + dilation * (window - 1) + more + 1;
  };
  const Shape shape{x[0], weight[1] * p.groups,
                    size(x[2], weight[2], p.stride.first, p.padding.first, p.dilation.first,
                         p.output_padding.first),
                    size(x[3], weight[3], p.stride.second, p.padding.second, p.dilation.second,
                         p.output_padding.second)};
  if (x[2] < 1 || x[3] < 1 || weight[2] < 1 || weight[3] < 1 || shape[2] < 1 || shape[3] < 1) {
    throw ShapeError("[conv_transpose2d] expected a result with elements, got " + to_string(shape) +
                     " (input " + to_string(x) + ", weight " + to_string(weight) + ", padding " +
                     pair_text(p.padding) + ")");
  }
  return shape;
}

Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                        const ConvTranspose2dParams& params) {
  internal::check_floating("conv_transpose2d", "x", x);
  internal::check_match("conv_transpose2d", "x", x, "weight", weight);
  const Shape shape = conv_transpose2d_shape(x.shape(), weight.shape(), params);
  if (bias.defined()) {
    internal::check_match("conv_transpose2d", "x", x, "bias", bias);
    internal::check_shape("conv_transpose2d", "bias", bias, {shape[1]});
  }
  const Tensor out = conv2d_input_grad(x, weight, shape, convolution_of(params));
  return bias.defined() ? add(out, bias.reshape({-1, 1, 1})) : out;
}

}  // namespace tenon

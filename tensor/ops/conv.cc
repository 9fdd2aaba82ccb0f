#include "tensor/backend.h"
#include "tensor/internal/check.h"
#include "tensor/ops.h"

namespace tenon {
namespace {

using internal::describe;

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
    throw ShapeError("[" + std::string(op) + "] expected an input at least as large as the filter " +
                     "(weight " + to_string(weight) + ", padding " + pair_text(p.padding) +
                     ", dilation " + pair_text(p.dilation) + "), got input " + to_string(x));
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
  return empty(shape, {.dtype = like.dtype(), .device = like.device(),
                       .layout = Layout::kChannelsLast});
}

/// Every sum is empty, and what is left is activation(bias).
Tensor conv2d_of_no_channels(const Tensor& bias, Activation activation, const Tensor& out) {
  out.fill_(0);
  if (bias.defined()) out.copy_(bias.reshape({-1, 1, 1}));
  return activation == Activation::kRelu ? relu(out) : out;
}

Shape pool2d_shape(const Shape& x, const Pool2dParams& p) {
  check_at_least("max_pool2d", "kernel", p.kernel, 1);
  check_at_least("max_pool2d", "stride", p.stride, 1);
  check_at_least("max_pool2d", "padding", p.padding, 0);
  if (p.padding.first > p.kernel.first / 2 || p.padding.second > p.kernel.second / 2) {
    throw ValueError("[max_pool2d] expected padding of at most half the kernel " +
                     pair_text(p.kernel) + ", got " + pair_text(p.padding));
  }
  const Shape shape{x[0], x[1],
                    positions(x[2], p.kernel.first, p.stride.first, p.padding.first, 1),
                    positions(x[3], p.kernel.second, p.stride.second, p.padding.second, 1)};
  if (shape[2] < 1 || shape[3] < 1) {
    throw ShapeError("[max_pool2d] expected an input at least as large as the kernel " +
                     pair_text(p.kernel) + ", got input " + to_string(x));
  }
  return shape;
}

[[noreturn]] void throw_index_outside(const char* op, const Shape& x_shape) {
  throw IndexError("[" + std::string(op) + "] expected indices within a plane of " +
                   std::to_string(x_shape[2] * x_shape[3]) + " elements (" + to_string(x_shape) +
                   "), got one outside");
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dParams& params,
              Activation activation) {
  internal::check_floating("conv2d", "x", x);
  internal::check_ndim("conv2d", "x", x, 4);
  internal::check_match("conv2d", "x", x, "weight", weight);
  internal::check_ndim("conv2d", "weight", weight, 4);
  const Shape shape = conv2d_shape("conv2d", x.shape(), weight.shape(), params);
  if (bias.defined()) {
    internal::check_match("conv2d", "x", x, "bias", bias);
    internal::check_shape("conv2d", "bias", bias, {weight.size(0)});
  }
  Tensor out = channels_last_result(shape, x);
  if (out.numel() == 0) return out;
  if (x.size(1) == 0) return conv2d_of_no_channels(bias, activation, out);
  backend(x.device()).conv2d(x, weight, bias, params, activation, out);
  return out;
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

std::pair<Tensor, Tensor> max_pool2d(const Tensor& x, const Pool2dParams& params) {
  internal::check_floating("max_pool2d", "x", x);
  internal::check_ndim("max_pool2d", "x", x, 4);
  const Shape shape = pool2d_shape(x.shape(), params);
  if (x.size(2) * x.size(3) > INT32_MAX) {
    throw ShapeError("[max_pool2d] expected planes of fewer than 2^31 elements, got " +
                     describe(x));
  }
  Tensor out = channels_last_result(shape, x);
  Tensor indices = empty_like(out, DType::kI32);
  if (out.numel() > 0) {
    backend(x.device()).max_pool2d(x.contiguous(Layout::kChannelsLast), params, out, indices);
  }
  return {out, indices};
}

Tensor max_pool2d_scatter(const Tensor& grad, const Tensor& indices, const Shape& x_shape) {
  internal::check_floating("max_pool2d_scatter", "grad", grad);
  internal::check_dtype("max_pool2d_scatter", "indices", indices, DType::kI32);
  internal::check_ndim("max_pool2d_scatter", "grad", grad, 4);
  internal::check_shape("max_pool2d_scatter", "indices", indices, grad.shape());
  check_shape_is_4d("max_pool2d_scatter", "x_shape", x_shape);
  if (x_shape[0] != grad.size(0) || x_shape[1] != grad.size(1)) {
    throw ShapeError("[max_pool2d_scatter] expected x_shape with the batch and channels of grad " +
                     to_string(grad.shape()) + ", got " + to_string(x_shape));
  }
  Tensor out = channels_last_result(x_shape, grad);
  if (!backend(grad.device())
           .max_pool2d_scatter(grad.contiguous(Layout::kChannelsLast),
                               indices.contiguous(Layout::kChannelsLast), out)) {
    throw_index_outside("max_pool2d_scatter", x_shape);
  }
  return out;
}

Tensor max_pool2d_gather(const Tensor& x, const Tensor& indices) {
  internal::check_floating("max_pool2d_gather", "x", x);
  internal::check_dtype("max_pool2d_gather", "indices", indices, DType::kI32);
  internal::check_ndim("max_pool2d_gather", "x", x, 4);
  internal::check_ndim("max_pool2d_gather", "indices", indices, 4);
  if (indices.size(0) != x.size(0) || indices.size(1) != x.size(1)) {
    throw ShapeError("[max_pool2d_gather] expected indices with the batch and channels of x " +
                     to_string(x.shape()) + ", got " + to_string(indices.shape()));
  }
  Tensor out = channels_last_result(indices.shape(), x);
  if (!backend(x.device())
           .max_pool2d_gather(x.contiguous(Layout::kChannelsLast),
                              indices.contiguous(Layout::kChannelsLast), out)) {
    throw_index_outside("max_pool2d_gather", x.shape());
  }
  return out;
}

}  // namespace tenon

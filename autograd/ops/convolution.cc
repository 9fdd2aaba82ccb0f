#include <utility>

#include "autograd/autocast.h"
#include "autograd/internal/accumulate.h"
#include "autograd/ops.h"
#include "autograd/record.h"

// conv2d is linear in its input and in its weight. So are the two gradients in theirs, and the
// three are each other's derivatives: <grad, conv2d(x, w)> = <conv2d_input_grad(grad, w), x> =
// <conv2d_weight_grad(grad, x), w>.

namespace tenon::autograd {
namespace {

/// [N,C,L] as [N,C,1,L].
Shape as_plane(Shape shape) {
  shape.insert(2, 1);
  return shape;
}

}  // namespace
Variable conv2d(const Variable& x, const Variable& weight, const Variable& bias,
                const Conv2dParams& params, Activation activation) {
  if (activation == Activation::kGelu) return gelu(conv2d(x, weight, bias, params));
  if (activation == Activation::kGeluTanh) return gelu_tanh(conv2d(x, weight, bias, params));
  if (autocasting()) {
    return autocast(
        autocast_precision("conv2d"),
        [&](const Variable& low_x, const Variable& low_weight, const Variable& low_bias) {
          return conv2d(low_x, low_weight, low_bias, params, activation);
        },
        x, weight, bias);
  }
  Tensor y = tenon::conv2d(x.value(), weight.value(), bias.value(), params, activation);
  if (!recording(x, weight, bias)) return y;
  const bool relu = activation == Activation::kRelu;
  const SavedVariable saved_y = relu ? save_output(y) : SavedVariable();
  return record(
      "conv2d", std::move(y),
      [relu, params, y = saved_y, x = save_if(requires_grad(weight), x),
       weight = save_if(requires_grad(x), weight)](Gradients& g) {
        const Variable grad = relu ? relu_grad_of(g.take_output(), y.get(g)) : g.output();
        // The weight's first: it takes most room to compute, and the input's needs none as yet.
        if (g.needs(1)) g.set(1, conv2d_weight_grad(grad, x.get(g), g.shape(1), params));
        if (g.needs(0)) g.set(0, conv2d_input_grad(grad, weight.get(g), g.shape(0), params));
        if (g.needs(2)) g.set(2, sum(grad, {0, 2, 3}));
      },
      x, weight, bias);
}

Variable conv2d_input_grad(const Variable& grad, const Variable& weight, const Shape& x_shape,
                           const Conv2dParams& params) {
  Tensor y = tenon::conv2d_input_grad(grad.value(), weight.value(), x_shape, params);
  if (!recording(grad, weight)) return y;
  return record(
      "conv2d_input_grad", std::move(y),
      [params, grad = save_if(requires_grad(weight), grad),
       weight = save_if(requires_grad(grad), weight)](Gradients& g) {
        if (g.needs(0)) g.set(0, conv2d(g.output(), weight.get(g), {}, params));
        if (g.needs(1)) g.set(1, conv2d_weight_grad(grad.get(g), g.output(), g.shape(1), params));
      },
      grad, weight);
}

Variable conv2d_weight_grad(const Variable& grad, const Variable& x, const Shape& weight_shape,
                            const Conv2dParams& params) {
  Tensor y = tenon::conv2d_weight_grad(grad.value(), x.value(), weight_shape, params);
  if (!recording(grad, x)) return y;
  return record(
      "conv2d_weight_grad", std::move(y),
      [params, grad = save_if(requires_grad(x), grad),
       x = save_if(requires_grad(grad), x)](Gradients& g) {
        if (g.needs(0)) g.set(0, conv2d(x.get(g), g.output(), {}, params));
        if (g.needs(1)) g.set(1, conv2d_input_grad(grad.get(g), g.output(), g.shape(1), params));
      },
      grad, x);
}

Variable conv1d(const Variable& x, const Variable& weight, const Variable& bias,
                const Conv1dParams& params, Activation activation) {
  if (activation == Activation::kGelu) return gelu(conv1d(x, weight, bias, params));
  if (activation == Activation::kGeluTanh) return gelu_tanh(conv1d(x, weight, bias, params));
  if (autocasting()) {
    return autocast(
        autocast_precision("conv1d"),
        [&](const Variable& low_x, const Variable& low_weight, const Variable& low_bias) {
          return conv1d(low_x, low_weight, low_bias, params, activation);
        },
        x, weight, bias);
  }
  Tensor y = tenon::conv1d(x.value(), weight.value(), bias.value(), params, activation);
  if (!recording(x, weight, bias)) return y;
  const bool relu = activation == Activation::kRelu;
  const SavedVariable saved_y = relu ? save_output(y) : SavedVariable();
  return record(
      "conv1d", std::move(y),
      [relu, params = convolution_of(params), y = saved_y, x = save_if(requires_grad(weight), x),
       weight = save_if(requires_grad(x), weight)](Gradients& g) {
        const Variable incoming = relu ? relu_grad(g.output(), y.get(g)) : g.output();
        const Variable grad = unsqueeze(incoming, 2);
        if (g.needs(0)) {
          const Variable filter = unsqueeze(weight.get(g), 2);
          g.set(0, squeeze(conv2d_input_grad(grad, filter, as_plane(g.shape(0)), params), 2));
        }
        if (g.needs(1)) {
          const Variable image = unsqueeze(x.get(g), 2);
          g.set(1, squeeze(conv2d_weight_grad(grad, image, as_plane(g.shape(1)), params), 2));
        }
        if (g.needs(2)) g.set(2, sum(incoming, {0, 2}));
      },
      x, weight, bias);
}

Variable conv_transpose2d(const Variable& x, const Variable& weight, const Variable& bias,
                          const ConvTranspose2dParams& params) {
  if (autocasting()) {
    return autocast(
        autocast_precision("conv_transpose2d"),
        [&](const Variable& low_x, const Variable& low_weight, const Variable& low_bias) {
          return conv_transpose2d(low_x, low_weight, low_bias, params);
        },
        x, weight, bias);
  }
  Tensor y = tenon::conv_transpose2d(x.value(), weight.value(), bias.value(), params);
  if (!recording(x, weight, bias)) return y;
  return record(
      "conv_transpose2d", std::move(y),
      [params = convolution_of(params), x = save_if(requires_grad(weight), x),
       weight = save_if(requires_grad(x), weight)](Gradients& g) {
        const Variable& grad = g.output();
        if (g.needs(0)) g.set(0, conv2d(grad, weight.get(g), {}, params));
        if (g.needs(1)) g.set(1, conv2d_weight_grad(x.get(g), grad, g.shape(1), params));
        if (g.needs(2)) g.set(2, sum(grad, {0, 2, 3}));
      },
      x, weight, bias);
}

}  // namespace tenon::autograd

#include "layers/conv_norm.h"

#include "autograd/autocast.h"
#include "autograd/ops.h"

namespace tenon::layers {
namespace {

namespace ag = autograd;

/// What a batch normalization of fixed statistics is: x scale + shift, each [K].
struct ScaleAndShift {
  Tensor scale;
  Tensor shift;
};

ScaleAndShift scale_and_shift(const BatchNorm2d& norm) {
  Tensor scale = rsqrt(norm.running_var().value() + norm.eps());
  if (norm.weight().defined()) scale = scale * norm.weight().value();
  Tensor shift = -norm.running_mean().value() * scale;
  if (norm.bias().defined()) shift = shift + norm.bias().value();
  return {scale, shift};
}

bool wants_gradient(const Module& module) {
  for (const Variable& parameter : module.parameters()) {
    if (parameter.requires_grad()) return true;
  }
  return false;
}

bool can_fold(const Conv2d& conv, const BatchNorm2d& norm, const Variable& x) {
  if (norm.training() || ag::autocasting()) return false;
  if (conv.has_forward_hooks() || norm.has_forward_hooks()) return false;
  if (norm.features() != conv.options().out_channels) return false;
  if (norm.running_var().dtype() != conv.weight().dtype()) return false;
  if (!ag::grad_enabled()) return true;
  return !x.requires_grad() && !wants_gradient(conv) && !wants_gradient(norm);
}

}  // namespace

Variable conv_norm(Conv2d& conv, BatchNorm2d& norm, const Variable& x, Activation activation) {
  if (!can_fold(conv, norm, x)) {
    return norm(conv(x), activation);
  }
  const auto [scale, shift] = scale_and_shift(norm);
  const Tensor weight = conv.weight().value() * scale.reshape({-1, 1, 1, 1});
  const Tensor bias = conv.bias().defined() ? conv.bias().value() * scale + shift : shift;
  return conv.convolve(x, Variable(weight), Variable(bias), activation);
}

}  // namespace tenon::layers

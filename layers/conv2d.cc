#include "layers/conv2d.h"

#include "autograd/ops.h"
#include "layers/internal/conv_options.h"
#include "layers/internal/default_init.h"

namespace tenon::layers {
namespace {

internal::ConvSizes sizes_of(const Conv2dOptions& o) {
  return {o.in_channels, o.out_channels, o.kernel, o.stride, o.padding, o.dilation, o.groups};
}

}  // namespace

void Conv2d::init() {
  internal::check_conv_sizes(sizes_of(options_), where());
  params_ = {.stride = options_.stride.pair(),
             .padding = options_.padding.pair(),
             .dilation = options_.dilation.pair(),
             .groups = options_.groups};
  const Shape shape = {options_.out_channels, options_.in_channels / options_.groups,
                       options_.kernel.height, options_.kernel.width};
  weight_ = parameter("weight", internal::default_weight(shape));
  if (options_.bias) bias_ = parameter("bias", internal::default_bias(shape));
}

Variable Conv2d::forward(const Variable& x, Activation activation) {
  return convolve(x, weight_, bias_, activation);
}

Variable Conv2d::convolve(const Variable& x, const Variable& weight, const Variable& bias,
                          Activation activation) const {
  if (x.ndim() != 4 || x.size(1) != options_.in_channels) {
    throw ShapeError(where() + "expected x [N," + std::to_string(options_.in_channels) +
                     ",H,W] (weight " + to_string(weight_.shape()) + "), got " +
                     to_string(x.shape()));
  }
  return autograd::conv2d(x, weight, bias, params_, activation);
}

double Conv2d::flops(const Shape& result) const {
  const std::int64_t taps = weight_.numel() / weight_.size(0);  // of one element of the result
  return 2.0 * static_cast<double>(taps * numel(result));
}

std::string Conv2d::describe() const {
  return "Conv2d(" + internal::describe_conv_sizes(sizes_of(options_)) +
         (options_.bias ? "" : ", no bias") + ")";
}

}  // namespace tenon::layers

#include "layers/conv1d.h"

#include "autograd/ops.h"
#include "layers/internal/conv_options.h"
#include "layers/internal/default_init.h"

namespace tenon::layers {
namespace {

/// As a convolution of planes of one row.
internal::ConvSizes sizes_of(const Conv1dOptions& o) {
  return {o.in_channels,  o.out_channels,  {1, o.kernel}, {1, o.stride},
          {0, o.padding}, {1, o.dilation}, o.groups};
}

}  // namespace

void Conv1d::init() {
  const Conv1dOptions& o = options_;
  internal::check_conv_sizes(sizes_of(o), where());
  const Shape shape = {o.out_channels, o.in_channels / o.groups, o.kernel};
  weight_ = parameter("weight", internal::default_weight(shape));
  if (o.bias) bias_ = parameter("bias", internal::default_bias(shape));
}

Variable Conv1d::forward(const Variable& x, Activation activation) {
  const Conv1dOptions& o = options_;
  if (x.ndim() != 3 || x.size(1) != o.in_channels) {
    throw ShapeError(where() + "expected x [N," + std::to_string(o.in_channels) + ",L] (weight " +
                     to_string(weight_.shape()) + "), got " + to_string(x.shape()));
  }
  return autograd::conv1d(
      x, weight_, bias_,
      {.stride = o.stride, .padding = o.padding, .dilation = o.dilation, .groups = o.groups},
      activation);
}

double Conv1d::flops(const Shape& result) const {
  const std::int64_t taps = weight_.numel() / weight_.size(0);  // of one element of the result
  return 2.0 * static_cast<double>(taps * numel(result));
}

std::string Conv1d::describe() const {
  const Conv1dOptions& o = options_;
  return "Conv1d(" + std::to_string(o.in_channels) + " -> " + std::to_string(o.out_channels) +
         ", kernel " + std::to_string(o.kernel) +
         (o.stride == 1 ? "" : ", stride " + std::to_string(o.stride)) +
         (o.padding == 0 ? "" : ", padding " + std::to_string(o.padding)) +
         (o.dilation == 1 ? "" : ", dilation " + std::to_string(o.dilation)) +
         (o.groups == 1 ? "" : ", groups " + std::to_string(o.groups)) +
         (o.bias ? "" : ", no bias") + ")";
}

}  // namespace tenon::layers

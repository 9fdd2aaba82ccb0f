#include "layers/conv_transpose2d.h"

#include "autograd/ops.h"
#include "layers/internal/conv_options.h"
#include "layers/internal/default_init.h"

namespace tenon::layers {
namespace {

internal::ConvSizes sizes_of(const ConvTranspose2dOptions& o) {
  return {o.in_channels, o.out_channels, o.kernel, o.stride, o.padding, o.dilation, o.groups};
}

}  // namespace

void ConvTranspose2d::init() {
  const ConvTranspose2dOptions& o = options_;
  internal::check_conv_sizes(sizes_of(o), where());
  const Size2d more = o.output_padding;
  if (more.height < 0 || more.width < 0 || more.height >= o.stride.height ||
      more.width >= o.stride.width) {
    throw ValueError(where() + "expected output_padding from 0 to below the stride " +
                     to_string(o.stride) + ", got " + to_string(more));
  }
  params_ = {.stride = o.stride.pair(),
             .padding = o.padding.pair(),
             .output_padding = more.pair(),
             .dilation = o.dilation.pair(),
             .groups = o.groups};
  const Shape shape = {o.in_channels, o.out_channels / o.groups, o.kernel.height, o.kernel.width};
  weight_ = parameter("weight", internal::default_weight(shape));
  if (!o.bias) return;
  // The fan of the weight is that of the convolution it transposes.
  const Tensor bias = internal::default_bias({o.out_channels, shape[1], shape[2], shape[3]});
  bias_ = parameter("bias", bias);
}

Variable ConvTranspose2d::forward(const Variable& x) {
  if (x.ndim() != 4 || x.size(1) != options_.in_channels) {
    throw ShapeError(where() + "expected x [N," + std::to_string(options_.in_channels) +
                     ",H,W] (weight " + to_string(weight_.shape()) + "), got " +
                     to_string(x.shape()));
  }
  return autograd::conv_transpose2d(x, weight_, bias_, params_);
}

double ConvTranspose2d::flops(const Shape& result) const {
  // Each element of x meets each tap of its filters once; the size of x follows from the result's.
  const auto size = [](std::int64_t out, int kernel, int stride, int padding, int more,
                       int dilation) {
    return (out - 1 - more + 2 * padding - dilation * (kernel - 1)) / stride + 1;
  };
  const ConvTranspose2dOptions& o = options_;
  const std::int64_t height = size(result[2], o.kernel.height, o.stride.height, o.padding.height,
                                   o.output_padding.height, o.dilation.height);
  const std::int64_t width = size(result[3], o.kernel.width, o.stride.width, o.padding.width,
                                  o.output_padding.width, o.dilation.width);
  return 2.0 * static_cast<double>(result[0] * height * width * weight_.numel());
}

std::string ConvTranspose2d::describe() const {
  const ConvTranspose2dOptions& o = options_;
  return "ConvTranspose2d(" + internal::describe_conv_sizes(sizes_of(o)) +
         (o.output_padding == Size2d(0) ? "" : ", output padding " + to_string(o.output_padding)) +
         (o.bias ? "" : ", no bias") + ")";
}

}  // namespace tenon::layers

#include "layers/conv2d.h"

#include "autograd/ops.h"
#include "layers/internal/default_init.h"

namespace tenon::layers {
namespace {

bool at_least(Size2d size, int least) { return size.height >= least && size.width >= least; }

void check(const Conv2dOptions& o, const std::string& where) {
  const auto fail = [&](const char* expected, const std::string& got) {
    throw ValueError(where + "expected " + expected + ", got " + got);
  };
  if (o.in_channels < 1) fail("in_channels of at least 1", std::to_string(o.in_channels));
  if (o.out_channels < 1) fail("out_channels of at least 1", std::to_string(o.out_channels));
  if (!at_least(o.kernel, 1)) fail("a kernel of at least 1", to_string(o.kernel));
  if (!at_least(o.stride, 1)) fail("a stride of at least 1", to_string(o.stride));
  if (!at_least(o.padding, 0)) fail("padding of at least 0", to_string(o.padding));
  if (!at_least(o.dilation, 1)) fail("a dilation of at least 1", to_string(o.dilation));
  if (o.groups < 1) fail("groups of at least 1", std::to_string(o.groups));
  if (o.in_channels % o.groups != 0 || o.out_channels % o.groups != 0) {
    fail("groups that divide both channels", std::to_string(o.groups) + " for " +
                                                 std::to_string(o.in_channels) + " -> " +
                                                 std::to_string(o.out_channels));
  }
}

}  // namespace

void Conv2d::init() {
  check(options_, where());
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
  if (x.ndim() != 4 || x.size(1) != options_.in_channels) {
    throw ShapeError(where() + "expected x [N," + std::to_string(options_.in_channels) +
                     ",H,W] (weight " + to_string(weight_.shape()) + "), got " +
                     to_string(x.shape()));
  }
  return autograd::conv2d(x, weight_, bias_, params_, activation);
}

std::string Conv2d::describe() const {
  const Conv2dOptions& o = options_;
  return "Conv2d(" + std::to_string(o.in_channels) + " -> " + std::to_string(o.out_channels) +
         ", kernel " + to_string(o.kernel) +
         (o.stride == Size2d(1) ? "" : ", stride " + to_string(o.stride)) +
         (o.padding == Size2d(0) ? "" : ", padding " + to_string(o.padding)) +
         (o.dilation == Size2d(1) ? "" : ", dilation " + to_string(o.dilation)) +
         (o.groups == 1 ? "" : ", groups " + std::to_string(o.groups)) +
         (o.bias ? "" : ", no bias") + ")";
}

}  // namespace tenon::layers

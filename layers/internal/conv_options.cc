#include "layers/internal/conv_options.h"

#include "tensor/error.h"

namespace tenon::layers::internal {
namespace {

bool at_least(Size2d size, int least) { return size.height >= least && size.width >= least; }

}  // namespace

void check_conv_sizes(const ConvSizes& o, const std::string& where) {
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

std::string describe_conv_sizes(const ConvSizes& o) {
  return std::to_string(o.in_channels) + " -> " + std::to_string(o.out_channels) + ", kernel " +
         to_string(o.kernel) + (o.stride == Size2d(1) ? "" : ", stride " + to_string(o.stride)) +
         (o.padding == Size2d(0) ? "" : ", padding " + to_string(o.padding)) +
         (o.dilation == Size2d(1) ? "" : ", dilation " + to_string(o.dilation)) +
         (o.groups == 1 ? "" : ", groups " + std::to_string(o.groups));
}

}  // namespace tenon::layers::internal

#include "layers/pooling.h"

#include "autograd/ops.h"

namespace tenon::layers {
namespace {

Size2d size_of(const std::pair<int, int>& pair) { return {pair.first, pair.second}; }

}  // namespace

void MaxPool2d::init(const MaxPool2dOptions& options) {
  const Size2d kernel = options.kernel;
  const Size2d stride = options.stride == Size2d(0) ? kernel : options.stride;
  const Size2d padding = options.padding;
  const auto fail = [&](const char* expected, Size2d got) {
    throw ValueError(where() + "expected " + expected + ", got " + to_string(got));
  };
  if (kernel.height < 1 || kernel.width < 1) fail("a kernel of at least 1", kernel);
  if (stride.height < 1 || stride.width < 1) fail("a stride of at least 1", stride);
  if (padding.height < 0 || padding.width < 0) fail("padding of at least 0", padding);
  if (2 * padding.height > kernel.height || 2 * padding.width > kernel.width) {
    fail("padding of at most half the kernel", padding);
  }
  params_ = {.kernel = kernel.pair(), .stride = stride.pair(), .padding = padding.pair()};
}

Variable MaxPool2d::forward(const Variable& x) {
  if (x.ndim() != 4) {
    throw ShapeError(where() + "expected x [N,C,H,W], got " + to_string(x.shape()));
  }
  return autograd::max_pool2d(x, params_);
}

std::string MaxPool2d::describe() const {
  const Size2d kernel = size_of(params_.kernel);
  const Size2d stride = size_of(params_.stride);
  const Size2d padding = size_of(params_.padding);
  return "MaxPool2d(" + to_string(kernel) +
         (stride == kernel ? "" : ", stride " + to_string(stride)) +
         (padding == Size2d(0) ? "" : ", padding " + to_string(padding)) + ")";
}

}  // namespace tenon::layers

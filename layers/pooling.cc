#include "layers/pooling.h"

#include "autograd/ops.h"

namespace tenon::layers {
namespace {

/// Kernel, stride and padding, as they were checked.
struct Windows {
  Size2d kernel;
  Size2d stride;
  Size2d padding;
};

[[noreturn]] void fail(const std::string& where, const char* expected, Size2d got) {
  throw ValueError(where + "expected " + expected + ", got " + to_string(got));
}

/// A stride of 0 stands for the kernel.
Windows checked(const std::string& where, Size2d kernel, Size2d stride, Size2d padding) {
  if (stride == Size2d(0)) stride = kernel;
  if (kernel.height < 1 || kernel.width < 1) fail(where, "a kernel of at least 1", kernel);
  if (stride.height < 1 || stride.width < 1) fail(where, "a stride of at least 1", stride);
  if (padding.height < 0 || padding.width < 0) fail(where, "padding of at least 0", padding);
  if (2 * padding.height > kernel.height || 2 * padding.width > kernel.width) {
    fail(where, "padding of at most half the kernel", padding);
  }
  return {kernel, stride, padding};
}

Size2d size_of(const std::pair<int, int>& pair) { return {pair.first, pair.second}; }

std::string describe_windows(Size2d kernel, Size2d stride, Size2d padding, bool ceil_mode) {
  return to_string(kernel) + (stride == kernel ? "" : ", stride " + to_string(stride)) +
         (padding == Size2d(0) ? "" : ", padding " + to_string(padding)) +
         (ceil_mode ? ", ceil mode" : "");
}

[[noreturn]] void throw_not_images(const std::string& where, const Variable& x) {
  throw ShapeError(where + "expected x [N,C,H,W], got " + to_string(x.shape()));
}

void check_size(const std::string& where, Size2d size) {
  if (size.height < 1 || size.width < 1) fail(where, "a size of at least 1", size);
}

}  // namespace

void MaxPool2d::init(const MaxPool2dOptions& options) {
  const Windows windows = checked(where(), options.kernel, options.stride, options.padding);
  const Size2d dilation = options.dilation;
  if (dilation.height < 1 || dilation.width < 1) {
    fail(where(), "a dilation of at least 1", dilation);
  }
  params_ = {.kernel = windows.kernel.pair(),
             .stride = windows.stride.pair(),
             .padding = windows.padding.pair(),
             .dilation = dilation.pair(),
             .ceil_mode = options.ceil_mode};
}

Variable MaxPool2d::forward(const Variable& x) {
  if (x.ndim() != 4) throw_not_images(where(), x);
  return autograd::max_pool2d(x, params_);
}

std::string MaxPool2d::describe() const {
  const Size2d dilation = size_of(params_.dilation);
  return "MaxPool2d(" +
         describe_windows(size_of(params_.kernel), size_of(params_.stride),
                          size_of(params_.padding), params_.ceil_mode) +
         (dilation == Size2d(1) ? "" : ", dilation " + to_string(dilation)) + ")";
}

void AvgPool2d::init(const AvgPool2dOptions& options) {
  const Windows windows = checked(where(), options.kernel, options.stride, options.padding);
  params_ = {.kernel = windows.kernel.pair(),
             .stride = windows.stride.pair(),
             .padding = windows.padding.pair(),
             .ceil_mode = options.ceil_mode,
             .count_include_pad = options.count_include_pad};
}

Variable AvgPool2d::forward(const Variable& x) {
  if (x.ndim() != 4) throw_not_images(where(), x);
  return autograd::avg_pool2d(x, params_);
}

std::string AvgPool2d::describe() const {
  return "AvgPool2d(" +
         describe_windows(size_of(params_.kernel), size_of(params_.stride),
                          size_of(params_.padding), params_.ceil_mode) +
         (params_.count_include_pad ? "" : ", padding not counted") + ")";
}

void AdaptiveAvgPool2d::init(const AdaptivePool2dOptions& options) {
  check_size(where(), options.size);
  size_ = options.size;
}

Variable AdaptiveAvgPool2d::forward(const Variable& x) {
  if (x.ndim() != 4) throw_not_images(where(), x);
  return autograd::adaptive_avg_pool2d(x, size_.pair());
}

std::string AdaptiveAvgPool2d::describe() const {
  return "AdaptiveAvgPool2d(" + to_string(size_) + ")";
}

void AdaptiveMaxPool2d::init(const AdaptivePool2dOptions& options) {
  check_size(where(), options.size);
  size_ = options.size;
}

Variable AdaptiveMaxPool2d::forward(const Variable& x) {
  if (x.ndim() != 4) throw_not_images(where(), x);
  return autograd::adaptive_max_pool2d(x, size_.pair());
}

std::string AdaptiveMaxPool2d::describe() const {
  return "AdaptiveMaxPool2d(" + to_string(size_) + ")";
}

}  // namespace tenon::layers

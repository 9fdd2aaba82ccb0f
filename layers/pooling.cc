#include "layers/pooling.h"

#include "autograd/ops.h"
#include "layers/internal/pool_windows.h"

namespace tenon::layers {
namespace {

Size2d size_of(const std::pair<int, int>& pair) { return {pair.first, pair.second}; }

[[noreturn]] void throw_not_images(const std::string& where, const Variable& x) {
  throw ShapeError(where + "expected x [N,C,H,W], got " + to_string(x.shape()));
}

}  // namespace

void MaxPool2d::init(const MaxPool2dOptions& options) {
  const Size2d stride =
      internal::checked_stride(where(), options.kernel, options.stride, options.padding);
  internal::require_at_least(where(), "a dilation", options.dilation, 1);
  params_ = {.kernel = options.kernel.pair(),
             .stride = stride.pair(),
             .padding = options.padding.pair(),
             .dilation = options.dilation.pair(),
             .ceil_mode = options.ceil_mode};
}

Variable MaxPool2d::forward(const Variable& x) {
  if (x.ndim() != 4) throw_not_images(where(), x);
  return autograd::max_pool2d(x, params_);
}

std::string MaxPool2d::describe() const {
  const Size2d dilation = size_of(params_.dilation);
  return "MaxPool2d(" +
         internal::describe_windows(size_of(params_.kernel), size_of(params_.stride),
                                    size_of(params_.padding), params_.ceil_mode) +
         (dilation == Size2d(1) ? "" : ", dilation " + to_string(dilation)) + ")";
}

void AvgPool2d::init(const AvgPool2dOptions& options) {
  const Size2d stride =
      internal::checked_stride(where(), options.kernel, options.stride, options.padding);
  params_ = {.kernel = options.kernel.pair(),
             .stride = stride.pair(),
             .padding = options.padding.pair(),
             .ceil_mode = options.ceil_mode,
             .count_include_pad = options.count_include_pad};
}

Variable AvgPool2d::forward(const Variable& x) {
  if (x.ndim() != 4) throw_not_images(where(), x);
  return autograd::avg_pool2d(x, params_);
}

std::string AvgPool2d::describe() const {
  return "AvgPool2d(" +
         internal::describe_windows(size_of(params_.kernel), size_of(params_.stride),
                                    size_of(params_.padding), params_.ceil_mode) +
         (params_.count_include_pad ? "" : ", padding not counted") + ")";
}

void AdaptiveAvgPool2d::init(const AdaptivePool2dOptions& options) {
  internal::require_at_least(where(), "a size", options.size, 1);
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
  internal::require_at_least(where(), "a size", options.size, 1);
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

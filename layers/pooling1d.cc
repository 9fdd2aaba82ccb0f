#include "layers/pooling1d.h"

#include "autograd/ops.h"
#include "layers/internal/pool_windows.h"

namespace tenon::layers {
namespace {

/// pool2d([N,C,1,L]) without the row.
template <class Pool2d>
Variable over_rows(const std::string& where, const Variable& x, const Pool2d& pool2d) {
  if (x.ndim() != 3) {
    throw ShapeError(where + "expected x [N,C,L], got " + to_string(x.shape()));
  }
  return autograd::squeeze(pool2d(autograd::unsqueeze(x, 2)), 2);
}

}  // namespace

void MaxPool1d::init(const MaxPool1dOptions& options) {
  options_ = options;
  options_.stride =
      internal::checked_stride(where(), options.kernel, options.stride, options.padding);
  internal::require_at_least(where(), "a dilation", options.dilation, 1);
}

Variable MaxPool1d::forward(const Variable& x) {
  const Pool2dParams params{.kernel = {1, options_.kernel},
                            .stride = {1, options_.stride},
                            .padding = {0, options_.padding},
                            .dilation = {1, options_.dilation},
                            .ceil_mode = options_.ceil_mode};
  return over_rows(where(), x,
                   [&](const Variable& rows) { return autograd::max_pool2d(rows, params); });
}

std::string MaxPool1d::describe() const {
  const MaxPool1dOptions& o = options_;
  return "MaxPool1d(" + internal::describe_windows(o.kernel, o.stride, o.padding, o.ceil_mode) +
         (o.dilation == 1 ? "" : ", dilation " + std::to_string(o.dilation)) + ")";
}

void AvgPool1d::init(const AvgPool1dOptions& options) {
  options_ = options;
  options_.stride =
      internal::checked_stride(where(), options.kernel, options.stride, options.padding);
}

Variable AvgPool1d::forward(const Variable& x) {
  const AvgPool2dParams params{.kernel = {1, options_.kernel},
                               .stride = {1, options_.stride},
                               .padding = {0, options_.padding},
                               .ceil_mode = options_.ceil_mode,
                               .count_include_pad = options_.count_include_pad};
  return over_rows(where(), x,
                   [&](const Variable& rows) { return autograd::avg_pool2d(rows, params); });
}

std::string AvgPool1d::describe() const {
  const AvgPool1dOptions& o = options_;
  return "AvgPool1d(" + internal::describe_windows(o.kernel, o.stride, o.padding, o.ceil_mode) +
         (o.count_include_pad ? "" : ", padding not counted") + ")";
}

void AdaptiveAvgPool1d::init(const AdaptivePool1dOptions& options) {
  internal::require_at_least(where(), "a size", options.size, 1);
  size_ = options.size;
}

Variable AdaptiveAvgPool1d::forward(const Variable& x) {
  return over_rows(where(), x, [&](const Variable& rows) {
    return autograd::adaptive_avg_pool2d(rows, {1, size_});
  });
}

std::string AdaptiveAvgPool1d::describe() const {
  return "AdaptiveAvgPool1d(" + std::to_string(size_) + ")";
}

void AdaptiveMaxPool1d::init(const AdaptivePool1dOptions& options) {
  internal::require_at_least(where(), "a size", options.size, 1);
  size_ = options.size;
}

Variable AdaptiveMaxPool1d::forward(const Variable& x) {
  return over_rows(where(), x, [&](const Variable& rows) {
    return autograd::adaptive_max_pool2d(rows, {1, size_});
  });
}

std::string AdaptiveMaxPool1d::describe() const {
  return "AdaptiveMaxPool1d(" + std::to_string(size_) + ")";
}

}  // namespace tenon::layers

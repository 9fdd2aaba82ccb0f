#include "tensor/ops/pooling.h"

#include <algorithm>
#include <string>
#include <vector>

#include "tensor/backend.h"
#include "tensor/internal/check.h"

namespace tenon {
namespace {

using internal::describe;

std::string pair_text(std::pair<int, int> pair) {
  return "{" + std::to_string(pair.first) + "," + std::to_string(pair.second) + "}";
}

void check_at_least(const char* op, const char* argument, std::pair<int, int> value, int least) {
  if (value.first < least || value.second < least) {
    throw ValueError("[" + std::string(op) + "] expected " + argument + " of at least " +
                     std::to_string(least) + ", got " + pair_text(value));
  }
}

void check_shape_is_4d(const char* op, const char* argument, const Shape& shape) {
  if (shape.size() != 4) {
    throw ShapeError("[" + std::string(op) + "] expected " + argument + " with 4 dimensions, got " +
                     to_string(shape));
  }
}

/// One dimension of a pooling.
struct Axis {
  std::int64_t size, kernel, stride, padding, dilation;

  std::int64_t windows(bool ceil_mode) const {
    const std::int64_t room = size + 2 * padding - dilation * (kernel - 1) - 1;
    if (room < 0) return 0;
    if (!ceil_mode) return room / stride + 1;
    const std::int64_t count = (room + stride - 1) / stride + 1;
    return (count - 1) * stride >= size + padding ? count - 1 : count;
  }
  PoolWindow window(std::int64_t index, bool count_padding) const {
    const std::int64_t first = index * stride - padding;
    const std::int64_t last = first + dilation * (kernel - 1) + 1;  // and one more
    PoolWindow w{first, std::min(last, size), dilation, 0};
    if (first < 0) w.begin += (-first + dilation - 1) / dilation * dilation;
    const std::int64_t counted =
        count_padding ? std::min(last, size + padding) - first : w.end - w.begin;
    w.divisor = static_cast<double>(counted);
    return w;
  }
};

/// The windows of both dimensions, and where they come from.
struct Plan {
  std::vector<PoolWindow> rows, columns;

  PoolArgs args() const { return {rows, columns}; }
  Shape shape(const Shape& x) const {
    return {x[0], x[1], static_cast<std::int64_t>(rows.size()),
            static_cast<std::int64_t>(columns.size())};
  }
};

std::vector<PoolWindow> windows_of(const Axis& axis, bool ceil_mode, bool count_padding) {
  std::vector<PoolWindow> windows;
  const std::int64_t count = axis.windows(ceil_mode);
  for (std::int64_t i = 0; i < count; ++i) windows.push_back(axis.window(i, count_padding));
  return windows;
}

Plan plan_of(const char* op, const Shape& x, const Pool2dParams& p, bool count_padding) {
  check_at_least(op, "kernel", p.kernel, 1);
  check_at_least(op, "stride", p.stride, 1);
  check_at_least(op, "padding", p.padding, 0);
  check_at_least(op, "dilation", p.dilation, 1);
  if (p.padding.first > p.kernel.first / 2 || p.padding.second > p.kernel.second / 2) {
    throw ValueError("[" + std::string(op) + "] expected padding of at most half the kernel " +
                     pair_text(p.kernel) + ", got " + pair_text(p.padding));
  }
  const Axis rows{x[2], p.kernel.first, p.stride.first, p.padding.first, p.dilation.first};
  const Axis columns{x[3], p.kernel.second, p.stride.second, p.padding.second, p.dilation.second};
  Plan plan{windows_of(rows, p.ceil_mode, count_padding),
            windows_of(columns, p.ceil_mode, count_padding)};
  if (plan.rows.empty() || plan.columns.empty()) {
    throw ShapeError("[" + std::string(op) +
                     "] expected an input at least as large as the kernel " + pair_text(p.kernel) +
                     ", got input " + to_string(x));
  }
  const auto is_empty = [](const PoolWindow& window) { return window.begin >= window.end; };
  if (std::any_of(plan.rows.begin(), plan.rows.end(), is_empty) ||
      std::any_of(plan.columns.begin(), plan.columns.end(), is_empty)) {
    throw ShapeError("[" + std::string(op) + "] expected no window of padding alone, got kernel " +
                     pair_text(p.kernel) + ", dilation " + pair_text(p.dilation) + " and input " +
                     to_string(x));
  }
  return plan;
}

Plan plan_of(const char* op, const Shape& x, const AvgPool2dParams& p) {
  return plan_of(
      op, x,
      {.kernel = p.kernel, .stride = p.stride, .padding = p.padding, .ceil_mode = p.ceil_mode},
      p.count_include_pad);
}

std::vector<PoolWindow> even_windows(std::int64_t size, std::int64_t count) {
  std::vector<PoolWindow> windows;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t begin = i * size / count, end = ((i + 1) * size + count - 1) / count;
    windows.push_back({begin, end, 1, static_cast<double>(end - begin)});
  }
  return windows;
}

Plan even_plan(const char* op, const Shape& x, std::pair<int, int> size) {
  check_at_least(op, "size", size, 1);
  if (x[2] < 1 || x[3] < 1) {
    throw ShapeError("[" + std::string(op) + "] expected planes with elements, got input " +
                     to_string(x));
  }
  return {even_windows(x[2], size.first), even_windows(x[3], size.second)};
}

Tensor channels_last_result(const Shape& shape, const Tensor& like) {
  return empty(shape,
               {.dtype = like.dtype(), .device = like.device(), .layout = Layout::kChannelsLast});
}

void check_image(const char* op, const Tensor& x) {
  internal::check_floating(op, "x", x);
  internal::check_ndim(op, "x", x, 4);
}

std::pair<Tensor, Tensor> largest(const char* op, const Tensor& x, const Plan& plan) {
  if (x.size(2) * x.size(3) > INT32_MAX) {
    throw ShapeError("[" + std::string(op) + "] expected planes of fewer than 2^31 elements, got " +
                     describe(x));
  }
  Tensor out = channels_last_result(plan.shape(x.shape()), x);
  Tensor indices = empty_like(out, DType::kI32);
  if (out.numel() > 0) {
    backend(x.device()).max_pool2d(x.contiguous(Layout::kChannelsLast), plan.args(), out, indices);
  }
  return {out, indices};
}

Tensor average(const Tensor& x, const Plan& plan) {
  Tensor out = channels_last_result(plan.shape(x.shape()), x);
  if (out.numel() > 0) {
    backend(x.device()).avg_pool2d(x.contiguous(Layout::kChannelsLast), plan.args(), out);
  }
  return out;
}

Tensor average_grad(const char* op, const Tensor& grad, const Shape& x_shape, const Plan& plan) {
  internal::check_shape(op, "grad", grad, plan.shape(x_shape));
  Tensor out = channels_last_result(x_shape, grad);
  if (out.numel() > 0) {
    backend(grad.device())
        .avg_pool2d_grad(grad.contiguous(Layout::kChannelsLast), plan.args(), out);
  }
  return out;
}

[[noreturn]] void throw_index_outside(const char* op, const Shape& x_shape) {
  throw IndexError("[" + std::string(op) + "] expected indices within a plane of " +
                   std::to_string(x_shape[2] * x_shape[3]) + " elements (" + to_string(x_shape) +
                   "), got one outside");
}

}  // namespace

std::pair<Tensor, Tensor> max_pool2d(const Tensor& x, const Pool2dParams& params) {
  check_image("max_pool2d", x);
  return largest("max_pool2d", x, plan_of("max_pool2d", x.shape(), params, false));
}

std::pair<Tensor, Tensor> adaptive_max_pool2d(const Tensor& x, std::pair<int, int> size) {
  check_image("adaptive_max_pool2d", x);
  return largest("adaptive_max_pool2d", x, even_plan("adaptive_max_pool2d", x.shape(), size));
}

Tensor avg_pool2d(const Tensor& x, const AvgPool2dParams& params) {
  check_image("avg_pool2d", x);
  return average(x, plan_of("avg_pool2d", x.shape(), params));
}

Tensor adaptive_avg_pool2d(const Tensor& x, std::pair<int, int> size) {
  check_image("adaptive_avg_pool2d", x);
  return average(x, even_plan("adaptive_avg_pool2d", x.shape(), size));
}

Tensor avg_pool2d_grad(const Tensor& grad, const Shape& x_shape, const AvgPool2dParams& params) {
  internal::check_floating("avg_pool2d_grad", "grad", grad);
  check_shape_is_4d("avg_pool2d_grad", "x_shape", x_shape);
  return average_grad("avg_pool2d_grad", grad, x_shape,
                      plan_of("avg_pool2d_grad", x_shape, params));
}

Tensor adaptive_avg_pool2d_grad(const Tensor& grad, const Shape& x_shape) {
  constexpr const char* kOp = "adaptive_avg_pool2d_grad";
  internal::check_floating(kOp, "grad", grad);
  internal::check_ndim(kOp, "grad", grad, 4);
  check_shape_is_4d(kOp, "x_shape", x_shape);
  const std::pair<int, int> size{static_cast<int>(grad.size(2)), static_cast<int>(grad.size(3))};
  return average_grad(kOp, grad, x_shape, even_plan(kOp, x_shape, size));
}

Tensor max_pool2d_scatter(const Tensor& grad, const Tensor& indices, const Shape& x_shape) {
  internal::check_floating("max_pool2d_scatter", "grad", grad);
  internal::check_dtype("max_pool2d_scatter", "indices", indices, DType::kI32);
  internal::check_ndim("max_pool2d_scatter", "grad", grad, 4);
  internal::check_shape("max_pool2d_scatter", "indices", indices, grad.shape());
  check_shape_is_4d("max_pool2d_scatter", "x_shape", x_shape);
  if (x_shape[0] != grad.size(0) || x_shape[1] != grad.size(1)) {
    throw ShapeError("[max_pool2d_scatter] expected x_shape with the batch and channels of grad " +
                     to_string(grad.shape()) + ", got " + to_string(x_shape));
  }
  Tensor out = channels_last_result(x_shape, grad);
  if (!backend(grad.device())
           .max_pool2d_scatter(grad.contiguous(Layout::kChannelsLast),
                               indices.contiguous(Layout::kChannelsLast), out)) {
    throw_index_outside("max_pool2d_scatter", x_shape);
  }
  return out;
}

Tensor max_pool2d_gather(const Tensor& x, const Tensor& indices) {
  internal::check_floating("max_pool2d_gather", "x", x);
  internal::check_dtype("max_pool2d_gather", "indices", indices, DType::kI32);
  internal::check_ndim("max_pool2d_gather", "x", x, 4);
  internal::check_ndim("max_pool2d_gather", "indices", indices, 4);
  if (indices.size(0) != x.size(0) || indices.size(1) != x.size(1)) {
    throw ShapeError("[max_pool2d_gather] expected indices with the batch and channels of x " +
                     to_string(x.shape()) + ", got " + to_string(indices.shape()));
  }
  Tensor out = channels_last_result(indices.shape(), x);
  if (!backend(x.device())
           .max_pool2d_gather(x.contiguous(Layout::kChannelsLast),
                              indices.contiguous(Layout::kChannelsLast), out)) {
    throw_index_outside("max_pool2d_gather", x.shape());
  }
  return out;
}

}  // namespace tenon

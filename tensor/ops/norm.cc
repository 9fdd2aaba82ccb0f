#include <string>

#include "tensor/backend.h"
#include "tensor/internal/check.h"
#include "tensor/ops.h"

namespace tenon {
namespace {

using internal::describe;

DType statistics_dtype(const Tensor& x) {
  return x.dtype() == DType::kF64 ? DType::kF64 : DType::kF32;
}

TensorOptions statistics_options(const Tensor& x) {
  return {.dtype = statistics_dtype(x), .device = x.device()};
}

/// A weight, bias or statistic: of x's dtype or that of its statistics.
void check_parameter(const char* op, const char* argument, const Tensor& value, const Tensor& x,
                     const Shape& shape) {
  if (!value.defined()) return;
  internal::check_same_device(op, x, value);
  if (value.dtype() != x.dtype() && value.dtype() != statistics_dtype(x)) {
    internal::check_dtype(op, argument, value, statistics_dtype(x));
  }
  internal::check_shape(op, argument, value, shape);
}

void check_statistics(const char* op, const Tensor& x, const Tensor& statistics,
                      const Shape& shape) {
  internal::check_dtype(op, "statistics", statistics, statistics_dtype(x));
  internal::check_shape(op, "statistics", statistics, shape);
  internal::check_same_device(op, x, statistics);
}

void check_grad(const char* op, const Tensor& grad, const Tensor& x) {
  internal::check_match(op, "x", x, "grad", grad);
  internal::check_shape(op, "grad", grad, x.shape());
}

void check_channels(const char* op, const Tensor& x) {
  internal::check_floating(op, "x", x);
  if (x.ndim() < 2) {
    throw ShapeError("[" + std::string(op) + "] expected x with at least 2 dimensions, got " +
                     describe(x));
  }
}

void check_eps(const char* op, double eps) {
  if (eps >= 0) return;
  throw ValueError("[" + std::string(op) + "] expected eps of at least 0, got " +
                   std::to_string(eps));
}

/// `value`, dense, in the dtype of x's statistics; undefined where it is.
Tensor parameter(const Tensor& value, const Tensor& x) {
  return value.defined() ? value.to(statistics_dtype(x)).contiguous() : Tensor();
}

/// `value`, 1-d and dense, in the dtype of x's statistics; `other` where undefined.
Tensor parameter(const Tensor& value, const Tensor& x, std::int64_t size, double other) {
  if (!value.defined()) return full({size}, other, statistics_options(x));
  return value.to(statistics_dtype(x)).contiguous().reshape({size});
}

bool is_channels_last(const Tensor& x) {
  return x.ndim() == 4 && x.is_contiguous(Layout::kChannelsLast);
}

/// A dense x [N,C,..] as [A,C,B], without moving it.
Tensor by_channel(const Tensor& x) {
  const std::int64_t channels = x.size(1);
  if (is_channels_last(x)) return x.permute({0, 2, 3, 1}).reshape({-1, channels, 1});
  return x.reshape({x.size(0), channels, x.numel() / (x.size(0) * channels)});
}

Tensor dense(const Tensor& x) { return is_channels_last(x) ? x : x.contiguous(); }
/// `x` in the memory order of `like`.
Tensor dense_as(const Tensor& x, const Tensor& like) {
  return x.contiguous(is_channels_last(like) ? Layout::kChannelsLast : Layout::kRowMajor);
}

Tensor rstd_of(const Tensor& variance, double eps) { return reciprocal(sqrt(add(variance, eps))); }

void update(const Tensor& running, const Tensor& value, double momentum) {
  if (!running.defined()) return;
  running.copy_(add(mul(running, 1 - momentum), mul(value, momentum).to(running.dtype())));
}

/// Whether a kernel may write running statistics where they are: those that are kept.
bool in_place(const Tensor& running, const Tensor& x) {
  return !running.defined() || (running.dtype() == statistics_dtype(x) && running.is_contiguous());
}

/// Dimensions of x [.., shape] as rows: [R, D].
Shape rows_shape(const char* op, const Tensor& x, const Shape& shape) {
  internal::check_floating(op, "x", x);
  const int first = x.ndim() - shape.size();
  bool fits = shape.size() > 0 && first >= 0;
  for (int i = 0; fits && i < shape.size(); ++i) fits = x.shape()[first + i] == shape[i];
  if (!fits) {
    throw ShapeError("[" + std::string(op) + "] expected x that ends in the normalized shape " +
                     to_string(shape) + ", got " + describe(x));
  }
  const std::int64_t size = numel(shape);
  return {size == 0 ? 0 : x.numel() / size, size};
}

Normalized row_norm(const char* op, bool rms, const Tensor& x, const Shape& shape,
                    const Tensor& weight, const Tensor& bias, double eps) {
  const Shape rows = rows_shape(op, x, shape);
  check_parameter(op, "weight", weight, x, shape);
  check_parameter(op, "bias", bias, x, shape);
  check_eps(op, eps);
  Normalized result{empty(x.shape(), x.options()), {}, empty({rows[0]}, statistics_options(x))};
  if (!rms) result.mean = empty({rows[0]}, statistics_options(x));
  if (x.numel() == 0) return result;
  const Tensor source = x.contiguous().reshape(rows);
  const Tensor scale = parameter(weight, x, rows[1], 1);
  const Tensor shift = bias.defined() ? parameter(bias, x, rows[1], 0) : Tensor();
  backend(x.device())
      .row_norm({.x = source,
                 .weight = weight.defined() ? &scale : nullptr,
                 .mean = &result.mean,
                 .rstd = result.rstd,
                 .rms = rms},
                eps, shift, result.y.reshape(rows));
  return result;
}

NormGrads row_norm_grad(const char* op, bool rms, const Tensor& grad, const Tensor& x,
                        const Shape& shape, const Tensor& weight, const Tensor& mean,
                        const Tensor& rstd) {
  const Shape rows = rows_shape(op, x, shape);
  check_grad(op, grad, x);
  check_parameter(op, "weight", weight, x, shape);
  check_statistics(op, x, rstd, {rows[0]});
  if (!rms) check_statistics(op, x, mean, {rows[0]});
  NormGrads result{empty(x.shape(), x.options()), zeros({rows[1]}, statistics_options(x)),
                   zeros({rows[1]}, statistics_options(x))};
  if (x.numel() > 0) {
    const Tensor source = x.contiguous().reshape(rows);
    const Tensor scale = parameter(weight, x, rows[1], 1), deviation = rstd.contiguous();
    const Tensor center = rms ? Tensor() : mean.contiguous();
    backend(x.device())
        .row_norm_grad(grad.contiguous().reshape(rows),
                       {.x = source,
                        .weight = weight.defined() ? &scale : nullptr,
                        .mean = &center,
                        .rstd = deviation,
                        .rms = rms},
                       result.x.reshape(rows), result.weight, result.bias);
  }
  result.weight = result.weight.reshape(shape);
  result.bias = rms ? Tensor() : result.bias.reshape(shape);
  return result;
}

void check_groups(const char* op, const Tensor& x, int groups) {
  check_channels(op, x);
  if (groups >= 1 && x.size(1) % groups == 0) return;
  throw ValueError("[" + std::string(op) + "] expected groups that divide the " +
                   std::to_string(x.size(1)) + " channels of x " + describe(x) + ", got " +
                   std::to_string(groups));
}

/// [N * groups] -> [N * C]: each group's number for each of its channels.
Tensor for_channels(const Tensor& per_group, const Tensor& x, int groups) {
  const std::int64_t n = x.size(0), width = x.size(1) / groups;
  return per_group.reshape({n * groups, 1}).expand({n * groups, width}).contiguous().reshape({-1});
}

/// A parameter [C] for each channel of each item: [N * C].
Tensor for_items(const Tensor& per_channel, const Tensor& x) {
  return per_channel.expand({x.size(0), x.size(1)}).contiguous().reshape({-1});
}

}  // namespace

Normalized batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias,
                      const Tensor& running_mean, const Tensor& running_var,
                      const BatchNormParams& params, Activation activation) {
  check_channels("batch_norm", x);
  const std::int64_t channels = x.size(1);
  check_parameter("batch_norm", "weight", weight, x, {channels});
  check_parameter("batch_norm", "bias", bias, x, {channels});
  check_parameter("batch_norm", "running_mean", running_mean, x, {channels});
  check_parameter("batch_norm", "running_var", running_var, x, {channels});
  check_eps("batch_norm", params.eps);
  if (!params.training) {
    internal::check_defined("batch_norm", "running_mean", running_mean);
    internal::check_defined("batch_norm", "running_var", running_var);
  }
  const std::int64_t count = channels == 0 ? 0 : x.numel() / channels;
  if (params.training && channels > 0 && count < 2) {
    throw ShapeError("[batch_norm] expected more than 1 value per channel in training, got x " +
                     describe(x));
  }
  if (x.numel() == 0) {
    const Tensor none = zeros({channels}, statistics_options(x));
    return {empty_like(x), none, none};
  }
  const Tensor source = dense(x), y = empty_like(source);
  Tensor mean, variance;
  if (params.training) {
    mean = empty({channels}, statistics_options(x));
    if (in_place(running_mean, x) && in_place(running_var, x)) {
      const Tensor rstd = empty_like(mean);
      const Tensor scale = parameter(weight, x), shift = parameter(bias, x);
      const bool relu = activation == Activation::kRelu;
      const BatchNormArgs args{.x = by_channel(source),
                               .weight = scale.defined() ? &scale : nullptr,
                               .bias = shift.defined() ? &shift : nullptr,
                               .running_mean = running_mean.defined() ? &running_mean : nullptr,
                               .running_var = running_var.defined() ? &running_var : nullptr,
                               .momentum = params.momentum,
                               .eps = params.eps,
                               .activation = relu ? activation : Activation::kNone};
      if (backend(x.device()).batch_norm(args, by_channel(y), mean, rstd)) {
        for (const Tensor& running : {running_mean, running_var}) {
          if (running.defined()) running.storage()->bump_version();
        }
        if (!relu) activate(activation, y, y);
        return {y, mean, rstd};
      }
    }
    variance = empty_like(mean);
    backend(x.device()).channel_moments(by_channel(source), mean, variance);
    update(running_mean, mean, params.momentum);
    const double n = static_cast<double>(count);
    if (running_var.defined()) update(running_var, mul(variance, n / (n - 1)), params.momentum);
  } else {
    // Copies: a later step in training mode must not change what backward reads.
    mean = parameter(running_mean, x, channels, 0).clone();
    variance = parameter(running_var, x, channels, 1);
  }
  const Tensor rstd = rstd_of(variance, params.eps);
  const Tensor scale = mul(rstd, parameter(weight, x, channels, 1));
  const Tensor shift = parameter(bias, x, channels, 0);
  backend(x.device())
      .channel_affine({.x = by_channel(source), .center = mean, .scale = scale, .shift = shift},
                      by_channel(y));
  activate(activation, y, y);
  return {y, mean, rstd};
}

NormGrads batch_norm_grad(const Tensor& grad, const Tensor& x, const Tensor& weight,
                          const Tensor& mean, const Tensor& rstd, bool training,
                          const Tensor& active) {
  check_channels("batch_norm_grad", x);
  const std::int64_t channels = x.size(1);
  check_grad("batch_norm_grad", grad, x);
  check_parameter("batch_norm_grad", "weight", weight, x, {channels});
  check_statistics("batch_norm_grad", x, mean, {channels});
  check_statistics("batch_norm_grad", x, rstd, {channels});
  if (active.defined()) {
    internal::check_match("batch_norm_grad", "x", x, "active", active);
    internal::check_shape("batch_norm_grad", "active", active, x.shape());
  }
  if (x.numel() == 0) {
    const Tensor none = zeros({channels}, statistics_options(x));
    return {empty_like(x), none, none};
  }
  const Tensor source = dense(x), x_grad = empty_like(source);
  const Tensor center = mean.contiguous(), deviation = rstd.contiguous();
  const Tensor sums = empty({channels}, statistics_options(x)), products = empty_like(sums);
  if (training) {
    const Tensor factor = parameter(weight, x), incoming = dense_as(grad, source);
    const Tensor result = active.defined() ? by_channel(dense_as(active, source)) : Tensor();
    const BatchNormGradArgs args{.x = by_channel(source),
                                 .weight = factor.defined() ? &factor : nullptr,
                                 .mean = center,
                                 .rstd = deviation,
                                 .active = result.defined() ? &result : nullptr};
    if (backend(x.device())
            .batch_norm_grad(by_channel(incoming), args, by_channel(x_grad), products, sums)) {
      return {x_grad, products, sums};
    }
  }
  const Tensor upstream = dense_as(active.defined() ? relu_grad(grad, active) : grad, source);
  backend(x.device())
      .channel_sums(by_channel(upstream), by_channel(source), center, sums, products);
  const Tensor slope = mul(deviation, parameter(weight, x, channels, 1));
  const double n = static_cast<double>(x.numel() / channels);
  const Tensor none = zeros({channels}, statistics_options(x));
  // slope (grad - mean(grad) - normal mean(grad normal)), with normal = (x - mean) rstd.
  const Tensor scale = training ? div(mul(mul(slope, square(deviation)), products), -n) : none;
  const Tensor shift = training ? div(mul(slope, sums), -n) : none;
  const Tensor incoming = by_channel(upstream);
  backend(x.device())
      .channel_affine({.x = by_channel(source),
                       .center = center,
                       .scale = scale,
                       .shift = shift,
                       .grad = &incoming,
                       .grad_scale = &slope},
                      by_channel(x_grad));
  return {x_grad, mul(products, deviation), sums};
}

Normalized layer_norm(const Tensor& x, const Shape& shape, const Tensor& weight, const Tensor& bias,
                      double eps) {
  return row_norm("layer_norm", false, x, shape, weight, bias, eps);
}

NormGrads layer_norm_grad(const Tensor& grad, const Tensor& x, const Shape& shape,
                          const Tensor& weight, const Tensor& mean, const Tensor& rstd) {
  return row_norm_grad("layer_norm_grad", false, grad, x, shape, weight, mean, rstd);
}

Normalized rms_norm(const Tensor& x, const Shape& shape, const Tensor& weight, double eps) {
  return row_norm("rms_norm", true, x, shape, weight, {}, eps);
}

NormGrads rms_norm_grad(const Tensor& grad, const Tensor& x, const Shape& shape,
                        const Tensor& weight, const Tensor& rstd) {
  return row_norm_grad("rms_norm_grad", true, grad, x, shape, weight, {}, rstd);
}

Normalized group_norm(const Tensor& x, int groups, const Tensor& weight, const Tensor& bias,
                      double eps) {
  check_groups("group_norm", x, groups);
  const std::int64_t n = x.size(0), channels = x.size(1);
  check_parameter("group_norm", "weight", weight, x, {channels});
  check_parameter("group_norm", "bias", bias, x, {channels});
  check_eps("group_norm", eps);
  if (x.numel() == 0) {
    const Tensor none = zeros({n * groups}, statistics_options(x));
    return {empty_like(x), none, none};
  }
  const Tensor source = x.contiguous(), y = empty(x.shape(), x.options());
  const Tensor mean = empty({n * groups}, statistics_options(x)), variance = empty_like(mean);
  backend(x.device()).channel_moments(source.reshape({1, n * groups, -1}), mean, variance);
  const Tensor rstd = rstd_of(variance, eps);
  const Tensor center = for_channels(mean, x, groups);
  const Tensor scale =
      mul(for_channels(rstd, x, groups), for_items(parameter(weight, x, channels, 1), x));
  const Tensor shift = for_items(parameter(bias, x, channels, 0), x);
  const Tensor by_item = source.reshape({1, n * channels, -1});
  backend(x.device())
      .channel_affine({.x = by_item, .center = center, .scale = scale, .shift = shift},
                      y.reshape({1, n * channels, -1}));
  return {y, mean, rstd};
}

NormGrads group_norm_grad(const Tensor& grad, const Tensor& x, int groups, const Tensor& weight,
                          const Tensor& mean, const Tensor& rstd) {
  check_groups("group_norm_grad", x, groups);
  const std::int64_t n = x.size(0), channels = x.size(1);
  check_grad("group_norm_grad", grad, x);
  check_parameter("group_norm_grad", "weight", weight, x, {channels});
  check_statistics("group_norm_grad", x, mean, {n * groups});
  check_statistics("group_norm_grad", x, rstd, {n * groups});
  if (x.numel() == 0) {
    const Tensor none = zeros({channels}, statistics_options(x));
    return {empty_like(x), none, none};
  }
  const Tensor source = x.contiguous().reshape({1, n * channels, -1});
  const Tensor upstream = grad.contiguous().reshape({1, n * channels, -1});
  const Tensor center = for_channels(mean, x, groups), deviation = for_channels(rstd, x, groups);
  const Tensor sums = empty({n * channels}, statistics_options(x)), products = empty_like(sums);
  backend(x.device()).channel_sums(upstream, source, center, sums, products);
  const Tensor factor = for_items(parameter(weight, x, channels, 1), x);
  const auto group_mean = [&](const Tensor& per_item) {
    const Tensor total = sum(mul(per_item, factor).reshape({n * groups, channels / groups}), {1});
    return for_channels(div(total, static_cast<double>(x.numel() / (n * groups))), x, groups);
  };
  const Tensor slope = mul(deviation, factor);
  const Tensor cube = mul(deviation, square(deviation));
  const Tensor scale = neg(mul(cube, group_mean(products)));
  const Tensor shift = neg(mul(deviation, group_mean(sums)));
  const Tensor x_grad = empty(x.shape(), x.options());
  backend(x.device())
      .channel_affine({.x = source,
                       .center = center,
                       .scale = scale,
                       .shift = shift,
                       .grad = &upstream,
                       .grad_scale = &slope},
                      x_grad.reshape({1, n * channels, -1}));
  return {x_grad, sum(mul(products, deviation).reshape({n, channels}), {0}),
          sum(sums.reshape({n, channels}), {0})};
}

}  // namespace tenon

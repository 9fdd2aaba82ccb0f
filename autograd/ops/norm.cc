#include <utility>

#include "autograd/autocast.h"
#include "autograd/ops.h"
#include "autograd/record.h"

// Each derivative is one fused kernel, which has no derivative itself. Where backward is being
// recorded it is composed of simpler functions instead.

namespace tenon::autograd {
namespace {

/// How x is seen: [..] of `view`, normalized over `dims`; weight and bias broadcast from `weight`.
struct View {
  Shape view;
  Shape weight;
  std::vector<int> dims;
  double eps;
  bool centered = true;
};

View rows_view(const Shape& x, const Shape& normalized, double eps, bool centered) {
  const std::int64_t size = numel(normalized), rows = size == 0 ? 0 : numel(x) / size;
  return {{rows, size}, {1, size}, {1}, eps, centered};
}

/// Elements of a channel of an item [N,C,..].
std::int64_t plane_size(const Shape& x) {
  std::int64_t size = 1;
  for (int i = 2; i < x.size(); ++i) size *= x[i];
  return size;
}

/// The dtype that the kernels compute in.
DType statistics_dtype(const Variable& x) {
  return x.dtype() == DType::kF64 ? DType::kF64 : DType::kF32;
}

/// d/dx, d/dweight and d/dbias of normal(x) weight + bias, whose gradient is `output`, in
/// differentiable steps.
void composed_grads(Gradients& g, const Variable& output, const View& view, const Variable& x,
                    const Variable& weight) {
  const Variable grad = to(reshape(output, view.view), statistics_dtype(x));
  const Variable values = to(reshape(x, view.view), statistics_dtype(x));
  const Variable centered = view.centered ? sub(values, mean(values, view.dims, true)) : values;
  const Variable rstd = rsqrt(add(mean(square(centered), view.dims, true), view.eps));
  const Variable normal = mul(centered, rstd);
  if (g.needs(0)) {
    const Variable slope = weight.defined() ? mul(grad, reshape(weight, view.weight)) : grad;
    Variable along = sub(slope, mul(normal, mean(mul(slope, normal), view.dims, true)));
    if (view.centered) along = sub(along, mean(slope, view.dims, true));
    g.set_broadcast(0, reshape(mul(along, rstd), g.shape(0)));
  }
  if (weight.defined() && g.needs(1)) {
    g.set_broadcast(1, reshape(sum_to(mul(grad, normal), view.weight), g.shape(1)));
  }
  if (view.centered && g.needs(2)) {
    g.set_broadcast(2, reshape(sum_to(grad, view.weight), g.shape(2)));
  }
}

void set_all(Gradients& g, NormGrads grads) {
  g.set(0, std::move(grads.x));
  g.set_broadcast(1, std::move(grads.weight));
  if (grads.bias.defined()) g.set_broadcast(2, std::move(grads.bias));
}

/// Running statistics are constants: y is linear in x.
void eval_batch_norm_grads(Gradients& g, const Variable& output, const Variable& x,
                           const Variable& weight, const Tensor& mean, const Tensor& rstd) {
  Shape per_channel = Shape::filled(x.ndim(), 1);
  per_channel[1] = x.size(1);
  const Tensor center = mean.reshape(per_channel), deviation = rstd.reshape(per_channel);
  const Variable grad = to(output, statistics_dtype(x));
  if (g.needs(0)) {
    const Variable slope = weight.defined() ? mul(grad, reshape(weight, per_channel)) : grad;
    g.set_broadcast(0, mul(slope, deviation));
  }
  if (weight.defined() && g.needs(1)) {
    const Variable product = mul(grad, mul(sub(x, center), deviation));
    g.set_broadcast(1, reshape(sum_to(product, per_channel), g.shape(1)));
  }
  if (g.needs(2)) g.set_broadcast(2, reshape(sum_to(grad, per_channel), g.shape(2)));
}

}  // namespace

Variable batch_norm(const Variable& x, const Variable& weight, const Variable& bias,
                    const Tensor& running_mean, const Tensor& running_var,
                    const BatchNormParams& params, Activation activation) {
  if (activation == Activation::kGelu || activation == Activation::kGeluTanh) {
    const Variable y = batch_norm(x, weight, bias, running_mean, running_var, params);
    return activation == Activation::kGelu ? gelu(y) : gelu_tanh(y);
  }
  Normalized result = tenon::batch_norm(x.value(), weight.value(), bias.value(), running_mean,
                                        running_var, params, activation);
  if (!recording(x, weight, bias)) return std::move(result.y);
  const bool relu = activation == Activation::kRelu;
  const SavedVariable active = relu ? save_output(result.y) : SavedVariable();
  return record(
      "batch_norm", std::move(result.y),
      [params, relu, active, x = save(x), weight = save(weight), mean = std::move(result.mean),
       rstd = std::move(result.rstd)](Gradients& g) {
        const Variable &input = x.get(g), &scale = weight.get(g);
        const Variable y = relu ? active.get(g) : Variable();
        if (!g.create_graph()) {
          return set_all(g, tenon::batch_norm_grad(g.output().value(), input.value(), scale.value(),
                                                   mean, rstd, params.training, y.value()));
        }
        const Variable grad = relu ? relu_grad(g.output(), y) : g.output();
        if (params.training) {
          const std::int64_t n = input.size(0), channels = input.size(1);
          const std::int64_t rest = plane_size(input.shape());
          composed_grads(g, grad, {{n, channels, rest}, {1, channels, 1}, {0, 2}, params.eps},
                         input, scale);
        } else {
          eval_batch_norm_grads(g, grad, input, scale, mean, rstd);
        }
      },
      x, weight, bias);
}

Variable layer_norm(const Variable& x, const Shape& shape, const Variable& weight,
                    const Variable& bias, double eps) {
  if (autocasting()) {
    return autocast(
        autocast_precision("layer_norm"),
        [&](const Variable& high_x, const Variable& high_weight, const Variable& high_bias) {
          return layer_norm(high_x, shape, high_weight, high_bias, eps);
        },
        x, weight, bias);
  }
  Normalized result = tenon::layer_norm(x.value(), shape, weight.value(), bias.value(), eps);
  if (!recording(x, weight, bias)) return std::move(result.y);
  return record(
      "layer_norm", std::move(result.y),
      [shape, eps, x = save(x), weight = save(weight), mean = std::move(result.mean),
       rstd = std::move(result.rstd)](Gradients& g) {
        const Variable &input = x.get(g), &scale = weight.get(g);
        if (g.create_graph()) {
          composed_grads(g, g.output(), rows_view(input.shape(), shape, eps, true), input, scale);
        } else {
          set_all(g, tenon::layer_norm_grad(g.output().value(), input.value(), shape, scale.value(),
                                            mean, rstd));
        }
      },
      x, weight, bias);
}

Variable rms_norm(const Variable& x, const Shape& shape, const Variable& weight, double eps) {
  if (autocasting()) {
    return autocast(
        autocast_precision("rms_norm"),
        [&](const Variable& high_x, const Variable& high_weight) {
          return rms_norm(high_x, shape, high_weight, eps);
        },
        x, weight);
  }
  Normalized result = tenon::rms_norm(x.value(), shape, weight.value(), eps);
  if (!recording(x, weight)) return std::move(result.y);
  return record(
      "rms_norm", std::move(result.y),
      [shape, eps, x = save(x), weight = save(weight),
       rstd = std::move(result.rstd)](Gradients& g) {
        const Variable &input = x.get(g), &scale = weight.get(g);
        if (g.create_graph()) {
          composed_grads(g, g.output(), rows_view(input.shape(), shape, eps, false), input, scale);
        } else {
          set_all(g, tenon::rms_norm_grad(g.output().value(), input.value(), shape, scale.value(),
                                          rstd));
        }
      },
      x, weight);
}

Variable group_norm(const Variable& x, int groups, const Variable& weight, const Variable& bias,
                    double eps) {
  if (autocasting()) {
    return autocast(
        autocast_precision("group_norm"),
        [&](const Variable& high_x, const Variable& high_weight, const Variable& high_bias) {
          return group_norm(high_x, groups, high_weight, high_bias, eps);
        },
        x, weight, bias);
  }
  Normalized result = tenon::group_norm(x.value(), groups, weight.value(), bias.value(), eps);
  if (!recording(x, weight, bias)) return std::move(result.y);
  return record(
      "group_norm", std::move(result.y),
      [groups, eps, x = save(x), weight = save(weight), mean = std::move(result.mean),
       rstd = std::move(result.rstd)](Gradients& g) {
        const Variable &input = x.get(g), &scale = weight.get(g);
        if (!g.create_graph()) {
          return set_all(g, tenon::group_norm_grad(g.output().value(), input.value(), groups,
                                                   scale.value(), mean, rstd));
        }
        const std::int64_t n = input.size(0), width = input.size(1) / groups;
        const std::int64_t rest = plane_size(input.shape());
        composed_grads(g, g.output(),
                       {{n, groups, width, rest}, {1, groups, width, 1}, {2, 3}, eps}, input,
                       scale);
      },
      x, weight, bias);
}

}  // namespace tenon::autograd

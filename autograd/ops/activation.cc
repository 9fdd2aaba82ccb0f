#include "autograd/ops/activation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "autograd/autocast.h"
#include "autograd/internal/activation_slope.h"
#include "autograd/ops.h"
#include "autograd/record.h"
#include "tensor/error.h"

namespace tenon::autograd {
namespace {

using Function = ActivationFunction;
using V = const Variable&;

/// y = f(x). The gradient takes one kernel, or `slope`, f'(x) of differentiable functions, where
/// the backward pass is being recorded.
template <class Slope>
Variable activation(const char* name, const ActivationArgs& args, Tensor y, const Variable& x,
                    Slope slope) {
  if (!recording(x)) return y;
  return record(
      name, std::move(y),
      [x = save(x), args, slope](Gradients& g) {
        const Variable& input = x.get(g);
        if (g.create_graph()) return g.set(0, mul(g.output(), slope(input)));
        g.set(0, tenon::activation_grad(args, g.output().value(), input.value()));
      },
      x);
}

Variable constant(double value, const Variable& like) {
  return tenon::scalar(value, {.dtype = like.dtype(), .device = like.device()});
}

/// `positive` where x > 0, else `other`.
Variable by_sign(const Variable& x, double positive, const Variable& other) {
  return where(tenon::gt(x.value(), 0), constant(positive, x), other);
}

/// 1 where the condition holds, else 0.
Variable indicator(const Tensor& condition, const Variable& like) {
  return condition.to(like.dtype());
}

}  // namespace

Variable gelu_slope(const Variable& x) {
  const Variable cdf = 0.5 * (1 + erf(x * std::sqrt(0.5)));
  const Variable pdf = exp(-0.5 * square(x)) * (std::numbers::inv_sqrtpi * std::sqrt(0.5));
  return cdf + x * pdf;
}

Variable gelu_tanh_slope(const Variable& x) {
  constexpr double kLinear = 2 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi;
  constexpr double kCubic = kLinear * 0.044715;
  // In f32, as f16 does not hold the powers. Beyond kFlat the slope is 0 or 1 in every dtype; there
  // an infinite power times 0 would be NaN.
  constexpr double kFlat = 22;
  const Variable wide = x.dtype() == DType::kF64 ? x : to(x, DType::kF32);
  const Variable near = clamp(wide, -kFlat, kFlat);
  // (1 + tanh(u)) / 2 is sigmoid(2u).
  const Variable s = sigmoid(near * (kLinear + kCubic * square(near)));
  return to(s + near * s * (1 - s) * (kLinear + 3 * kCubic * square(near)), x.dtype());
}

Variable leaky_relu(const Variable& x, double slope) {
  return activation("leaky_relu", {Function::kLeakyRelu, slope},
                    tenon::leaky_relu(x.value(), slope), x,
                    [slope](V x) { return by_sign(x, 1, constant(slope, x)); });
}

Variable elu(const Variable& x, double alpha) {
  return activation("elu", {Function::kElu, alpha}, tenon::elu(x.value(), alpha), x,
                    [alpha](V x) { return by_sign(x, 1, elu(x, alpha) + alpha); });
}

Variable celu(const Variable& x, double alpha) {
  return activation("celu", {Function::kCelu, alpha}, tenon::celu(x.value(), alpha), x,
                    [alpha](V x) { return by_sign(x, 1, celu(x, alpha) / alpha + 1); });
}

Variable celu(const Variable& x, const Variable& alpha) {
  if (alpha.value().numel() != 1) {
    throw ShapeError("[celu] expected one alpha, got alpha " + to_string(alpha.shape()));
  }
  const Tensor one = alpha.value().reshape({});
  // alpha expm1(x / alpha) >= x: the larger one is the answer on either side of 0. Cut off first,
  // exp() of a large x is not infinite.
  const Tensor below = tenon::expm1(tenon::div(tenon::minimum(x.value(), 0.0), one));
  Tensor y = tenon::maximum(x.value(), tenon::mul(one, below));
  if (!recording(x, alpha)) return y;
  return record(
      "celu", std::move(y),
      [x = save(x), alpha = save(alpha)](Gradients& g) {
        const Variable cut = clamp(x.get(g), -std::numeric_limits<double>::infinity(), 0);
        const Variable& given = alpha.get(g);
        const Variable u = div(cut, reshape(given, {}));  // 0 where x is positive
        const Variable below = expm1(u), slope = below + 1;
        if (g.needs(0)) g.set_broadcast(0, mul(g.output(), slope));
        if (g.needs(1)) {
          const Variable grad = sum(mul(g.output(), sub(below, mul(u, slope))));
          g.set_broadcast(1, reshape(grad, given.shape()));
        }
      },
      x, alpha);
}

Variable selu(const Variable& x) {
  return activation("selu", {Function::kSelu}, tenon::selu(x.value()), x,
                    [](V x) { return by_sign(x, kSeluScale, selu(x) + kSeluScale * kSeluAlpha); });
}

Variable gelu(const Variable& x) {
  return activation("gelu", {Function::kGelu}, tenon::gelu(x.value()), x, gelu_slope);
}

Variable gelu_tanh(const Variable& x) {
  return activation("gelu_tanh", {Function::kGeluTanh}, tenon::gelu_tanh(x.value()), x,
                    gelu_tanh_slope);
}

Variable silu(const Variable& x) {
  return activation("silu", {Function::kSilu}, tenon::silu(x.value()), x, [](V x) {
    const Variable s = sigmoid(x);
    return s * (1 + x * (1 - s));
  });
}

Variable softplus(const Variable& x, double beta, double threshold) {
  if (autocasting()) {
    return autocast(
        autocast_precision("softplus"),
        [&](const Variable& high) { return softplus(high, beta, threshold); }, x);
  }
  return activation("softplus", {Function::kSoftplus, beta, threshold},
                    tenon::softplus(x.value(), beta, threshold), x, [beta, threshold](V x) {
                      const Tensor linear = tenon::gt(x.value(), threshold / beta);
                      return where(linear, constant(1, x), sigmoid(x * beta));
                    });
}

Variable mish(const Variable& x) {
  return activation("mish", {Function::kMish}, tenon::mish(x.value()), x, [](V x) {
    const Variable t = tanh(softplus(x));
    return t + x * sigmoid(x) * (1 - square(t));
  });
}

Variable log_sigmoid(const Variable& x) {
  if (autocasting()) {
    return autocast(
        autocast_precision("log_sigmoid"), [](const Variable& high) { return log_sigmoid(high); },
        x);
  }
  return activation("log_sigmoid", {Function::kLogSigmoid}, tenon::log_sigmoid(x.value()), x,
                    [](V x) { return sigmoid(-x); });
}

Variable clamp(const Variable& x, double low, double high) {
  return activation("clamp", {Function::kClamp, low, high}, tenon::clamp(x.value(), low, high), x,
                    [low, high](V x) {
                      const Tensor& v = x.value();
                      return indicator(tenon::logical_and(tenon::ge(v, low), tenon::le(v, high)),
                                       x);
                    });
}

Variable hardtanh(const Variable& x, double low, double high) {
  return activation("hardtanh", {Function::kHardtanh, low, high},
                    tenon::hardtanh(x.value(), low, high), x, [low, high](V x) {
                      const Tensor& v = x.value();
                      return indicator(tenon::logical_and(tenon::gt(v, low), tenon::lt(v, high)),
                                       x);
                    });
}

Variable hardsigmoid(const Variable& x) {
  return activation("hardsigmoid", {Function::kHardsigmoid}, tenon::hardsigmoid(x.value()), x,
                    [](V x) { return indicator(tenon::lt(tenon::abs(x.value()), 3), x) / 6; });
}

Variable hardswish(const Variable& x) {
  return activation("hardswish", {Function::kHardswish}, tenon::hardswish(x.value()), x, [](V x) {
    const Variable beyond = indicator(tenon::ge(x.value(), 3), x);
    return where(tenon::lt(tenon::abs(x.value()), 3), x / 3 + 0.5, beyond);
  });
}

Variable prelu(const Variable& x, const Variable& weight) {
  Tensor y = tenon::prelu(x.value(), weight.value());
  if (!recording(x, weight)) return y;
  return record(
      "prelu", std::move(y),
      [x = save(x), weight = save(weight)](Gradients& g) {
        const Variable& input = x.get(g);
        const Variable& slope = weight.get(g);
        Shape shape = Shape::filled(std::max(input.ndim() - 1, 0), 1);
        if (slope.value().numel() != 1) shape[0] = slope.size(0);
        const Variable slopes = reshape(slope, shape);
        if (g.needs(0)) {
          const Tensor positive = tenon::gt(input.value(), 0);
          g.set(0, where(positive, g.output(), mul(g.output(), slopes)));
        }
        if (g.needs(1)) {
          const Variable negative = clamp(input, -std::numeric_limits<double>::infinity(), 0);
          g.set(1, reshape(sum_to(mul(g.output(), negative), shape), slope.shape()));
        }
      },
      x, weight);
}

Variable maxout(const Variable& x, int pieces, int dim) {
  if (!recording(x)) return tenon::maxout(x.value(), pieces, dim);
  const Shape split = maxout_shape(x.shape(), pieces, dim);
  return max(reshape(x, split), {normalize_dim(dim, x.ndim(), "maxout") + 1});
}

}  // namespace tenon::autograd

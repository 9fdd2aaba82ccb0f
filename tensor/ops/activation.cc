#include "tensor/ops/activation.h"

#include <algorithm>
#include <cmath>

#include "tensor/backend.h"
#include "tensor/internal/check.h"

namespace tenon {
namespace {

using Function = ActivationFunction;

Tensor activation(const char* op, const ActivationArgs& args, const Tensor& x) {
  internal::check_floating(op, "x", x);
  Tensor out = empty_like(x);
  backend(x.device()).activation(args, x, out);
  return out;
}

void check_value(const char* op, bool valid, const char* wanted, double got) {
  if (valid) return;
  throw ValueError("[" + std::string(op) + "] expected " + wanted + ", got " + std::to_string(got));
}

void check_bounds(const char* op, double low, double high) {
  check_value(op, !std::isnan(low), "low to be a number", low);
  check_value(op, !std::isnan(high), "high to be a number", high);
}

}  // namespace

Tensor leaky_relu(const Tensor& x, double slope) {
  return activation("leaky_relu", {Function::kLeakyRelu, slope}, x);
}

Tensor elu(const Tensor& x, double alpha) { return activation("elu", {Function::kElu, alpha}, x); }

Tensor celu(const Tensor& x, double alpha) {
  check_value("celu", alpha != 0, "alpha other than 0", alpha);
  return activation("celu", {Function::kCelu, alpha}, x);
}

Tensor selu(const Tensor& x) { return activation("selu", {Function::kSelu}, x); }
Tensor gelu(const Tensor& x) { return activation("gelu", {Function::kGelu}, x); }
Tensor gelu_tanh(const Tensor& x) { return activation("gelu_tanh", {Function::kGeluTanh}, x); }
Tensor silu(const Tensor& x) { return activation("silu", {Function::kSilu}, x); }

Tensor softplus(const Tensor& x, double beta, double threshold) {
  check_value("softplus", beta > 0, "a positive beta", beta);
  return activation("softplus", {Function::kSoftplus, beta, threshold}, x);
}

Tensor mish(const Tensor& x) { return activation("mish", {Function::kMish}, x); }
Tensor log_sigmoid(const Tensor& x) {
  return activation("log_sigmoid", {Function::kLogSigmoid}, x);
}

Tensor clamp(const Tensor& x, double low, double high) {
  internal::check_defined("clamp", "x", x);
  check_bounds("clamp", low, high);
  if (is_floating(x.dtype())) return activation("clamp", {Function::kClamp, low, high}, x);
  internal::check_numeric("clamp", "x", x);
  const Tensor bounded = std::isinf(low) ? x : maximum(x, low);
  return std::isinf(high) ? bounded : minimum(bounded, high);
}

Tensor hardtanh(const Tensor& x, double low, double high) {
  check_bounds("hardtanh", low, high);
  check_value("hardtanh", low < high, "low below high", low);
  return activation("hardtanh", {Function::kHardtanh, low, high}, x);
}

Tensor hardsigmoid(const Tensor& x) {
  return activation("hardsigmoid", {Function::kHardsigmoid}, x);
}
Tensor hardswish(const Tensor& x) { return activation("hardswish", {Function::kHardswish}, x); }

Tensor activation_grad(const ActivationArgs& args, const Tensor& grad, const Tensor& x) {
  internal::check_floating("activation_grad", "grad", grad);
  internal::check_match("activation_grad", "grad", grad, "x", x);
  internal::check_shape("activation_grad", "x", x, grad.shape());
  Tensor out = empty_like(x);
  backend(x.device()).activation_grad(args, grad, x, out);
  return out;
}

Tensor prelu(const Tensor& x, const Tensor& weight) {
  internal::check_floating("prelu", "x", x);
  internal::check_match("prelu", "x", x, "weight", weight);
  const bool one = weight.numel() == 1 && weight.ndim() <= 1;
  if (!one) internal::check_shape("prelu", "weight", weight, {x.ndim() < 2 ? 1 : x.size(1)});
  Shape along_channels = Shape::filled(std::max(x.ndim() - 1, 0), 1);
  if (!one) along_channels[0] = x.size(1);
  return relu(x) +
         weight.reshape(along_channels) * clamp(x, -std::numeric_limits<double>::infinity(), 0);
}

Tensor maxout(const Tensor& x, int pieces, int dim) {
  internal::check_defined("maxout", "x", x);
  const Shape split = maxout_shape(x.shape(), pieces, dim);
  return max(x.reshape(split), {normalize_dim(dim, x.ndim(), "maxout") + 1});
}

Shape maxout_shape(const Shape& x, int pieces, int dim) {
  dim = normalize_dim(dim, x.size(), "maxout");
  check_value("maxout", pieces > 0, "a positive number of pieces", pieces);
  if (x.empty() || x[dim] % pieces != 0) {
    throw ShapeError("[maxout] expected dim " + std::to_string(dim) + " of x " + to_string(x) +
                     " to be a multiple of pieces " + std::to_string(pieces));
  }
  Shape split = x;
  split[dim] /= pieces;
  split.insert(dim + 1, pieces);
  return split;
}

}  // namespace tenon

// Activation functions. Where the backward pass is not itself recorded their derivative is one
// kernel.
#ifndef TENON_AUTOGRAD_OPS_ACTIVATION_H_
#define TENON_AUTOGRAD_OPS_ACTIVATION_H_

#include <limits>

#include "autograd/variable.h"

namespace tenon::autograd {

/// The derivative at 0 is `slope`.
Variable leaky_relu(const Variable& x, double slope = 0.01);
Variable elu(const Variable& x, double alpha = 1);
Variable celu(const Variable& x, double alpha = 1);
/// Differentiable in both; alpha holds one number, above 0. Where x is 0 the derivatives are 1 and
/// 0.
Variable celu(const Variable& x, const Variable& alpha);
Variable selu(const Variable& x);
Variable gelu(const Variable& x);
Variable gelu_tanh(const Variable& x);
Variable silu(const Variable& x);
Variable softplus(const Variable& x, double beta = 1, double threshold = 20);
Variable mish(const Variable& x);
Variable log_sigmoid(const Variable& x);
/// The derivative is 1 at the bounds.
Variable clamp(const Variable& x, double low,
               double high = std::numeric_limits<double>::infinity());
/// The derivative is 0 at the bounds.
Variable hardtanh(const Variable& x, double low = -1, double high = 1);
Variable hardsigmoid(const Variable& x);
Variable hardswish(const Variable& x);
/// Differentiable in both; where x is 0 its derivative is the weight.
Variable prelu(const Variable& x, const Variable& weight);
/// Equal largest pieces share the gradient evenly.
Variable maxout(const Variable& x, int pieces, int dim = 1);

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_OPS_ACTIVATION_H_

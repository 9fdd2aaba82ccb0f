// Derivatives of activations that other operations end with, themselves differentiable.
#ifndef TENON_AUTOGRAD_INTERNAL_ACTIVATION_SLOPE_H_
#define TENON_AUTOGRAD_INTERNAL_ACTIVATION_SLOPE_H_

#include "autograd/variable.h"

namespace tenon::autograd {

Variable gelu_slope(const Variable& x);
Variable gelu_tanh_slope(const Variable& x);

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_INTERNAL_ACTIVATION_SLOPE_H_

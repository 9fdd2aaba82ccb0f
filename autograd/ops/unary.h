// Unary maths.
#ifndef TENON_AUTOGRAD_OPS_UNARY_H_
#define TENON_AUTOGRAD_OPS_UNARY_H_

#include "autograd/variable.h"

namespace tenon::autograd {

Variable neg(const Variable& x);
/// The derivative at 0 is 0.
Variable abs(const Variable& x);
Variable square(const Variable& x);
Variable sqrt(const Variable& x);
Variable rsqrt(const Variable& x);
Variable reciprocal(const Variable& x);
Variable exp(const Variable& x);
Variable expm1(const Variable& x);
Variable log(const Variable& x);
Variable log1p(const Variable& x);
Variable sin(const Variable& x);
Variable cos(const Variable& x);
Variable tan(const Variable& x);
Variable asin(const Variable& x);
Variable acos(const Variable& x);
Variable atan(const Variable& x);
Variable sinh(const Variable& x);
Variable cosh(const Variable& x);
Variable tanh(const Variable& x);
Variable erf(const Variable& x);
Variable sigmoid(const Variable& x);
/// The derivative at 0 is 0.
Variable relu(const Variable& x);
/// grad where y > 0, else 0. Differentiable in grad; constant in y almost everywhere.
Variable relu_grad(const Variable& grad, const Variable& y);
/// The derivative of these four is 0.
Variable floor(const Variable& x);
Variable ceil(const Variable& x);
Variable round(const Variable& x);
Variable trunc(const Variable& x);
/// The derivative is 1.
Variable frac(const Variable& x);
inline Variable operator-(const Variable& x) { return neg(x); }

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_OPS_UNARY_H_

// Unary maths. Floating, except neg, abs, sign and square, which take integers too, and the tests
// at the end, which take any dtype. Within 4 units in the last place, over the whole range.
#ifndef TENON_TENSOR_OPS_UNARY_H_
#define TENON_TENSOR_OPS_UNARY_H_

#include "tensor/tensor.h"

namespace tenon {

Tensor neg(const Tensor& x);
Tensor abs(const Tensor& x);
/// -1, 0 or 1; NaN of NaN.
Tensor sign(const Tensor& x);
Tensor square(const Tensor& x);
Tensor sqrt(const Tensor& x);
Tensor rsqrt(const Tensor& x);
Tensor reciprocal(const Tensor& x);
Tensor exp(const Tensor& x);
Tensor expm1(const Tensor& x);
Tensor log(const Tensor& x);
Tensor log1p(const Tensor& x);
Tensor sin(const Tensor& x);
Tensor cos(const Tensor& x);
Tensor tan(const Tensor& x);
/// NaN where |x| > 1.
Tensor asin(const Tensor& x);
Tensor acos(const Tensor& x);
Tensor atan(const Tensor& x);
Tensor sinh(const Tensor& x);
Tensor cosh(const Tensor& x);
Tensor tanh(const Tensor& x);
Tensor erf(const Tensor& x);
Tensor sigmoid(const Tensor& x);
Tensor relu(const Tensor& x);
Tensor floor(const Tensor& x);
Tensor ceil(const Tensor& x);
/// To the nearest whole number, halves to the even one.
Tensor round(const Tensor& x);
/// Towards zero.
Tensor trunc(const Tensor& x);
/// x - trunc(x).
Tensor frac(const Tensor& x);
inline Tensor operator-(const Tensor& x) { return neg(x); }

// Derivatives in one pass, from the results: grad [..] and y [..] of one shape and dtype.

/// grad where y > 0, else 0, for y = relu(x).
Tensor relu_grad(const Tensor& grad, const Tensor& y);
/// grad y (1 - y) for y = sigmoid(x).
Tensor sigmoid_grad(const Tensor& grad, const Tensor& y);
/// grad (1 - y^2) for y = tanh(x).
Tensor tanh_grad(const Tensor& grad, const Tensor& y);

// Tests of each element: bool tensors. Integers are always finite.

Tensor isnan(const Tensor& x);
Tensor isinf(const Tensor& x);
Tensor isfinite(const Tensor& x);
/// x == 0.
Tensor logical_not(const Tensor& x);

/// Whether every element is finite (true for an empty or an integral tensor).
bool all_finite(const Tensor& x);

}  // namespace tenon

#endif  // TENON_TENSOR_OPS_UNARY_H_

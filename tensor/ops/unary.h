// Unary maths. Floating, except neg, abs, sign and square, which take integers too. Within 4 units
// in the last place, but for this: on the CPU in f32, exp is infinite from 88.4 on, its results
// below 1e-38 are 0, and log takes smaller numbers than that for it.
#ifndef TENON_TENSOR_OPS_UNARY_H_
#define TENON_TENSOR_OPS_UNARY_H_

#include "tensor/tensor.h"

namespace tenon {

Tensor neg(const Tensor& x);
Tensor abs(const Tensor& x);
/// -1, 0 or 1.
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
Tensor tanh(const Tensor& x);
Tensor erf(const Tensor& x);
Tensor sigmoid(const Tensor& x);
Tensor relu(const Tensor& x);
inline Tensor operator-(const Tensor& x) { return neg(x); }

/// grad where y > 0, else 0: the derivative of y = relu(x) in one pass.
Tensor relu_grad(const Tensor& grad, const Tensor& y);

/// Whether every element is finite (true for an empty or an integral tensor).
bool all_finite(const Tensor& x);

}  // namespace tenon

#endif  // TENON_TENSOR_OPS_UNARY_H_

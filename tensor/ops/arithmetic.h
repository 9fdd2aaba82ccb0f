// Arithmetic, with broadcasting and promotion: two tensors meet in their result_type. A number
// takes the tensor's dtype, but that a fraction with integers or bool gives f32, and a whole number
// with bool i64; throws ValueError where an integral dtype does not hold it.
#ifndef TENON_TENSOR_OPS_ARITHMETIC_H_
#define TENON_TENSOR_OPS_ARITHMETIC_H_

#include "tensor/tensor.h"

namespace tenon {

/// The dtype that two tensors meet in, as in PyTorch. One without dimensions does not widen one
/// that has some and whose dtype is of its kind (floating, integral, bool) or beats it: f32 [3]
/// with f64 [] stays f32, i64 [3] with f64 [] becomes f64. Else promote() of the two.
DType result_type(const Tensor& a, const Tensor& b);

Tensor add(const Tensor& a, const Tensor& b);
Tensor sub(const Tensor& a, const Tensor& b);
Tensor mul(const Tensor& a, const Tensor& b);
/// True division: integral arguments give f32.
Tensor div(const Tensor& a, const Tensor& b);
/// Floating only.
Tensor pow(const Tensor& a, const Tensor& b);
/// Elementwise; NaN where either is NaN.
Tensor maximum(const Tensor& a, const Tensor& b);
Tensor minimum(const Tensor& a, const Tensor& b);
/// The angle of the point (b, a), in [-pi, pi]. Integral arguments give f32.
Tensor atan2(const Tensor& a, const Tensor& b);
/// What is left of a after whole multiples of b: with a's sign, and with b's (Python's %). A bool
/// result throws DTypeError, an integral division by 0 ValueError.
Tensor fmod(const Tensor& a, const Tensor& b);
Tensor remainder(const Tensor& a, const Tensor& b);
/// floor(a / b), exactly, in the dtype that both meet in. Throws as remainder.
Tensor floor_divide(const Tensor& a, const Tensor& b);

Tensor add(const Tensor& a, double b);
Tensor sub(const Tensor& a, double b);
Tensor sub(double a, const Tensor& b);
Tensor mul(const Tensor& a, double b);
Tensor div(const Tensor& a, double b);
Tensor div(double a, const Tensor& b);
Tensor pow(const Tensor& a, double b);
Tensor maximum(const Tensor& a, double b);
Tensor minimum(const Tensor& a, double b);
Tensor fmod(const Tensor& a, double b);
Tensor remainder(const Tensor& a, double b);
Tensor floor_divide(const Tensor& a, double b);

inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return div(a, b); }
inline Tensor operator+(const Tensor& a, double b) { return add(a, b); }
inline Tensor operator-(const Tensor& a, double b) { return sub(a, b); }
inline Tensor operator*(const Tensor& a, double b) { return mul(a, b); }
inline Tensor operator/(const Tensor& a, double b) { return div(a, b); }
inline Tensor operator+(double a, const Tensor& b) { return add(b, a); }
inline Tensor operator-(double a, const Tensor& b) { return sub(a, b); }
inline Tensor operator*(double a, const Tensor& b) { return mul(b, a); }
inline Tensor operator/(double a, const Tensor& b) { return div(a, b); }

// Comparison: bool tensors. Comparisons with NaN are false, `ne` true.

Tensor eq(const Tensor& a, const Tensor& b);
Tensor ne(const Tensor& a, const Tensor& b);
Tensor lt(const Tensor& a, const Tensor& b);
Tensor le(const Tensor& a, const Tensor& b);
Tensor gt(const Tensor& a, const Tensor& b);
Tensor ge(const Tensor& a, const Tensor& b);
Tensor eq(const Tensor& a, double b);
Tensor ne(const Tensor& a, double b);
Tensor lt(const Tensor& a, double b);
Tensor le(const Tensor& a, double b);
Tensor gt(const Tensor& a, double b);
Tensor ge(const Tensor& a, double b);

// Logic: bool tensors. An operand of any dtype counts as true where it is not 0 (NaN is not).

Tensor logical_and(const Tensor& a, const Tensor& b);
Tensor logical_or(const Tensor& a, const Tensor& b);
Tensor logical_xor(const Tensor& a, const Tensor& b);

/// condition ? a : b, all three broadcast. `condition` is bool.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);

}  // namespace tenon

#endif  // TENON_TENSOR_OPS_ARITHMETIC_H_

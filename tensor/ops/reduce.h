// Reductions over `dims` (all where empty), running sums, and the places of extremes.
//
//   Tensor deviation = stddev(x, {0});                      // [N,C] -> [C]
//   Tensor scaled = x / norm(x, {1}, 2, /*keepdim=*/true);  // rows of length 1
//
// Reduced dimensions disappear, or stay at size 1 with keepdim. 16-bit values are accumulated in f32
// and rounded once; integers wrap. Results of f32 are accumulated in blocks of fixed size combined
// pairwise, in the same order for any number of threads. "Any dtype" is that of tensor/ops.h.
#ifndef TENON_TENSOR_OPS_REDUCE_H_
#define TENON_TENSOR_OPS_REDUCE_H_

#include "tensor/shape.h"
#include "tensor/tensor.h"

namespace tenon {

/// Any dtype; of bool, u8 and i32 the result is i64, as in `prod` and `cumsum`.
Tensor sum(const Tensor& x, DimList dims = {}, bool keepdim = false);
/// Floating. The mean of no elements is NaN.
Tensor mean(const Tensor& x, DimList dims = {}, bool keepdim = false);
/// Any dtype; 1 for no elements.
Tensor prod(const Tensor& x, DimList dims = {}, bool keepdim = false);
/// Any dtype; NaN where any element is. Throws ShapeError for no elements.
Tensor max(const Tensor& x, DimList dims = {}, bool keepdim = false);
Tensor min(const Tensor& x, DimList dims = {}, bool keepdim = false);

/// Any dtype to bool: whether an element (every element) differs from 0; NaN does.
Tensor any(const Tensor& x, DimList dims = {}, bool keepdim = false);
Tensor all(const Tensor& x, DimList dims = {}, bool keepdim = false);

/// Floating. Sum of squared deviations from the mean over count - correction (0: of the values
/// themselves, 1: unbiased for what they were drawn from); NaN where that is not positive. Deviations
/// are taken from each block's own mean (Chan, Golub & LeVeque 1983), in one pass over memory.
Tensor var(const Tensor& x, DimList dims = {}, double correction = 1, bool keepdim = false);
/// Its square root: the standard deviation.
Tensor stddev(const Tensor& x, DimList dims = {}, double correction = 1, bool keepdim = false);

/// Floating. (sum |x|^p)^(1/p): p = 0 counts what is not 0, infinity is the largest |x|, -infinity
/// the smallest (ShapeError for no elements). Throws ValueError for NaN.
Tensor norm(const Tensor& x, DimList dims = {}, double p = 2, bool keepdim = false);
/// Floating. log(sum exp(x)) without overflow; -infinity for no elements.
Tensor logsumexp(const Tensor& x, DimList dims = {}, bool keepdim = false);

/// Running sums along `dim`, from its end where `reverse`. Any dtype; floating ones are accumulated
/// in f64.
Tensor cumsum(const Tensor& x, int dim, bool reverse = false);

/// Index (i64) of the first largest element along `dim`; a NaN beats every number. Any dtype. Throws
/// ShapeError for size 0.
Tensor argmax(const Tensor& x, int dim, bool keepdim = false);
Tensor argmin(const Tensor& x, int dim, bool keepdim = false);
/// Of all elements, counted in row-major order: 0-d.
Tensor argmax(const Tensor& x);
Tensor argmin(const Tensor& x);

/// Sums `x` down to `shape`, to which it could have been broadcast from: broadcasting's adjoint.
Tensor sum_to(const Tensor& x, const Shape& shape);

}  // namespace tenon

#endif  // TENON_TENSOR_OPS_REDUCE_H_

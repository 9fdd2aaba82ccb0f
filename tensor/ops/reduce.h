// Reductions over `dims` (all where empty). Sums of bool, u8, i32 are i64; sums of f32 are
// accumulated in fixed-size blocks combined pairwise, in the same order for any thread count.
#ifndef TENON_TENSOR_OPS_REDUCE_H_
#define TENON_TENSOR_OPS_REDUCE_H_

#include <initializer_list>
#include <span>

#include "tensor/tensor.h"

namespace tenon {

Tensor sum(const Tensor& x, std::span<const int> dims = {}, bool keepdim = false);
/// Floating. The mean of no elements is NaN.
Tensor mean(const Tensor& x, std::span<const int> dims = {}, bool keepdim = false);
/// NaN where any element is. Throws ShapeError for no elements.
Tensor max(const Tensor& x, std::span<const int> dims = {}, bool keepdim = false);
Tensor min(const Tensor& x, std::span<const int> dims = {}, bool keepdim = false);
inline Tensor sum(const Tensor& x, std::initializer_list<int> dims, bool keepdim = false) {
  return sum(x, std::span<const int>(dims.begin(), dims.size()), keepdim);
}
inline Tensor mean(const Tensor& x, std::initializer_list<int> dims, bool keepdim = false) {
  return mean(x, std::span<const int>(dims.begin(), dims.size()), keepdim);
}
inline Tensor max(const Tensor& x, std::initializer_list<int> dims, bool keepdim = false) {
  return max(x, std::span<const int>(dims.begin(), dims.size()), keepdim);
}
inline Tensor min(const Tensor& x, std::initializer_list<int> dims, bool keepdim = false) {
  return min(x, std::span<const int>(dims.begin(), dims.size()), keepdim);
}
/// Index (i64) of the first largest element along `dim`. Throws ShapeError for size 0.
Tensor argmax(const Tensor& x, int dim, bool keepdim = false);
Tensor argmin(const Tensor& x, int dim, bool keepdim = false);
/// Sums `x` down to `shape`, to which it could have been broadcast from: broadcasting's adjoint.
Tensor sum_to(const Tensor& x, const Shape& shape);

}  // namespace tenon

#endif  // TENON_TENSOR_OPS_REDUCE_H_

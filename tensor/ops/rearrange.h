// Elements in another order: copies of any dtype.
#ifndef TENON_TENSOR_OPS_REARRANGE_H_
#define TENON_TENSOR_OPS_REARRANGE_H_

#include <cstdint>
#include <initializer_list>
#include <span>

#include "tensor/tensor.h"

namespace tenon {

/// Backwards along each of `dims`. Throws ShapeError for a dimension that comes twice.
Tensor flip(const Tensor& x, std::span<const int> dims);
inline Tensor flip(const Tensor& x, std::initializer_list<int> dims) {
  return flip(x, std::span<const int>(dims.begin(), dims.size()));
}
/// Moves the elements of one dimension `shift` places up; what leaves the end enters at the start.
Tensor roll(const Tensor& x, std::int64_t shift, int dim);
/// counts[d] copies side by side along dimension d; counts may have leading dimensions that x lacks
/// (NumPy's tile). Throws ShapeError for fewer counts than dimensions or a negative one.
Tensor repeat(const Tensor& x, const Shape& counts);
/// x [..,M,N] with zeros above (below) the diagonal that starts `diagonal` columns to the right.
Tensor tril(const Tensor& x, std::int64_t diagonal = 0);
Tensor triu(const Tensor& x, std::int64_t diagonal = 0);

}  // namespace tenon

#endif  // TENON_TENSOR_OPS_REARRANGE_H_

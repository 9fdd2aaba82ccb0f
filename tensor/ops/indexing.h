// Indexing.
#ifndef TENON_TENSOR_OPS_INDEXING_H_
#define TENON_TENSOR_OPS_INDEXING_H_

#include <cstdint>
#include <span>

#include "tensor/tensor.h"

namespace tenon {

/// Rows `indices` [K] (i64) of dimension `dim`. Any dtype. Throws IndexError.
Tensor index_select(const Tensor& x, int dim, const Tensor& indices);
/// A copy of x with `values` added at `indices` of dimension `dim`: index_select's adjoint.
Tensor index_add(const Tensor& x, int dim, const Tensor& indices, const Tensor& values);
/// y[i][j] = x[i][index[i][j]] for dim 1, and so on; index i64 of x's rank. Throws IndexError.
Tensor gather(const Tensor& x, int dim, const Tensor& index);
/// A copy of x with values added where gather would have read: gather's adjoint.
Tensor scatter_add(const Tensor& x, int dim, const Tensor& index, const Tensor& values);
/// A copy of x with values written where gather would have read. Of several values for one place
/// the last in row-major order stays.
Tensor scatter(const Tensor& x, int dim, const Tensor& index, const Tensor& values);
Tensor scatter(const Tensor& x, int dim, const Tensor& index, double value);
/// gather after broadcasting x and index against each other in all dimensions but `dim`.
Tensor take_along_dim(const Tensor& x, const Tensor& index, int dim);
/// value where mask (bool), else x, broadcast. In x's dtype.
Tensor masked_fill(const Tensor& x, const Tensor& mask, double value);
/// The elements of x, broadcast with mask (bool), where it is true: [K], in row-major order.
Tensor masked_select(const Tensor& x, const Tensor& mask);
/// Indices of the elements that are not 0 (NaN is not): [K, dimensions of x], i64, in row-major
/// order.
Tensor nonzero(const Tensor& x);
/// [..] i64 in [0,classes) -> [..,classes].
Tensor one_hot(const Tensor& indices, std::int64_t classes, DType dtype = DType::kF32);
/// Joins along an existing / a new dimension, in the dtype that all promote to. Throws ValueError
/// for no tensors, ShapeError.
Tensor cat(std::span<const Tensor> tensors, int dim = 0);
Tensor stack(std::span<const Tensor> tensors, int dim = 0);

}  // namespace tenon

#endif  // TENON_TENSOR_OPS_INDEXING_H_

// Rows of a table by number: words, users, categories.
//
//   Tensor vectors = embedding(table, ids);   // table [V,D], ids [B,T] -> [B,T,D]
#ifndef TENON_TENSOR_OPS_EMBEDDING_H_
#define TENON_TENSOR_OPS_EMBEDDING_H_

#include <cstdint>
#include <span>
#include <vector>

#include "tensor/tensor.h"

namespace tenon {

/// weight [V,D] of any dtype, indices [..] i64 in [0,V) -> [..,D]. Throws IndexError that names the
/// first bad index.
Tensor embedding(const Tensor& weight, const Tensor& indices);

/// Its adjoint in the weight: [rows,D] zeros, to row indices[i] of which grad[i] is added; grad
/// [..,D], indices [..]. A row is summed in the order of the indices and rounded once, so the bits
/// do not depend on the number of threads. Indices equal to `padding_index` are left out.
Tensor embedding_grad(const Tensor& grad, const Tensor& indices, std::int64_t rows,
                      std::int64_t padding_index = -1);

/// rows [N,numbers+K] and a table [V,D] for each of the last K columns, whose elements are whole
/// numbers in [0,V) -> [N,numbers+sum of D]: the numbers, and each category's row of its table
/// instead of it. Floating; dtypes promote. Throws ShapeError, and IndexError for what a table
/// lacks.
Tensor embed_columns(const Tensor& rows, std::int64_t numbers, std::span<const Tensor> tables);

/// Its adjoint in the tables, of these shapes; grad [N,numbers+sum of D].
std::vector<Tensor> embed_columns_grads(const Tensor& grad, const Tensor& rows,
                                        std::int64_t numbers, std::span<const Shape> tables);

}  // namespace tenon

#endif  // TENON_TENSOR_OPS_EMBEDDING_H_

// Indexing.
#ifndef TENON_AUTOGRAD_OPS_INDEXING_H_
#define TENON_AUTOGRAD_OPS_INDEXING_H_

#include "autograd/variable.h"

namespace tenon::autograd {

Variable index_select(const Variable& x, int dim, const Tensor& indices);
Variable index_add(const Variable& x, int dim, const Tensor& indices, const Variable& values);
Variable gather(const Variable& x, int dim, const Tensor& index);
Variable scatter_add(const Variable& x, int dim, const Tensor& index, const Variable& values);
/// Of several values for one place the last stays, and it alone gets the gradient.
Variable scatter(const Variable& x, int dim, const Tensor& index, const Variable& values);
Variable take_along_dim(const Variable& x, const Tensor& index, int dim);
Variable masked_fill(const Variable& x, const Tensor& mask, double value);
Variable masked_select(const Variable& x, const Tensor& mask);

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_OPS_INDEXING_H_

// Reductions over `dims` (all where empty), and running sums.
#ifndef TENON_AUTOGRAD_OPS_REDUCE_H_
#define TENON_AUTOGRAD_OPS_REDUCE_H_

#include "autograd/variable.h"
#include "tensor/shape.h"

namespace tenon::autograd {

Variable sum(const Variable& x, DimList dims = {}, bool keepdim = false);
Variable mean(const Variable& x, DimList dims = {}, bool keepdim = false);
/// Exact also where elements are 0.
Variable prod(const Variable& x, DimList dims = {}, bool keepdim = false);
/// Equal largest (smallest) elements share the gradient evenly.
Variable max(const Variable& x, DimList dims = {}, bool keepdim = false);
Variable min(const Variable& x, DimList dims = {}, bool keepdim = false);
Variable var(const Variable& x, DimList dims = {}, double correction = 1, bool keepdim = false);
/// The derivative is 0 where the deviation is.
Variable stddev(const Variable& x, DimList dims = {}, double correction = 1, bool keepdim = false);
/// The derivative is 0 where the norm is, and for p = 0; equal largest |x| share that of p =
/// infinity.
Variable norm(const Variable& x, DimList dims = {}, double p = 2, bool keepdim = false);
Variable logsumexp(const Variable& x, DimList dims = {}, bool keepdim = false);
Variable cumsum(const Variable& x, int dim, bool reverse = false);
Variable sum_to(const Variable& x, const Shape& shape);

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_OPS_REDUCE_H_

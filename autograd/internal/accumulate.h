// Sums of gradients that nobody differentiates, in place where nobody else sees it.
#ifndef TENON_AUTOGRAD_INTERNAL_ACCUMULATE_H_
#define TENON_AUTOGRAD_INTERNAL_ACCUMULATE_H_

#include "autograd/internal/variable_impl.h"
#include "autograd/variable.h"

namespace tenon::autograd {

/// sum += grad, of one shape. Writes into the elements of `sum` where they belong to it alone.
void add_into(Variable& sum, const Variable& grad);

/// relu_grad(grad, y), in place where nothing records it and the elements of `grad` are its own:
/// a gradient is often the largest tensor alive, and this saves a second one.
Variable relu_grad_of(Variable grad, const Variable& y);

/// Adds `grad` to the gradient of a leaf. The first one becomes it: as it is where it has elements
/// of its own in the leaf's memory order (optimizers walk both in step), else as a copy.
void store_grad(VariableImpl& leaf, Variable grad);

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_INTERNAL_ACCUMULATE_H_

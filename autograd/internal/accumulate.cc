#include "autograd/internal/accumulate.h"

#include <utility>

#include "autograd/internal/grad_mode.h"
#include "autograd/ops.h"
#include "tensor/backend.h"
#include "tensor/ops.h"

namespace tenon::autograd {
namespace {

/// Whether the elements are seen through this variable only, and each of them once.
bool owns_elements(const Variable& variable) {
  const Tensor& value = variable.value();
  if (variable.impl()->use_count() != 1 || value.storage()->use_count() != 1) return false;
  if (value.bytes() != value.storage()->bytes()) return false;
  for (int i = 0; i < value.ndim(); ++i) {
    if (value.strides()[i] == 0 && value.shape()[i] > 1) return false;
  }
  return true;
}

bool is_dense(const Tensor& x) {
  return x.is_contiguous() || x.is_contiguous(Layout::kChannelsLast);
}

}  // namespace

void add_into(Variable& sum, const Variable& grad) {
  const Tensor& to = sum.value();
  const bool alike =
      to.dtype() == grad.dtype() && to.device() == grad.device() && to.shape() == grad.shape();
  if (!alike || !owns_elements(sum)) {
    sum = tenon::add(to, grad.value());
    return;
  }
  backend(to.device()).binary(BinaryOp::kAdd, to, grad.value(), to);
  to.storage()->bump_version();
}

Variable relu_grad_of(Variable grad, const Variable& y) {
  const Tensor& to = grad.value();
  const bool alike = y.dtype() == to.dtype() && y.shape() == to.shape();
  if (recording_enabled || !alike || !is_dense(to) || !owns_elements(grad)) {
    return relu_grad(grad, y);
  }
  backend(to.device()).binary(BinaryOp::kReluGrad, to, y.value(), to);
  to.storage()->bump_version();
  return grad;
}

void store_grad(VariableImpl& leaf, Variable grad) {
  if (leaf.grad) {
    Variable sum(std::move(leaf.grad));
    add_into(sum, grad);
    leaf.grad = sum.impl();
  } else if (owns_elements(grad) && grad.value().strides() == leaf.value.strides()) {
    leaf.grad = grad.impl();
  } else {
    leaf.grad = Variable(empty_like(leaf.value).copy_(grad.value())).impl();
  }
}

}  // namespace tenon::autograd

// What a Variable points to.
#ifndef TENON_AUTOGRAD_INTERNAL_VARIABLE_IMPL_H_
#define TENON_AUTOGRAD_INTERNAL_VARIABLE_IMPL_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "autograd/internal/block_cache.h"
#include "autograd/internal/hooks.h"
#include "autograd/node.h"
#include "tensor/internal/intrusive_ptr.h"
#include "tensor/tensor.h"

namespace tenon::autograd {

class Pass;

struct VariableImpl : tenon::internal::RefCounted<VariableImpl>, Pooled {
  explicit VariableImpl(Tensor&& v) : value(std::move(v)) {}
  ~VariableImpl() {
    if (retains_grad) grad_fn->retain_grad(output, nullptr);
  }

  /// Changes when the value is written in place and when it is replaced.
  std::uint64_t stamp() const {
    return (std::uint64_t{generation} << 32) | value.storage()->version();
  }

  Tensor value;
  tenon::internal::IntrusivePtr<VariableImpl> grad;  // of a leaf, or where retains_grad
  tenon::internal::IntrusivePtr<Node> grad_fn;       // what computed it; null for a leaf
  tenon::internal::IntrusivePtr<VariableImpl> base;  // of a view (autograd/internal/views.h)
  std::unique_ptr<HookList> hooks;                   // of a leaf; a node keeps those of its outputs
  Pass* pass = nullptr;                              // the backward pass that has reached this leaf
  std::uint32_t slot = 0;                            // and where it keeps the gradient
  std::uint32_t output = 0;                          // which output of grad_fn this is
  std::uint32_t generation = 0;                      // times the value was replaced
  // Of a base: recorded writes to its elements. Of a view: how many of them its history knows.
  std::uint32_t rewrites = 0;
  bool requires_grad = false;
  bool retains_grad = false;  // a result that collects its gradient
  bool unlinked = false;  // a view that was made while nothing was recorded: of what is not known
};

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_INTERNAL_VARIABLE_IMPL_H_

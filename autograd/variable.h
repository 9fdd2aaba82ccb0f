// Differentiable programs over tensors: reverse mode, on a graph recorded while the program runs.
//
//   Variable w(randn({3, 2}), /*requires_grad=*/true);
//   Variable loss = sum(square(matmul(x, w)));
//   loss.backward();
//   Tensor dw = w.grad().value();
//
// A Variable is a cheap handle to a value and its place in the graph; copying it names the same
// variable. The differentiable operations are in autograd/ops.h.
#ifndef TENON_AUTOGRAD_VARIABLE_H_
#define TENON_AUTOGRAD_VARIABLE_H_

#include <functional>
#include <span>
#include <vector>

#include "tensor/tensor.h"

namespace tenon::autograd {

class Node;
class Variable;
struct VariableImpl;

/// Called with a gradient; returns its replacement, or an undefined Variable to keep it.
using GradHook = std::function<Variable(const Variable& grad)>;

class Variable {
 public:
  /// Undefined: no value.
  Variable();
  /// A leaf. Implicit, so that a tensor goes wherever a constant is wanted. Throws DTypeError where
  /// gradients are required of a dtype that is not floating.
  Variable(Tensor value, bool requires_grad = false);
  Variable(const Variable&);
  Variable(Variable&&) noexcept;
  Variable& operator=(const Variable&);
  Variable& operator=(Variable&&) noexcept;
  ~Variable();

  bool defined() const { return static_cast<bool>(impl_); }
  /// Undefined where the variable is.
  const Tensor& value() const;
  const Shape& shape() const { return value().shape(); }
  int ndim() const { return value().ndim(); }
  std::int64_t size(int dim) const { return value().size(dim); }
  std::int64_t numel() const { return value().numel(); }
  DType dtype() const { return value().dtype(); }
  Device device() const { return value().device(); }
  template <class T>
  T item() const {
    return value().item<T>();
  }

  bool requires_grad() const;
  /// Leaves only: throws AutogradError for a result of recorded operations.
  void set_requires_grad(bool requires_grad) const;
  /// Not computed from a variable that requires a gradient.
  bool is_leaf() const;

  /// The gradient that backward() has accumulated in this leaf; undefined where there is none.
  Variable grad() const;
  void set_grad(Variable grad) const;
  /// Forgets the gradient.
  void zero_grad() const;
  /// Puts another value in a leaf's place, in the same graph position (used when a state dict is
  /// loaded or a module moves to another device or dtype).
  void set_value(Tensor value) const;

  /// The same value outside the graph. Shares the elements.
  Variable detach() const;

  /// Lets backward() collect the gradient of this intermediate result in `grad()`, as it does for
  /// leaves (grad(outputs, inputs) does not). Nothing changes for a leaf. Throws AutogradError for
  /// a variable that requires no gradient.
  void retain_grad() const;
  bool retains_grad() const;

  // Writes into the elements in place. Under NoGrad, and where neither this nor the argument
  // requires a gradient, only the values change. Else the write is recorded, and this names its
  // result from then on. As in PyTorch, a leaf that requires a gradient may be written under NoGrad
  // only (AutogradError), and a value that was saved for backward before the write is an error when
  // backward needs it. A recorded write to a view is one to what it is a view of, and all other
  // views see it; AutogradError where the view was made under NoGrad (clone it first). The argument
  // broadcasts, and meets this in their result_type (tensor/ops/arithmetic.h); the result is
  // converted to this dtype, but neither from floating to integral nor to bool (DTypeError).

  const Variable& add_(const Variable& other) const;
  const Variable& sub_(const Variable& other) const;
  const Variable& mul_(const Variable& other) const;
  const Variable& div_(const Variable& other) const;
  const Variable& add_(double number) const;
  const Variable& mul_(double number) const;
  /// Any dtype.
  const Variable& copy_(const Variable& source) const;
  const Variable& fill_(double number) const;
  const Variable& zero_() const { return fill_(0); }
  /// number where mask (bool, broadcast) is true.
  const Variable& masked_fill_(const Tensor& mask, double number) const;

  /// Runs when the gradient of this variable is known, before it goes on. Returns an id.
  int register_hook(GradHook hook) const;
  void remove_hook(int id) const;

  struct BackwardOptions {
    bool retain_graph = false;  ///< keep what was saved, for another backward
    /// Record the backward pass, for higher derivatives, and retain. Gradients then hold on to the
    /// graph and the graph to its leaves: forget them (zero_grad) to free it, or use grad().
    bool create_graph = false;
  };
  /// Adds d this / d leaf to the gradient of every leaf that requires one. `grad` is the gradient
  /// of this (by default 1, for a single element). Throws AutogradError, ShapeError.
  void backward(const Variable& grad = {}) const;
  void backward(const Variable& grad, const BackwardOptions& options) const;

  /// Identity: whether both name the same variable.
  bool same_as(const Variable& other) const { return impl_.get() == other.impl_.get(); }

  // For the implementation of operations (autograd/node.h).
  explicit Variable(internal::IntrusivePtr<VariableImpl> impl);
  const internal::IntrusivePtr<VariableImpl>& impl() const { return impl_; }

 private:
  VariableImpl& checked(const char* op) const;

  internal::IntrusivePtr<VariableImpl> impl_;
};

struct GradOptions {
  bool retain_graph = false;
  bool create_graph = false;
  bool allow_unused = false;  ///< an input that no output depends on gives an undefined gradient
};
/// d (sum of outputs . grad_outputs) / d inputs, without touching any `.grad()`. Inputs may be
/// leaves or intermediate results. Throws AutogradError for an unused input.
std::vector<Variable> grad(std::span<const Variable> outputs, std::span<const Variable> inputs,
                           std::span<const Variable> grad_outputs = {},
                           const GradOptions& options = {});

/// Whether operations on this thread are being recorded.
bool grad_enabled();

/// While one lives, nothing is recorded on this thread (`NoGrad guard;`).
class NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool before_;
};

/// Runs `segment` without saving what backward needs, and runs it again when backward gets there
/// (Chen et al. 2016, "Training deep nets with sublinear memory cost", §3). `segment` must compute
/// the same both times; the random stream of default_generator() is rewound for the second. It may
/// use parameters that it holds. Nests, and may be differentiated twice.
Variable checkpoint(std::function<Variable(const Variable&)> segment, const Variable& input);

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_VARIABLE_H_

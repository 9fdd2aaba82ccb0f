#include "autograd/variable.h"

#include <string>
#include <utility>

#include "autograd/internal/engine.h"
#include "autograd/internal/variable_impl.h"
#include "autograd/internal/views.h"
#include "autograd/node.h"

namespace tenon::autograd {
namespace {

void check_can_require_grad(const Tensor& value) {
  if (is_floating(value.dtype())) return;
  throw DTypeError("[requires_grad] expected a floating dtype, got " +
                   std::string(name(value.dtype())) + " " + to_string(value.shape()));
}

/// `grad`, or one for a single element, as the gradient of `output` to start from.
Variable seed_for(const Variable& output, const Variable& grad, const char* op) {
  const auto prefix = "[" + std::string(op) + "] expected ";
  if (!output.defined()) throw AutogradError(prefix + "a defined variable");
  if (!output.requires_grad()) {
    throw AutogradError(prefix + "a variable computed from one that requires a gradient, got " +
                        to_string(output.shape()) + " that does not");
  }
  if (!grad.defined()) {
    if (output.numel() == 1) return ones_like(output.value());
    throw AutogradError(prefix + "one element, or a gradient to start from, for " +
                        to_string(output.shape()));
  }
  if (grad.shape() != output.shape()) {
    throw ShapeError(prefix + "a gradient of shape " + to_string(output.shape()) + ", got " +
                     to_string(grad.shape()));
  }
  if (grad.dtype() != output.dtype()) {
    throw DTypeError(prefix + "a gradient of dtype " + std::string(name(output.dtype())) +
                     ", got " + std::string(name(grad.dtype())));
  }
  return grad;
}

}  // namespace

Variable::Variable() = default;
Variable::Variable(const Variable&) = default;
Variable::Variable(Variable&&) noexcept = default;
Variable& Variable::operator=(const Variable&) = default;
Variable& Variable::operator=(Variable&&) noexcept = default;
Variable::~Variable() = default;

Variable::Variable(internal::IntrusivePtr<VariableImpl> impl) : impl_(std::move(impl)) {}

Variable::Variable(Tensor value, bool requires_grad) {
  if (!value.defined()) return;
  if (requires_grad) check_can_require_grad(value);
  impl_ = internal::IntrusivePtr<VariableImpl>(new VariableImpl(std::move(value)));
  impl_->requires_grad = requires_grad;
}

VariableImpl& Variable::checked(const char* op) const {
  if (!impl_) throw AutogradError("[" + std::string(op) + "] expected a defined variable");
  return up_to_date(*this);
}

const Tensor& Variable::value() const {
  static const Tensor undefined;
  return impl_ ? impl_->value : undefined;
}

bool Variable::requires_grad() const { return checked("requires_grad").requires_grad; }

void Variable::set_requires_grad(bool requires_grad) const {
  VariableImpl& impl = checked("set_requires_grad");
  if (impl.grad_fn) {
    throw AutogradError("[set_requires_grad] expected a leaf, got the result of [" +
                        std::string(impl.grad_fn->name()) + "] (detach it first)");
  }
  if (requires_grad) check_can_require_grad(impl.value);
  impl.requires_grad = requires_grad;
  if (requires_grad) impl.base = nullptr;  // a leaf has no history but its own
}

bool Variable::is_leaf() const { return !checked("is_leaf").grad_fn; }

Variable Variable::grad() const { return Variable(checked("grad").grad); }

void Variable::set_grad(Variable grad) const {
  VariableImpl& impl = checked("set_grad");
  if (grad.defined() && grad.shape() != impl.value.shape()) {
    throw ShapeError("[set_grad] expected a gradient of shape " + to_string(impl.value.shape()) +
                     ", got " + to_string(grad.shape()));
  }
  impl.grad = grad.impl();
}

void Variable::zero_grad() const { checked("zero_grad").grad = nullptr; }

void Variable::set_value(Tensor value) const {
  VariableImpl& impl = checked("set_value");
  if (impl.grad_fn) {
    throw AutogradError("[set_value] expected a leaf, got the result of [" +
                        std::string(impl.grad_fn->name()) + "]");
  }
  if (!value.defined()) throw AutogradError("[set_value] expected a defined tensor");
  if (impl.requires_grad) check_can_require_grad(value);
  impl.value = std::move(value);
  impl.base = nullptr;
  ++impl.generation;
}

Variable Variable::detach() const { return Variable(value()); }

void Variable::retain_grad() const {
  VariableImpl& impl = checked("retain_grad");
  if (!impl.requires_grad) {
    throw AutogradError("[retain_grad] expected a variable that requires a gradient, got " +
                        to_string(impl.value.shape()) + " that does not");
  }
  if (!impl.grad_fn || impl.retains_grad) return;
  impl.retains_grad = true;
  impl.grad_fn->retain_grad(impl.output, &impl);
}

bool Variable::retains_grad() const { return checked("retains_grad").retains_grad; }

int Variable::register_hook(GradHook hook) const {
  VariableImpl& impl = checked("register_hook");
  if (!impl.requires_grad) {
    throw AutogradError("[register_hook] expected a variable that requires a gradient, got " +
                        to_string(impl.value.shape()) + " that does not");
  }
  if (impl.grad_fn) return impl.grad_fn->add_hook(impl.output, std::move(hook));
  if (!impl.hooks) impl.hooks = std::make_unique<HookList>();
  return impl.hooks->add(0, std::move(hook));
}

void Variable::remove_hook(int id) const {
  VariableImpl& impl = checked("remove_hook");
  if (impl.grad_fn) return impl.grad_fn->remove_hook(id);
  if (impl.hooks) impl.hooks->remove(id);
}

void Variable::backward(const Variable& grad) const { backward(grad, {}); }

void Variable::backward(const Variable& grad, const BackwardOptions& options) const {
  Variable seed = seed_for(*this, grad, "backward");
  Pass pass(options.retain_graph, options.create_graph);
  pass.accumulate(edge_to(*this), std::move(seed));
  pass.run();
  pass.store();
}

namespace {

void check_grad_arguments(std::span<const Variable> outputs, std::span<const Variable> inputs,
                          std::span<const Variable> grad_outputs) {
  if (!grad_outputs.empty() && grad_outputs.size() != outputs.size()) {
    throw AutogradError("[grad] expected a gradient for each of " + std::to_string(outputs.size()) +
                        " outputs, got " + std::to_string(grad_outputs.size()));
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].defined() && inputs[i].requires_grad()) continue;
    throw AutogradError("[grad] expected inputs that require a gradient, input " +
                        std::to_string(i) + " does not");
  }
}

}  // namespace

std::vector<Variable> grad(std::span<const Variable> outputs, std::span<const Variable> inputs,
                           std::span<const Variable> grad_outputs, const GradOptions& options) {
  check_grad_arguments(outputs, inputs, grad_outputs);
  std::vector<Variable> seeds;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    seeds.push_back(
        seed_for(outputs[i], grad_outputs.empty() ? Variable() : grad_outputs[i], "grad"));
  }
  Pass pass(options.retain_graph, options.create_graph);
  pass.choose(outputs, inputs);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Edge edge = edge_to(outputs[i]);
    if (pass.wants(edge)) pass.accumulate(edge, std::move(seeds[i]));
  }
  pass.run();
  std::vector<Variable> grads = pass.take_chosen();
  for (std::size_t i = 0; i < grads.size(); ++i) {
    if (grads[i].defined() || options.allow_unused) continue;
    throw AutogradError(
        "[grad] expected outputs that depend on every input, none depends on input " +
        std::to_string(i) + " " + to_string(inputs[i].shape()) +
        " (allow_unused gives an undefined gradient instead)");
  }
  return grads;
}

}  // namespace tenon::autograd

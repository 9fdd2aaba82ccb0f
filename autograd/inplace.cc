// Writes into a variable's elements. A recorded one makes a node whose first input is what the
// variable was before, and the variable its output; of a view, the base then becomes a result, too.
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "autograd/ops.h"
#include "autograd/record.h"
#include "tensor/backend.h"

namespace tenon::autograd {
namespace {

std::string prefix(const char* op) { return "[" + std::string(op) + "] expected "; }

std::string describe(const Tensor& x) {
  return std::string(name(x.dtype())) + " " + to_string(x.shape());
}

void check_apart(const char* op, const Tensor& value) {
  for (int d = 0; d < value.ndim(); ++d) {
    if (value.strides()[d] != 0 || value.shape()[d] <= 1) continue;
    throw ShapeError(prefix(op) + "elements that lie apart in memory, got " + describe(value) +
                     " with stride 0 in dim " + std::to_string(d) + " (clone it first)");
  }
}

VariableImpl& writable(const char* op, const Variable& self) {
  if (!self.defined()) throw AutogradError(prefix(op) + "a defined variable");
  check_apart(op, self.value());
  return up_to_date(self);
}

/// Whether a write is to be recorded. Throws where it may not be.
bool recorded_write(const char* op, VariableImpl& self, bool argument_requires_grad) {
  if (!recording_enabled || !is_floating(self.value.dtype())) return false;
  if (!self.requires_grad && !argument_requires_grad) return false;
  if (self.base && self.base->value.storage() != self.value.storage()) self.base = nullptr;
  const VariableImpl& owner = self.base ? *self.base : self;
  if (owner.requires_grad && !owner.grad_fn) {
    throw AutogradError(prefix(op) + "a leaf that requires a gradient, " + describe(owner.value) +
                        ", to be written under NoGrad");
  }
  if (self.unlinked) {
    throw AutogradError(prefix(op) + "a view that was made while operations were recorded, " +
                        describe(self.value) + " was made under NoGrad (clone it first)");
  }
  check_apart(op, owner.value);
  return true;
}

/// The argument where it can be written over: what lies in the same memory is copied away first.
Variable apart(const Variable& argument, const VariableImpl& self) {
  return argument.value().storage() == self.value.storage() ? clone(argument) : argument;
}

void check_argument(const char* op, const Tensor& self, const Tensor& argument, bool divides) {
  if (!argument.defined()) {
    throw ValueError(prefix(op) + "other to be a tensor, got an undefined one");
  }
  if (broadcast_shapes(argument.shape(), self.shape(), op) != self.shape()) {
    throw ShapeError(prefix(op) + "an argument that broadcasts to " + to_string(self.shape()) +
                     ", got " + to_string(argument.shape()));
  }
  const DType result = result_type(self, argument);
  const bool loses_fraction = !is_floating(self.dtype()) && (divides || is_floating(result));
  const bool to_bool = self.dtype() == DType::kBool && result != DType::kBool;
  if (loses_fraction || to_bool) {
    throw DTypeError(prefix(op) + "a result that " + describe(self) + " can hold, got " +
                     (divides ? "a quotient" : std::string(name(result))));
  }
}

bool is_dense(const Tensor& x) {
  return x.is_contiguous() || x.is_contiguous(Layout::kChannelsLast);
}

/// self = self op argument, computed in the dtype that both meet in; in one pass where that is
/// self's and self is dense.
void write(BinaryOp op, const Tensor& self, const Tensor& argument) {
  const DType dtype = result_type(self, argument);
  const Tensor other = argument.to(self.device()).to(dtype).expand(self.shape());
  const bool in_one_pass = dtype == self.dtype() && is_dense(self);
  const Tensor out = in_one_pass ? self : empty_like(self, dtype);
  backend(self.device()).binary(op, self.to(dtype), other, out);
  if (in_one_pass) {
    self.storage()->bump_version();
  } else {
    self.copy_(out);
  }
}

/// What `self` is before the write, for the rule. Its value is a copy where the rule needs it.
Variable before_write(const Variable& self, bool needs_value) {
  const VariableImpl& impl = *self.impl();
  tenon::internal::IntrusivePtr<VariableImpl> before(
      new VariableImpl(needs_value ? impl.value.clone() : Tensor(impl.value)));
  before->grad_fn = impl.grad_fn;
  before->output = impl.output;
  before->requires_grad = impl.requires_grad;
  return Variable(std::move(before));
}

template <class Rule>
void adopt(const char* name, const Variable& self, const Variable& before, const Variable& argument,
           Rule rule) {
  tenon::internal::IntrusivePtr<Node> node(new RuleNode<Rule>(name, std::move(rule)));
  node->add_input(before);
  node->add_input(argument);
  VariableImpl& written = *self.impl();
  Node::adopt_output(std::move(node), written);
  if (written.base) {
    rebase(written);
  } else {
    ++written.rewrites;
  }
  if (detecting_anomaly) check_result(name, self.value(), std::array{argument});
}

/// make_rule(before, argument) gives the rule of a recorded write.
template <class MakeRule>
const Variable& write_arithmetic(const char* name, BinaryOp op, const Variable& self,
                                 const Variable& other, bool needs_before, MakeRule make_rule) {
  VariableImpl& impl = writable(name, self);
  check_argument(name, impl.value, other.value(), op == BinaryOp::kDiv);
  const bool recorded = recorded_write(name, impl, requires_grad(other));
  const Variable argument = apart(other, impl);
  if (!recorded) {
    write(op, impl.value, argument.value());
    return self;
  }
  const Variable before = before_write(self, needs_before && requires_grad(argument));
  auto rule = make_rule(before, argument);
  write(op, impl.value, argument.value());
  adopt(name, self, before, argument, std::move(rule));
  return self;
}

template <class Rule>
const Variable& write_number(const char* name, BinaryOp op, const Variable& self, double number,
                             Rule rule) {
  VariableImpl& impl = writable(name, self);
  const Tensor& value = impl.value;
  if (value.dtype() == DType::kBool) {
    throw DTypeError(prefix(name) + "a numeric dtype, got " + describe(value));
  }
  if (!is_floating(value.dtype()) && number != std::trunc(number)) {
    throw DTypeError(prefix(name) + "a whole number for " + describe(value) + ", got " +
                     std::to_string(number));
  }
  const bool recorded = recorded_write(name, impl, false);
  const Variable before = recorded ? before_write(self, false) : Variable();
  write(op, value, scalar(number, value.options()));
  if (recorded) adopt(name, self, before, {}, std::move(rule));
  return self;
}

}  // namespace

const Variable& Variable::add_(const Variable& other) const {
  return write_arithmetic("add_", BinaryOp::kAdd, *this, other, false,
                          [](const Variable&, const Variable&) {
                            return [](Gradients& g) {
                              g.set(0, g.output());
                              g.set_broadcast(1, g.output());
                            };
                          });
}

const Variable& Variable::sub_(const Variable& other) const {
  return write_arithmetic("sub_", BinaryOp::kSub, *this, other, false,
                          [](const Variable&, const Variable&) {
                            return [](Gradients& g) {
                              g.set(0, g.output());
                              if (g.needs(1)) g.set_broadcast(1, neg(g.output()));
                            };
                          });
}

const Variable& Variable::mul_(const Variable& other) const {
  return write_arithmetic(
      "mul_", BinaryOp::kMul, *this, other, true, [](const Variable& before, const Variable& by) {
        return [a = save_if(autograd::requires_grad(by), before),
                b = save_if(autograd::requires_grad(before), by)](Gradients& g) {
          if (g.needs(0)) g.set_broadcast(0, mul(g.output(), b.get(g)));
          if (g.needs(1)) g.set_broadcast(1, mul(g.output(), a.get(g)));
        };
      });
}

const Variable& Variable::div_(const Variable& other) const {
  return write_arithmetic(
      "div_", BinaryOp::kDiv, *this, other, true, [](const Variable& before, const Variable& by) {
        return [a = save_if(autograd::requires_grad(by), before), b = save(by)](Gradients& g) {
          const Variable over_b = div(g.output(), b.get(g));
          g.set_broadcast(0, over_b);
          if (g.needs(1)) g.set_broadcast(1, neg(mul(over_b, div(a.get(g), b.get(g)))));
        };
      });
}

const Variable& Variable::add_(double number) const {
  return write_number("add_", BinaryOp::kAdd, *this, number,
                      [](Gradients& g) { g.set(0, g.output()); });
}

const Variable& Variable::mul_(double number) const {
  return write_number("mul_", BinaryOp::kMul, *this, number,
                      [number](Gradients& g) { g.set(0, mul(g.output(), number)); });
}

const Variable& Variable::copy_(const Variable& source) const {
  VariableImpl& impl = writable("copy_", *this);
  if (!source.defined()) {
    throw ValueError("[copy_] expected source to be a tensor, got an undefined one");
  }
  const bool recorded = recorded_write("copy_", impl, autograd::requires_grad(source));
  const Variable argument = apart(source, impl);
  const Variable before = recorded ? before_write(*this, false) : Variable();
  impl.value.copy_(argument.value());
  if (recorded) {
    adopt("copy_", *this, before, argument, [](Gradients& g) {
      if (g.needs(0)) g.set(0, g.zeros(0));
      g.set_broadcast(1, g.output());
    });
  }
  return *this;
}

const Variable& Variable::fill_(double number) const {
  VariableImpl& impl = writable("fill_", *this);
  const bool recorded = recorded_write("fill_", impl, false);
  const Variable before = recorded ? before_write(*this, false) : Variable();
  impl.value.fill_(number);
  if (recorded) adopt("fill_", *this, before, {}, [](Gradients& g) { g.set(0, g.zeros(0)); });
  return *this;
}

const Variable& Variable::masked_fill_(const Tensor& mask, double number) const {
  VariableImpl& impl = writable("masked_fill_", *this);
  const Tensor filled = tenon::masked_fill(impl.value, mask, number);
  if (filled.shape() != impl.value.shape()) {
    throw ShapeError("[masked_fill_] expected a mask that broadcasts to " +
                     to_string(impl.value.shape()) + ", got " + to_string(mask.shape()));
  }
  const bool recorded = recorded_write("masked_fill_", impl, false);
  const Variable before = recorded ? before_write(*this, false) : Variable();
  impl.value.copy_(filled);
  if (recorded) {
    adopt("masked_fill_", *this, before, {}, [mask = save(mask)](Gradients& g) {
      g.set(0, masked_fill(g.output(), mask.get(g).value(), 0));
    });
  }
  return *this;
}

}  // namespace tenon::autograd

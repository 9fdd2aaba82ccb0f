#include <cmath>
#include <numbers>
#include <utility>

#include "autograd/autocast.h"
#include "autograd/ops.h"
#include "autograd/record.h"

namespace tenon::autograd {
namespace {

/// y = f(x), whose derivative `grad(grad_y, x)` is written with x.
template <class Grad>
Variable with_input(const char* name, Tensor y, const Variable& x, Grad grad) {
  if (!recording(x)) return y;
  return record(
      name, std::move(y),
      [x = save(x), grad](Gradients& g) { g.set(0, grad(g.output(), x.get(g))); }, x);
}

/// y = f(x), whose derivative `grad(grad_y, y)` is written with y.
template <class Grad>
Variable with_output(const char* name, Tensor y, const Variable& x, Grad grad) {
  if (!recording(x)) return y;
  const SavedVariable saved_y = save_output(y);
  return record(
      name, std::move(y),
      [y = saved_y, grad](Gradients& g) { g.set(0, grad(g.output(), y.get(g))); }, x);
}

/// As with_output, in one pass where the backward pass is not being recorded.
template <class Grad>
Variable with_kernel(const char* name, Tensor y, const Variable& x,
                     Tensor (*kernel)(const Tensor&, const Tensor&), Grad grad) {
  if (!recording(x)) return y;
  const SavedVariable saved_y = save_output(y);
  return record(
      name, std::move(y),
      [y = saved_y, kernel, grad](Gradients& g) {
        const Variable& result = y.get(g);
        if (g.create_graph()) return g.set(0, grad(g.output(), result));
        g.set(0, kernel(g.output().value(), result.value()));
      },
      x);
}

/// y = f(x) that is constant between jumps.
Variable in_steps(const char* name, Tensor y, const Variable& x) {
  if (!recording(x)) return y;
  return record(
      name, std::move(y), [](Gradients& g) { g.set(0, g.zeros(0)); }, x);
}

using V = const Variable&;

}  // namespace

Variable neg(const Variable& x) {
  Tensor y = tenon::neg(x.value());
  if (!recording(x)) return y;
  return record(
      "neg", std::move(y), [](Gradients& g) { g.set(0, neg(g.output())); }, x);
}

Variable abs(const Variable& x) {
  return with_input("abs", tenon::abs(x.value()), x,
                    [](V g, V x) { return mul(g, tenon::sign(x.value())); });
}

Variable square(const Variable& x) {
  return with_input("square", tenon::square(x.value()), x,
                    [](V g, V x) { return mul(g, mul(x, 2)); });
}

Variable sqrt(const Variable& x) {
  return with_output("sqrt", tenon::sqrt(x.value()), x,
                     [](V g, V y) { return div(mul(g, 0.5), y); });
}

Variable rsqrt(const Variable& x) {
  return with_output("rsqrt", tenon::rsqrt(x.value()), x,
                     [](V g, V y) { return mul(mul(g, -0.5), mul(square(y), y)); });
}

Variable reciprocal(const Variable& x) {
  return with_output("reciprocal", tenon::reciprocal(x.value()), x,
                     [](V g, V y) { return neg(mul(g, square(y))); });
}

Variable exp(const Variable& x) {
  if (autocasting()) {
    return autocast(
        autocast_precision("exp"), [&](const Variable& high) { return exp(high); }, x);
  }
  return with_output("exp", tenon::exp(x.value()), x, [](V g, V y) { return mul(g, y); });
}

Variable expm1(const Variable& x) {
  if (autocasting()) {
    return autocast(
        autocast_precision("expm1"), [&](const Variable& high) { return expm1(high); }, x);
  }
  return with_output("expm1", tenon::expm1(x.value()), x,
                     [](V g, V y) { return mul(g, add(y, 1)); });
}

Variable log(const Variable& x) {
  if (autocasting()) {
    return autocast(
        autocast_precision("log"), [&](const Variable& high) { return log(high); }, x);
  }
  return with_input("log", tenon::log(x.value()), x, [](V g, V x) { return div(g, x); });
}

Variable log1p(const Variable& x) {
  if (autocasting()) {
    return autocast(
        autocast_precision("log1p"), [&](const Variable& high) { return log1p(high); }, x);
  }
  return with_input("log1p", tenon::log1p(x.value()), x,
                    [](V g, V x) { return div(g, add(x, 1)); });
}

Variable sin(const Variable& x) {
  return with_input("sin", tenon::sin(x.value()), x, [](V g, V x) { return mul(g, cos(x)); });
}

Variable cos(const Variable& x) {
  return with_input("cos", tenon::cos(x.value()), x, [](V g, V x) { return neg(mul(g, sin(x))); });
}

Variable tan(const Variable& x) {
  return with_output("tan", tenon::tan(x.value()), x,
                     [](V g, V y) { return mul(g, add(square(y), 1)); });
}

Variable asin(const Variable& x) {
  return with_input("asin", tenon::asin(x.value()), x,
                    [](V g, V x) { return mul(g, rsqrt(sub(1, square(x)))); });
}

Variable acos(const Variable& x) {
  return with_input("acos", tenon::acos(x.value()), x,
                    [](V g, V x) { return neg(mul(g, rsqrt(sub(1, square(x))))); });
}

Variable atan(const Variable& x) {
  return with_input("atan", tenon::atan(x.value()), x,
                    [](V g, V x) { return div(g, add(square(x), 1)); });
}

Variable sinh(const Variable& x) {
  return with_input("sinh", tenon::sinh(x.value()), x, [](V g, V x) { return mul(g, cosh(x)); });
}

Variable cosh(const Variable& x) {
  return with_input("cosh", tenon::cosh(x.value()), x, [](V g, V x) { return mul(g, sinh(x)); });
}

Variable tanh(const Variable& x) {
  return with_kernel("tanh", tenon::tanh(x.value()), x, &tenon::tanh_grad,
                     [](V g, V y) { return mul(g, sub(1, square(y))); });
}

Variable erf(const Variable& x) {
  return with_input("erf", tenon::erf(x.value()), x, [](V g, V x) {
    return mul(g, mul(exp(neg(square(x))), 2 * std::numbers::inv_sqrtpi));
  });
}

Variable sigmoid(const Variable& x) {
  return with_kernel("sigmoid", tenon::sigmoid(x.value()), x, &tenon::sigmoid_grad,
                     [](V g, V y) { return mul(g, mul(y, sub(1, y))); });
}

Variable relu(const Variable& x) {
  return with_output("relu", tenon::relu(x.value()), x, [](V g, V y) { return relu_grad(g, y); });
}

Variable floor(const Variable& x) { return in_steps("floor", tenon::floor(x.value()), x); }
Variable ceil(const Variable& x) { return in_steps("ceil", tenon::ceil(x.value()), x); }
Variable round(const Variable& x) { return in_steps("round", tenon::round(x.value()), x); }
Variable trunc(const Variable& x) { return in_steps("trunc", tenon::trunc(x.value()), x); }

Variable frac(const Variable& x) {
  Tensor y = tenon::frac(x.value());
  if (!recording(x)) return y;
  return record(
      "frac", std::move(y), [](Gradients& g) { g.set(0, g.output()); }, x);
}

Variable relu_grad(const Variable& grad, const Variable& y) {
  Tensor value = tenon::relu_grad(grad.value(), y.value());
  if (!recording(grad)) return value;
  return record(
      "relu_grad", std::move(value),
      [y = save(y)](Gradients& g) { g.set(0, relu_grad(g.output(), y.get(g))); }, grad);
}

}  // namespace tenon::autograd

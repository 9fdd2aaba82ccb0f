#include <utility>

#include "autograd/autocast.h"
#include "autograd/ops.h"
#include "autograd/record.h"

namespace tenon::autograd {
namespace {

Variable number_like(const Variable& x, double value) {
  return tenon::scalar(value, {.dtype = x.dtype(), .device = x.device()});
}
Variable zero_like(const Variable& x) { return number_like(x, 0); }

/// The gradient of an argument that `loses` marks as not chosen; where equal, each gets half.
Variable choose_grad(const Variable& grad, const Tensor& loses, const Tensor& equal) {
  return where(loses, zero_like(grad), where(equal, mul(grad, 0.5), grad));
}

template <class Wins>
Variable extremum(const char* name, Tensor y, const Variable& a, const Variable& b, Wins loses) {
  if (!recording(a, b)) return y;
  return record(
      name, std::move(y),
      [a = save(a), b = save(b), loses](Gradients& g) {
        const Tensor& u = a.get(g).value();
        const Tensor& v = b.get(g).value();
        const Tensor equal = tenon::eq(u, v);
        if (g.needs(0)) g.set_broadcast(0, choose_grad(g.output(), loses(u, v), equal));
        if (g.needs(1)) g.set_broadcast(1, choose_grad(g.output(), loses(v, u), equal));
      },
      a, b);
}

/// a - n b, where `whole` gives n, a constant, from a and b.
template <class Whole>
Variable rest(const char* name, Tensor y, const Variable& a, const Variable& b, Whole whole) {
  if (!recording(a, b)) return y;
  return record(
      name, std::move(y),
      [a = save_if(requires_grad(b), a), b = save_if(requires_grad(b), b), whole](Gradients& g) {
        g.set_broadcast(0, g.output());
        if (g.needs(1)) {
          const Variable n = whole(a.get(g).value(), b.get(g).value());
          g.set_broadcast(1, neg(mul(g.output(), n)));
        }
      },
      a, b);
}

}  // namespace

Variable add(const Variable& a, const Variable& b) {
  Tensor y = tenon::add(a.value(), b.value());
  if (!recording(a, b)) return y;
  return record(
      "add", std::move(y),
      [](Gradients& g) {
        g.set_broadcast(0, g.output());
        g.set_broadcast(1, g.output());
      },
      a, b);
}

Variable sub(const Variable& a, const Variable& b) {
  Tensor y = tenon::sub(a.value(), b.value());
  if (!recording(a, b)) return y;
  return record(
      "sub", std::move(y),
      [](Gradients& g) {
        g.set_broadcast(0, g.output());
        if (g.needs(1)) g.set_broadcast(1, neg(g.output()));
      },
      a, b);
}

Variable mul(const Variable& a, const Variable& b) {
  Tensor y = tenon::mul(a.value(), b.value());
  if (!recording(a, b)) return y;
  return record(
      "mul", std::move(y),
      [a = save_if(requires_grad(b), a), b = save_if(requires_grad(a), b)](Gradients& g) {
        if (g.needs(0)) g.set_broadcast(0, mul(g.output(), b.get(g)));
        if (g.needs(1)) g.set_broadcast(1, mul(g.output(), a.get(g)));
      },
      a, b);
}

Variable div(const Variable& a, const Variable& b) {
  Tensor y = tenon::div(a.value(), b.value());
  if (!recording(a, b)) return y;
  const SavedVariable saved_y = requires_grad(b) ? save_output(y) : SavedVariable();
  return record(
      "div", std::move(y),
      [y = saved_y, b = save(b)](Gradients& g) {
        const Variable over_b = div(g.output(), b.get(g));
        g.set_broadcast(0, over_b);
        if (g.needs(1)) g.set_broadcast(1, neg(mul(over_b, y.get(g))));
      },
      a, b);
}

Variable pow(const Variable& a, const Variable& b) {
  if (autocasting()) {
    return autocast(
        autocast_precision("pow"),
        [](const Variable& high_a, const Variable& high_b) { return pow(high_a, high_b); }, a, b);
  }
  Tensor y = tenon::pow(a.value(), b.value());
  if (!recording(a, b)) return y;
  const SavedVariable saved_y = requires_grad(b) ? save_output(y) : SavedVariable();
  return record(
      "pow", std::move(y),
      [a = save(a), b = save(b), y = saved_y](Gradients& g) {
        // As forward computed, where one of them is wider than the other.
        const Variable u = to(a.get(g), g.output().dtype());
        const Variable v = to(b.get(g), g.output().dtype());
        const Variable zero = zero_like(g.output());
        if (g.needs(0)) {
          // x^0 is constant, also at 0, where the formula gives 0 * infinity.
          const Variable slope = mul(v, pow(u, sub(v, 1)));
          g.set_broadcast(0, where(tenon::eq(v.value(), 0), zero, mul(g.output(), slope)));
        }
        if (g.needs(1)) {
          // 0^b is 0 for every b > 0, where the formula gives 0 * -infinity.
          const Variable slope = mul(y.get(g), log(u));
          g.set_broadcast(1, where(tenon::eq(u.value(), 0), zero, mul(g.output(), slope)));
        }
      },
      a, b);
}

Variable maximum(const Variable& a, const Variable& b) {
  return extremum("maximum", tenon::maximum(a.value(), b.value()), a, b,
                  [](const Tensor& u, const Tensor& v) { return tenon::lt(u, v); });
}

Variable minimum(const Variable& a, const Variable& b) {
  return extremum("minimum", tenon::minimum(a.value(), b.value()), a, b,
                  [](const Tensor& u, const Tensor& v) { return tenon::gt(u, v); });
}

Variable atan2(const Variable& a, const Variable& b) {
  Tensor y = tenon::atan2(a.value(), b.value());
  if (!recording(a, b)) return y;
  return record(
      "atan2", std::move(y),
      [a = save(a), b = save(b)](Gradients& g) {
        // As forward computed: squares of integers wrap.
        const Variable u = to(a.get(g), g.output().dtype());
        const Variable v = to(b.get(g), g.output().dtype());
        const Variable squares = add(square(u), square(v));
        const Tensor origin = tenon::eq(squares.value(), 0);
        const Variable slope = div(g.output(), where(origin, number_like(squares, 1), squares));
        if (g.needs(0)) g.set_broadcast(0, mul(slope, v));
        if (g.needs(1)) g.set_broadcast(1, neg(mul(slope, u)));
      },
      a, b);
}

Variable fmod(const Variable& a, const Variable& b) {
  return rest("fmod", tenon::fmod(a.value(), b.value()), a, b,
              [](const Tensor& u, const Tensor& v) { return tenon::trunc(tenon::div(u, v)); });
}

Variable remainder(const Variable& a, const Variable& b) {
  return rest("remainder", tenon::remainder(a.value(), b.value()), a, b,
              [](const Tensor& u, const Tensor& v) { return tenon::floor_divide(u, v); });
}

Variable floor_divide(const Variable& a, const Variable& b) {
  Tensor y = tenon::floor_divide(a.value(), b.value());
  if (!recording(a, b)) return y;
  return record(
      "floor_divide", std::move(y),
      [](Gradients& g) {
        if (g.needs(0)) g.set(0, g.zeros(0));
        if (g.needs(1)) g.set(1, g.zeros(1));
      },
      a, b);
}

Variable fmod(const Variable& a, double b) {
  Tensor y = tenon::fmod(a.value(), b);
  if (!recording(a)) return y;
  return record(
      "fmod", std::move(y), [](Gradients& g) { g.set(0, g.output()); }, a);
}

Variable remainder(const Variable& a, double b) {
  Tensor y = tenon::remainder(a.value(), b);
  if (!recording(a)) return y;
  return record(
      "remainder", std::move(y), [](Gradients& g) { g.set(0, g.output()); }, a);
}

Variable floor_divide(const Variable& a, double b) {
  Tensor y = tenon::floor_divide(a.value(), b);
  if (!recording(a)) return y;
  return record(
      "floor_divide", std::move(y), [](Gradients& g) { g.set(0, g.zeros(0)); }, a);
}

Variable maximum(const Variable& a, double b) {
  return recording(a) ? maximum(a, number_like(a, b)) : Variable(tenon::maximum(a.value(), b));
}

Variable minimum(const Variable& a, double b) {
  return recording(a) ? minimum(a, number_like(a, b)) : Variable(tenon::minimum(a.value(), b));
}

Variable add(const Variable& a, double b) {
  Tensor y = tenon::add(a.value(), b);
  if (!recording(a)) return y;
  return record(
      "add", std::move(y), [](Gradients& g) { g.set(0, g.output()); }, a);
}

Variable sub(const Variable& a, double b) {
  Tensor y = tenon::sub(a.value(), b);
  if (!recording(a)) return y;
  return record(
      "sub", std::move(y), [](Gradients& g) { g.set(0, g.output()); }, a);
}

Variable sub(double a, const Variable& b) {
  Tensor y = tenon::sub(a, b.value());
  if (!recording(b)) return y;
  return record(
      "sub", std::move(y), [](Gradients& g) { g.set(0, neg(g.output())); }, b);
}

Variable mul(const Variable& a, double b) {
  Tensor y = tenon::mul(a.value(), b);
  if (!recording(a)) return y;
  return record(
      "mul", std::move(y), [b](Gradients& g) { g.set(0, mul(g.output(), b)); }, a);
}

Variable div(const Variable& a, double b) {
  Tensor y = tenon::div(a.value(), b);
  if (!recording(a)) return y;
  return record(
      "div", std::move(y), [b](Gradients& g) { g.set(0, div(g.output(), b)); }, a);
}

Variable div(double a, const Variable& b) {
  Tensor y = tenon::div(a, b.value());
  if (!recording(b)) return y;
  const SavedVariable saved_y = save_output(y);
  return record(
      "div", std::move(y),
      [y = saved_y, b = save(b)](Gradients& g) {
        g.set(0, neg(mul(g.output(), div(y.get(g), b.get(g)))));
      },
      b);
}

Variable pow(const Variable& a, double b) {
  if (autocasting()) {
    return autocast(
        autocast_precision("pow"), [b](const Variable& high) { return pow(high, b); }, a);
  }
  Tensor y = tenon::pow(a.value(), b);
  if (!recording(a)) return y;
  return record(
      "pow", std::move(y),
      [a = save(a), b](Gradients& g) {
        if (b == 0) return g.set(0, g.zeros(0));
        g.set(0, mul(g.output(), mul(pow(a.get(g), b - 1), b)));
      },
      a);
}

Variable where(const Tensor& condition, const Variable& a, const Variable& b) {
  Tensor y = tenon::where(condition, a.value(), b.value());
  if (!recording(a, b)) return y;
  return record(
      "where", std::move(y),
      [condition = save(condition)](Gradients& g) {
        const Tensor& chosen = condition.get(g).value();
        const Variable zero = zero_like(g.output());
        if (g.needs(0)) g.set_broadcast(0, where(chosen, g.output(), zero));
        if (g.needs(1)) g.set_broadcast(1, where(chosen, zero, g.output()));
      },
      a, b);
}

}  // namespace tenon::autograd

#include <utility>

#include "autograd/autocast.h"
#include "autograd/ops.h"
#include "autograd/record.h"

namespace tenon::autograd {
namespace {

Variable sum_along(const Variable& x, int dim) { return sum(x, {dim}, /*keepdim=*/true); }

/// J^T v of y = softmax(x) along `dim`: y (v - <v, y>).
Variable softmax_grad(const Variable& v, const Variable& y, int dim) {
  const Variable vy = mul(v, y);
  return sub(vy, mul(y, sum_along(vy, dim)));
}

/// The fused derivative of the loss for grad [] or [N]: per row grad (p sum(target) - target), with
/// p = softmax(logits). Its own derivatives for u [N,C]: <p sum(target) - target, u> towards grad,
/// softmax's for grad sum(target) u towards the logits.
Variable fused_grad(const Variable& grad, const Variable& logits, const Tensor& labels,
                    const CrossEntropyParams& params) {
  Tensor y = tenon::cross_entropy_grad(grad.value(), logits.value(), labels, params);
  if (!recording(grad, logits)) return y;
  return record(
      "cross_entropy_grad", std::move(y),
      [params, grad = save(grad), logits = save(logits), labels = save(labels)](Gradients& g) {
        const Variable& x = logits.get(g);
        const Variable p = softmax(x, 1), &u = g.output();
        const Tensor target = tenon::cross_entropy_target(x.value(), labels.get(g).value(), params);
        const Tensor total = tenon::sum(target, {1}, /*keepdim=*/true);
        if (g.needs(0)) g.set_broadcast(0, sum(mul(sub(mul(p, total), target), u), {1}));
        if (g.needs(1)) {
          const Variable& upstream = grad.get(g);
          const Variable per_row = upstream.ndim() == 1 ? unsqueeze(upstream, 1) : upstream;
          g.set(1, softmax_grad(mul(mul(u, total), per_row), p, 1));
        }
      },
      grad, logits);
}

}  // namespace

Variable softmax(const Variable& x, int dim) {
  if (autocasting()) {
    return autocast(
        autocast_precision("softmax"), [&](const Variable& high) { return softmax(high, dim); }, x);
  }
  Tensor y = tenon::softmax(x.value(), dim);
  if (!recording(x)) return y;
  const SavedVariable saved_y = save_output(y);
  return record(
      "softmax", std::move(y),
      [dim, y = saved_y](Gradients& g) { g.set(0, softmax_grad(g.output(), y.get(g), dim)); }, x);
}

Variable log_softmax(const Variable& x, int dim) {
  if (autocasting()) {
    return autocast(
        autocast_precision("log_softmax"),
        [&](const Variable& high) { return log_softmax(high, dim); }, x);
  }
  Tensor y = tenon::log_softmax(x.value(), dim);
  if (!recording(x)) return y;
  const SavedVariable saved_y = save_output(y);
  return record(
      "log_softmax", std::move(y),
      [dim, y = saved_y](Gradients& g) {
        g.set(0, sub(g.output(), mul(exp(y.get(g)), sum_along(g.output(), dim))));
      },
      x);
}

Variable cross_entropy(const Variable& logits, const Tensor& labels,
                       const CrossEntropyParams& params) {
  if (autocasting()) {
    return autocast(
        autocast_precision("cross_entropy"),
        [&](const Variable& high) { return cross_entropy(high, labels, params); }, logits);
  }
  Tensor y = tenon::cross_entropy(logits.value(), labels, params);
  if (!recording(logits)) return y;
  return record(
      "cross_entropy", std::move(y),
      [params, logits = save(logits), labels = save(labels)](Gradients& g) {
        g.set(0, fused_grad(g.output(), logits.get(g), labels.get(g).value(), params));
      },
      logits);
}

}  // namespace tenon::autograd

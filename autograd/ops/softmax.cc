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

/// What each row's share of the loss was multiplied by.
double row_scale(const Variable& logits, Reduction reduction) {
  return reduction == Reduction::kMean ? 1.0 / static_cast<double>(logits.size(0)) : 1.0;
}

/// grad [] or [N], logits [N,C] -> (softmax(logits) - onehot(labels)) grad, fused. Its derivatives
/// for u [N,C]: <p - onehot, u> per row towards grad, softmax's own for grad u towards the logits.
Variable fused_grad(const Variable& grad, const Variable& logits, const Tensor& labels,
                    Reduction reduction) {
  Tensor y = tenon::cross_entropy_grad(grad.value(), logits.value(), labels, reduction);
  if (!recording(grad, logits)) return y;
  return record(
      "cross_entropy_grad", std::move(y),
      [reduction, grad = save(grad), logits = save(logits), labels = save(labels)](Gradients& g) {
        const Variable& x = logits.get(g);
        const Variable p = softmax(x, 1);
        const Variable u = mul(g.output(), row_scale(x, reduction));
        if (g.needs(0)) {
          const Tensor target = tenon::one_hot(labels.get(g).value(), x.size(1), x.dtype());
          g.set_broadcast(0, sum(mul(sub(p, target), u), {1}));
        }
        if (g.needs(1)) {
          const Variable& upstream = grad.get(g);
          const Variable per_row = upstream.ndim() == 1 ? unsqueeze(upstream, 1) : upstream;
          g.set(1, softmax_grad(mul(u, per_row), p, 1));
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

Variable cross_entropy(const Variable& logits, const Tensor& labels, Reduction reduction) {
  if (autocasting()) {
    return autocast(
        autocast_precision("cross_entropy"),
        [&](const Variable& high) { return cross_entropy(high, labels, reduction); }, logits);
  }
  Tensor y = tenon::cross_entropy(logits.value(), labels, reduction);
  if (!recording(logits)) return y;
  return record(
      "cross_entropy", std::move(y),
      [reduction, logits = save(logits), labels = save(labels)](Gradients& g) {
        g.set(0, fused_grad(g.output(), logits.get(g), labels.get(g).value(), reduction));
      },
      logits);
}

}  // namespace tenon::autograd

#include <utility>

#include "autograd/autocast.h"
#include "autograd/internal/accumulate.h"
#include "autograd/ops.h"
#include "autograd/record.h"

namespace tenon::autograd {
namespace {

/// [..,C] -> [rows,C].
Variable as_rows(const Variable& x) {
  const Shape& shape = x.shape();
  std::int64_t rows = 1;
  for (int i = 0; i + 1 < shape.size(); ++i) rows *= shape[i];
  return reshape(x, {rows, shape.back()});
}

/// The matrix that a 1-d argument of matmul stands for: a row on the left, a column on the right.
Variable as_row(const Variable& x) { return x.ndim() == 1 ? unsqueeze(x, 0) : x; }
Variable as_column(const Variable& x) { return x.ndim() == 1 ? unsqueeze(x, 1) : x; }

/// Sums a gradient [..,M,N] down to an argument's shape, of which one of M and N is missing where
/// the argument is 1-d.
Variable to_argument(const Variable& grad, const Shape& shape) {
  if (shape.size() > 1) return sum_to(grad, shape);
  return reshape(sum_to(grad, {grad.size(-2), grad.size(-1)}), shape);
}

/// a [..,M,K], grad [..,M,N] -> gradient of b: [K,N], or with leading dimensions where b has them.
Variable grad_of_right(const Variable& a, const Variable& grad, int b_ndim) {
  // One product over all rows instead of a product per leading index and a sum.
  if (b_ndim <= 2) return matmul(transpose(as_rows(a), 0, 1), as_rows(grad));
  return matmul(transpose(a, -2, -1), grad);
}

}  // namespace

Variable matmul(const Variable& a, const Variable& b) {
  if (autocasting()) {
    return autocast(
        autocast_precision("matmul"),
        [](const Variable& low_a, const Variable& low_b) { return matmul(low_a, low_b); }, a, b);
  }
  Tensor y = tenon::matmul(a.value(), b.value());
  if (!recording(a, b)) return y;
  return record(
      "matmul", std::move(y),
      [row = a.ndim() == 1, column = b.ndim() == 1, a = save_if(requires_grad(b), a),
       b = save_if(requires_grad(a), b)](Gradients& g) {
        Variable grad = column ? unsqueeze(g.output(), -1) : g.output();
        if (row) grad = unsqueeze(grad, -2);
        if (g.needs(0)) {
          const Variable by_columns = transpose(as_column(b.get(g)), -2, -1);
          g.set_broadcast(0, to_argument(matmul(grad, by_columns), g.shape(0)));
        }
        if (g.needs(1)) {
          const Variable product = grad_of_right(as_row(a.get(g)), grad, g.shape(1).size());
          g.set_broadcast(1, to_argument(product, g.shape(1)));
        }
      },
      a, b);
}

Variable linear(const Variable& x, const Variable& weight, const Variable& bias,
                Activation activation) {
  if (autocasting()) {
    return autocast(
        autocast_precision("linear"),
        [=](const Variable& low_x, const Variable& low_weight, const Variable& low_bias) {
          return linear(low_x, low_weight, low_bias, activation);
        },
        x, weight, bias);
  }
  Tensor y = tenon::linear(x.value(), weight.value(), bias.value(), activation);
  if (!recording(x, weight, bias)) return y;
  const bool relu = activation == Activation::kRelu;
  const SavedVariable saved_y = relu ? save_output(y) : SavedVariable();
  return record(
      "linear", std::move(y),
      [relu, y = saved_y, x = save_if(requires_grad(weight), x),
       weight = save_if(requires_grad(x), weight)](Gradients& g) {
        const Variable grad = relu ? relu_grad_of(g.take_output(), y.get(g)) : g.output();
        if (g.needs(0)) g.set(0, matmul(grad, weight.get(g)));
        if (!g.needs(1) && !g.needs(2)) return;
        const Variable rows = as_rows(grad);
        if (g.needs(1)) g.set(1, matmul(transpose(rows, 0, 1), as_rows(x.get(g))));
        if (g.needs(2)) g.set(2, sum(rows, {0}));
      },
      x, weight, bias);
}

Variable addmm(const Variable& input, const Variable& a, const Variable& b, double beta,
               double alpha) {
  if (autocasting()) {
    return autocast(
        autocast_precision("addmm"),
        [=](const Variable& low_input, const Variable& low_a, const Variable& low_b) {
          return addmm(low_input, low_a, low_b, beta, alpha);
        },
        input, a, b);
  }
  Tensor y = tenon::addmm(input.value(), a.value(), b.value(), beta, alpha);
  if (!recording(input, a, b)) return y;
  return record(
      "addmm", std::move(y),
      [=, a = save_if(requires_grad(b), a), b = save_if(requires_grad(a), b)](Gradients& g) {
        if (g.needs(0)) g.set_broadcast(0, mul(g.output(), beta));
        if (!g.needs(1) && !g.needs(2)) return;
        const Variable grad = alpha == 1 ? g.output() : mul(g.output(), alpha);
        if (g.needs(1)) g.set(1, matmul(grad, transpose(b.get(g), 0, 1)));
        if (g.needs(2)) g.set(2, matmul(transpose(a.get(g), 0, 1), grad));
      },
      input, a, b);
}

Variable outer(const Variable& a, const Variable& b) {
  Tensor y = tenon::outer(a.value(), b.value());
  if (!recording(a, b)) return y;
  return mul(unsqueeze(a, 1), b);
}

}  // namespace tenon::autograd

#include <utility>

#include "autograd/autocast.h"
#include "autograd/ops.h"
#include "autograd/record.h"

namespace tenon::autograd {
namespace {

Variable adjoint(const Variable& x) { return transpose(x, -2, -1); }
Variable as_row(const Variable& x) { return unsqueeze(x, -2); }
Variable as_column(const Variable& x) { return unsqueeze(x, -1); }

Variable identity(std::int64_t n, const Variable& like) { return eye(n, like.value().options()); }

/// x[k] - x[j] at [j,k], and 1 on the diagonal.
Variable differences(const Variable& x) {
  return as_row(x) - as_column(x) + identity(x.size(-1), x);
}

/// The sum of the terms that exist.
void add_to(Variable& sum, const Variable& term) { sum = sum.defined() ? add(sum, term) : term; }

/// (P - P^T) / E for P = A^T grad_A: how the vectors turn.
Variable turn(const Variable& product, const Variable& gaps) {
  return div(sub(product, adjoint(product)), gaps);
}

/// Gradient of A = U diag(S) Vh, with I - U U^T and I - V V^T for what a thin factor leaves out.
Variable svd_grad(const Variable& gu, const Variable& gs, const Variable& gvh, const Variable& u,
                  const Variable& s, const Variable& vh) {
  Variable inner, grad;
  if (gs.defined()) inner = mul(as_row(gs), identity(s.size(-1), s));
  const Variable gaps = gu.defined() || gvh.defined() ? differences(square(s)) : Variable();
  if (gu.defined()) {
    const Variable product = matmul(adjoint(u), gu);
    add_to(inner, mul(turn(product, gaps), as_row(s)));
    if (u.size(-2) > u.size(-1)) {
      grad = matmul(div(sub(gu, matmul(u, product)), as_row(s)), vh);
    }
  }
  if (gvh.defined()) {
    const Variable product = matmul(vh, adjoint(gvh));
    add_to(inner, mul(as_column(s), turn(product, gaps)));
    if (vh.size(-1) > vh.size(-2)) {
      const Variable outside = sub(gvh, matmul(adjoint(product), vh));
      add_to(grad, matmul(u, div(outside, as_column(s))));
    }
  }
  add_to(grad, matmul(u, matmul(inner, vh)));
  return grad;
}

}  // namespace

std::tuple<Variable, Variable, Variable> svd(const Variable& x) {
  if (autocasting()) {
    return autocast(
        autocast_precision("svd"), [](const Variable& high) { return svd(high); }, x);
  }
  auto [u, s, vh] = tenon::svd(x.value());
  if (!recording(x)) return {u, s, vh};
  auto rule = [u = save_output(u, 0), s = save_output(s, 1),
               vh = save_output(vh, 2)](Gradients& g) {
    g.set(0, svd_grad(g.output(0), g.output(1), g.output(2), u.get(g), s.get(g), vh.get(g)));
  };
  auto results = record_all("svd", {u, s, vh}, std::move(rule), {&x, 1});
  return {results[0], results[1], results[2]};
}

std::tuple<Variable, Variable> eigh(const Variable& x) {
  if (autocasting()) {
    return autocast(
        autocast_precision("eigh"), [](const Variable& high) { return eigh(high); }, x);
  }
  auto [values, vectors] = tenon::eigh(x.value());
  if (!recording(x)) return {values, vectors};
  auto rule = [values = save_output(values, 0), vectors = save_output(vectors, 1)](Gradients& g) {
    const Variable& v = vectors.get(g);
    const Variable one = identity(v.size(-1), v);
    Variable inner;
    if (g.output(0).defined()) inner = mul(as_row(g.output(0)), one);
    if (g.output(1).defined()) {
      const Variable product = matmul(adjoint(v), g.output(1));
      add_to(inner, mul(div(product, differences(values.get(g))), sub(1, one)));
    }
    g.set(0, matmul(v, matmul(inner, adjoint(v))));
  };
  auto results = record_all("eigh", {values, vectors}, std::move(rule), {&x, 1});
  return {results[0], results[1]};
}

}  // namespace tenon::autograd

#include "tensor/backend.h"
#include "tensor/internal/check.h"
#include "tensor/ops.h"

namespace tenon {
namespace {

using internal::describe;

[[noreturn]] void throw_inner_mismatch(const char* op, const Tensor& a, const Tensor& b) {
  throw ShapeError("[" + std::string(op) + "] expected b with " + std::to_string(a.size(-1)) +
                   " rows (a " + describe(a) + "), got b " + describe(b));
}

/// The last two dimensions under one batch dimension. `lead` is the batch shape to broadcast to.
Tensor as_batch(const Tensor& x, const Shape& lead) {
  Shape shape = lead;
  shape.push_back(x.size(-2));
  shape.push_back(x.size(-1));
  return x.expand(shape).reshape({numel(lead), x.size(-2), x.size(-1)});
}

Shape leading(const Tensor& x) {
  return Shape(std::span<const std::int64_t>(x.shape()).first(x.ndim() - 2));
}

/// Both at least 2-d.
Tensor matmul_matrices(const Tensor& a, const Tensor& b) {
  if (a.size(-1) != b.size(-2)) throw_inner_mismatch("matmul", a, b);
  // Leading dimensions of `a` fold into its rows where `b` is one matrix: one product, not many.
  if (b.ndim() == 2 && a.ndim() > 2 && a.is_contiguous()) {
    Shape shape = a.shape();
    shape[a.ndim() - 1] = b.size(-1);
    const std::int64_t rows =
        a.size(-1) == 0 ? numel(leading(a)) * a.size(-2) : a.numel() / a.size(-1);
    return matmul_matrices(a.reshape({rows, a.size(-1)}), b).reshape(shape);
  }
  const Shape lead = broadcast_shapes(leading(a), leading(b), "matmul");
  Shape shape = lead;
  shape.push_back(a.size(-2));
  shape.push_back(b.size(-1));
  Tensor out = empty(shape, a.options());
  const Tensor batch_out = out.reshape({numel(lead), a.size(-2), b.size(-1)});
  backend(a.device()).matmul({.a = as_batch(a, lead), .b = as_batch(b, lead)}, batch_out);
  return out;
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b) {
  internal::check_floating("matmul", "a", a);
  internal::check_match("matmul", "a", a, "b", b);
  if (a.ndim() == 0 || b.ndim() == 0) {
    throw ShapeError("[matmul] expected arguments with at least 1 dimension, got a " + describe(a) +
                     ", b " + describe(b));
  }
  const Tensor left = a.ndim() == 1 ? a.unsqueeze(0) : a;
  const Tensor right = b.ndim() == 1 ? b.unsqueeze(1) : b;
  Tensor out = matmul_matrices(left, right);
  if (b.ndim() == 1) out = out.squeeze(-1);
  if (a.ndim() == 1) out = out.squeeze(b.ndim() == 1 ? -1 : -2);
  return out;
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation,
              Tensor* inner, Tensor* relu_mask) {
  internal::check_floating("linear", "x", x);
  internal::check_match("linear", "x", x, "weight", weight);
  internal::check_ndim("linear", "weight", weight, 2);
  const std::int64_t outputs = weight.size(0);
  if (x.ndim() == 0 || x.size(-1) != weight.size(1)) {
    throw ShapeError("[linear] expected x with " + std::to_string(weight.size(1)) +
                     " features (weight " + to_string(weight.shape()) + "), got x " + describe(x));
  }
  if (bias.defined()) {
    internal::check_match("linear", "x", x, "bias", bias);
    internal::check_shape("linear", "bias", bias, {outputs});
  }
  Shape shape = x.shape();
  shape[x.ndim() - 1] = outputs;
  const std::int64_t rows = numel(shape) == 0 ? 0 : numel(shape) / outputs;
  Tensor out = empty(shape, x.options());
  if (inner) *inner = empty(shape, x.options());
  if (relu_mask) *relu_mask = {};
  if (out.numel() == 0) return out;
  const Tensor flat = x.ndim() == 2 ? x.unsqueeze(0) : x.reshape({1, rows, x.size(-1)});
  const Tensor before = inner ? inner->reshape({1, rows, outputs}) : Tensor();
  backend(x.device())
      .matmul({.a = flat,
               .b = weight.t().unsqueeze(0),
               .bias = bias.defined() ? &bias : nullptr,
               .activation = activation,
               .inner = inner ? &before : nullptr,
               .relu_mask = relu_mask},
              out.reshape({1, rows, outputs}));
  return out;
}

Tensor linear_inner_grad(const Tensor& grad, const Tensor& weight, Activation activation,
                         const Tensor& inner, const Tensor& relu_mask) {
  constexpr const char* kOp = "linear_inner_grad";
  internal::check_floating(kOp, "grad", grad);
  internal::check_match(kOp, "grad", grad, "weight", weight);
  internal::check_match(kOp, "grad", grad, "inner", inner);
  internal::check_ndim(kOp, "weight", weight, 2);
  if (grad.ndim() == 0 || grad.size(-1) != weight.size(0)) {
    throw ShapeError("[linear_inner_grad] expected grad with " + std::to_string(weight.size(0)) +
                     " features (weight " + to_string(weight.shape()) + "), got grad " +
                     describe(grad));
  }
  Shape shape = grad.shape();
  shape[grad.ndim() - 1] = weight.size(1);
  internal::check_shape(kOp, "inner", inner, shape);
  Tensor out = empty(shape, grad.options());
  if (out.numel() == 0) return out;
  const std::int64_t rows = out.numel() / weight.size(1);
  Tensor mask = relu_mask;
  const Tensor at = inner.contiguous().reshape({1, rows, weight.size(1)});
  backend(grad.device())
      .matmul({.a = grad.reshape({1, rows, weight.size(0)}),
               .b = weight.unsqueeze(0),
               .activation = activation,
               .slope_at = &at,
               .relu_mask = &mask},
              out.reshape({1, rows, weight.size(1)}));
  return out;
}

std::pair<Tensor, Tensor> linear_parameter_grads(const Tensor& grad, const Tensor& x) {
  constexpr const char* kOp = "linear_parameter_grads";
  internal::check_floating(kOp, "grad", grad);
  internal::check_match(kOp, "grad", grad, "x", x);
  internal::check_ndim(kOp, "grad", grad, 2);
  internal::check_ndim(kOp, "x", x, 2);
  if (grad.size(0) != x.size(0)) {
    throw ShapeError("[linear_parameter_grads] expected x with " + std::to_string(grad.size(0)) +
                     " rows (grad " + describe(grad) + "), got x " + describe(x));
  }
  const Tensor weight_grad = empty({grad.size(1), x.size(1)}, grad.options());
  const Tensor bias_grad = empty({grad.size(1)}, grad.options());
  backend(grad.device())
      .matmul({.a = grad.t().unsqueeze(0), .b = x.unsqueeze(0), .row_sums = &bias_grad},
              weight_grad.unsqueeze(0));
  return {weight_grad, bias_grad};
}

Tensor addmm(const Tensor& input, const Tensor& a, const Tensor& b, double beta, double alpha) {
  internal::check_floating("addmm", "input", input);
  internal::check_match("addmm", "input", input, "a", a);
  internal::check_match("addmm", "input", input, "b", b);
  internal::check_ndim("addmm", "a", a, 2);
  internal::check_ndim("addmm", "b", b, 2);
  if (a.size(1) != b.size(0)) throw_inner_mismatch("addmm", a, b);
  const Shape shape{a.size(0), b.size(1)};
  if (broadcast_shapes(input.shape(), shape, "addmm") != shape) {
    throw ShapeError("[addmm] expected input that broadcasts to " + to_string(shape) + ", got " +
                     describe(input));
  }
  Tensor product = matmul(a, b);
  if (alpha != 1) product = mul(product, alpha);
  if (beta == 0) return product;  // not even a NaN of the input gets through, as in BLAS
  return add(beta == 1 ? input : mul(input, beta), product);
}

Tensor outer(const Tensor& a, const Tensor& b) {
  internal::check_ndim("outer", "a", a, 1);
  internal::check_ndim("outer", "b", b, 1);
  internal::check_same_device("outer", a, b);
  return mul(a.unsqueeze(1), b);
}

}  // namespace tenon

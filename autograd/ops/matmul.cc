#include <array>
#include <optional>
#include <utility>

#include "autograd/autocast.h"
#include "autograd/internal/accumulate.h"
#include "autograd/internal/activation_slope.h"
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

/// What linear saves for its derivative, and that.
struct LinearRule {
  Activation activation;
  SavedVariable result;  // of kRelu: output 0; of the GELUs: x W^T + bias, output 1
  SavedVariable x, weight;

  void operator()(Gradients& g) const {
    const Variable grad = before_activation(g);
    if (g.needs(0)) set_input(g, grad);
    if (!g.needs(1) && !g.needs(2)) return;
    const Variable rows = as_rows(grad);
    if (g.needs(1) && g.needs(2) && !g.create_graph()) {
      auto [of_weight, of_bias] =
          tenon::linear_parameter_grads(rows.value(), as_rows(x.get(g)).value());
      g.set(1, std::move(of_weight));
      return g.set(2, std::move(of_bias));
    }
    if (g.needs(1)) g.set(1, matmul(transpose(rows, 0, 1), as_rows(x.get(g))));
    if (g.needs(2)) g.set(2, sum(rows, {0}));
  }

 private:
  /// The gradient of x W^T + bias.
  Variable before_activation(Gradients& g) const {
    switch (activation) {
      case Activation::kNone:
        return g.output();
      case Activation::kRelu:
        return of_relu(g);
      case Activation::kGelu:
        return of_gelu(g, {ActivationFunction::kGelu}, gelu_slope);
      case Activation::kGeluTanh:
        break;
    }
    return of_gelu(g, {ActivationFunction::kGeluTanh}, gelu_tanh_slope);
  }

  // That of the result, and what later operations had for this side of the activation.
  Variable of_relu(Gradients& g) const {
    const Variable inner = g.num_outputs() > 1 ? g.output(1) : Variable();
    if (!g.output(0).defined()) return inner;
    const Variable grad = relu_grad_of(g.take_output(), result.get(g));
    return inner.defined() ? add(grad, inner) : grad;
  }
  Variable of_gelu(const Gradients& g, const ActivationArgs& args,
                   Variable (*slope)(const Variable&)) const {
    const Variable& outer = g.output(0);
    if (!outer.defined()) return g.output(1);
    const Variable& inner = result.get(g);
    const Variable grad =
        g.create_graph() ? mul(outer, slope(inner))
                         : Variable(tenon::activation_grad(args, outer.value(), inner.value()));
    return g.output(1).defined() ? add(grad, g.output(1)) : grad;
  }

  void set_input(Gradients& g, const Variable& grad) const {
    if (const auto before = g.activated(0)) {
      return g.set_inner(
          0, tenon::linear_inner_grad(grad.value(), weight.get(g).value(), before->activation,
                                      before->inner, before->relu_mask));
    }
    g.set(0, matmul(grad, weight.get(g)));
  }
};

/// linear with a GELU, or with a ReLU of which there is a mask.
class ActivatedLinear final : public Node {
 public:
  ActivatedLinear(LinearRule rule, Activated activated)
      : Node("linear"), rule_(std::move(rule)), activated_(std::move(activated)) {}

 private:
  void differentiate(Gradients& gradients) override { (*rule_)(gradients); }
  void drop_saved() override {
    rule_.reset();
    activated_ = {};
  }
  std::optional<Activated> activated() const override {
    // The rule says what is wrong where ReLU's result was overwritten.
    if (!rule_ || !rule_->result.is_current()) return {};
    return activated_;
  }

  std::optional<LinearRule> rule_;
  Activated activated_;
};

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
  const bool recorded = recording(x, weight, bias);
  const bool gelu = activation == Activation::kGelu || activation == Activation::kGeluTanh;
  Tensor inner, relu_mask;
  Tensor y = tenon::linear(x.value(), weight.value(), bias.value(), activation,
                           gelu && recorded ? &inner : nullptr, recorded ? &relu_mask : nullptr);
  if (!recorded) return y;
  const SavedVariable result = gelu                              ? save_output(inner, 1)
                               : activation == Activation::kRelu ? save_output(y)
                                                                 : SavedVariable();
  LinearRule rule{activation, result, save_if(requires_grad(weight), x),
                  save_if(requires_grad(x), weight)};
  if (!gelu && !relu_mask.defined()) {
    return record("linear", std::move(y), std::move(rule), x, weight, bias);
  }
  if (detecting_anomaly) check_result("linear", y, std::array{x, weight, bias});
  if (!gelu) inner = y;
  tenon::internal::IntrusivePtr<Node> node(
      new ActivatedLinear(std::move(rule), {activation, inner, std::move(relu_mask)}));
  for (const Variable& input : {x, weight, bias}) node->add_input(input);
  Variable active = Node::add_output(node, std::move(y));
  Node::add_output(node, std::move(inner));
  return active;
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

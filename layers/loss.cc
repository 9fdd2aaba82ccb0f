#include "layers/loss.h"

#include "autograd/record.h"

namespace tenon::layers {
namespace {

namespace ag = autograd;

void check_same(const char* op, const char* name, const Variable& x, const Tensor& target) {
  if (x.shape() != target.shape()) {
    throw ShapeError(std::string("[") + op + "] expected a " + name + " of x's shape " +
                     to_string(x.shape()) + ", got " + to_string(target.shape()));
  }
}

void check_rows(const char* op, const Variable& x, const Tensor& labels) {
  if (x.ndim() != 2 || labels.ndim() != 1 || labels.size(0) != x.size(0)) {
    throw ShapeError(std::string("[") + op + "] expected x [N,C] and labels [N], got " +
                     to_string(x.shape()) + " and " + to_string(labels.shape()));
  }
  if (labels.dtype() != DType::kI64) {
    throw DTypeError(std::string("[") + op + "] expected labels of i64, got " +
                     std::string(name(labels.dtype())));
  }
}

void check_class_weight(const char* op, const Tensor& weight, std::int64_t classes) {
  if (!weight.defined() || (weight.ndim() == 1 && weight.size(0) == classes)) return;
  throw ShapeError(std::string("[") + op + "] expected a weight [" + std::to_string(classes) +
                   "], got " + to_string(weight.shape()));
}

Variable reduce(const Variable& loss, Reduction reduction) {
  if (reduction == Reduction::kNone) return loss;
  return reduction == Reduction::kSum ? ag::sum(loss) : ag::mean(loss);
}

/// Broadcasts the weight to the loss, and not the loss to the weight.
Variable weighted(const char* op, const Variable& loss, const Tensor& weight) {
  if (!weight.defined()) return loss;
  const Variable result = loss * Variable(weight.to(loss.dtype()));
  check_same(op, "weight that broadcasts to a loss", loss, result.value());
  return result;
}

/// h^2 / 2 below delta, delta (h - delta / 2) from there on, for h = |x - target|.
Variable huber(const Variable& x, const Tensor& target, double delta) {
  const Variable d = x - Variable(target);
  const Variable h = ag::abs(d);
  return ag::where(tenon::lt(h.value(), delta), 0.5 * ag::square(d), delta * (h - 0.5 * delta));
}

}  // namespace

Variable MseLoss::operator()(const Variable& x, const Tensor& target) const {
  check_same("mse_loss", "target", x, target);
  return reduce(ag::square(x - Variable(target)), reduction);
}

Variable L1Loss::operator()(const Variable& x, const Tensor& target) const {
  check_same("l1_loss", "target", x, target);
  return reduce(ag::abs(x - Variable(target)), reduction);
}

Variable HuberLoss::operator()(const Variable& x, const Tensor& target) const {
  check_same("huber_loss", "target", x, target);
  if (!(delta > 0)) {
    throw ValueError("[huber_loss] expected delta > 0, got " + std::to_string(delta));
  }
  return reduce(huber(x, target, delta), reduction);
}

Variable SmoothL1Loss::operator()(const Variable& x, const Tensor& target) const {
  check_same("smooth_l1_loss", "target", x, target);
  if (!(beta >= 0)) {
    throw ValueError("[smooth_l1_loss] expected beta >= 0, got " + std::to_string(beta));
  }
  if (beta == 0) return L1Loss{.reduction = reduction}(x, target);
  return reduce(huber(x, target, beta) / beta, reduction);
}

Variable BceLoss::operator()(const Variable& p, const Tensor& target) const {
  check_same("bce_loss", "target", p, target);
  const Tensor values = p.value();
  if (values.numel() > 0 &&
      !(tenon::min(values).item<double>() >= 0 && tenon::max(values).item<double>() <= 1)) {
    throw ValueError("[bce_loss] expected probabilities in [0,1], got values from " +
                     std::to_string(tenon::min(values).item<double>()) + " to " +
                     std::to_string(tenon::max(values).item<double>()));
  }
  const Tensor t = target.to(p.dtype());
  const Tensor loss = -(t * tenon::maximum(tenon::log(values), -100.0) +
                        (1.0 - t) * tenon::maximum(tenon::log(1.0 - values), -100.0));
  // The derivative of the logarithms would be infinite at 0 and 1.
  const auto rule = [saved = ag::save(p), t](ag::Gradients& g) {
    const Variable& q = saved.get(g);
    const Variable spread = ag::maximum(q * (1.0 - q), Variable(full({}, 1e-12, t.options())));
    g.set(0, g.output() * (q - Variable(t)) / spread);
  };
  return reduce(weighted("bce_loss", ag::record("bce_loss", loss, rule, p), weight), reduction);
}

Variable BceWithLogitsLoss::operator()(const Variable& x, const Tensor& target) const {
  check_same("bce_with_logits_loss", "target", x, target);
  const Tensor t = target.to(x.dtype());
  const Variable magnitude = ag::abs(x);
  // log(1 + exp(-x)). (|x| - x) / 2 is max(-x, 0) with the derivative -1/2 at 0.
  const Variable softplus = ag::log1p(ag::exp(-magnitude)) + 0.5 * (magnitude - x);
  const Variable negative = Variable(1.0 - t) * x;
  if (!pos_weight.defined()) {
    return reduce(weighted("bce_with_logits_loss", negative + softplus, weight), reduction);
  }
  const Tensor factor = (pos_weight.to(x.dtype()) - 1.0) * t + 1.0;
  check_same("bce_with_logits_loss", "pos_weight that broadcasts to x, and a target", x, factor);
  return reduce(weighted("bce_with_logits_loss", negative + Variable(factor) * softplus, weight),
                reduction);
}

Variable NllLoss::operator()(const Variable& log_p, const Tensor& labels) const {
  check_rows("nll_loss", log_p, labels);
  check_class_weight("nll_loss", weight, log_p.size(1));
  const Tensor counted = tenon::ne(labels, static_cast<double>(ignore_index));
  const Tensor safe = tenon::where(counted, labels, zeros_like(labels));
  Tensor factors = counted.to(log_p.dtype());
  if (weight.defined()) {
    factors = factors * tenon::index_select(weight.to(log_p.dtype()), 0, safe);
  }
  const Variable picked = ag::squeeze(ag::gather(log_p, 1, safe.unsqueeze(1)), 1);
  const Variable loss = Variable(factors) * -picked;
  if (reduction != Reduction::kMean) return reduce(loss, reduction);
  return ag::sum(loss) / Variable(tenon::sum(factors));
}

Variable KlDivLoss::operator()(const Variable& log_p, const Tensor& target) const {
  check_same("kl_div_loss", "target", log_p, target);
  const Tensor given = target.to(log_p.dtype());
  const Tensor t = log_target ? tenon::exp(given) : given;
  const Tensor one = tenon::where(tenon::gt(t, 0.0), t, ones_like(t));
  const Tensor entropy = t * (log_target ? given : tenon::log(one));
  const Variable loss = Variable(entropy) - Variable(t) * log_p;
  if (!batch_mean) return reduce(loss, reduction);
  if (log_p.ndim() < 1) throw ShapeError("[kl_div_loss] expected a batch, got []");
  return ag::sum(loss) / static_cast<double>(log_p.size(0));
}

Variable MarginRankingLoss::operator()(const Variable& x1, const Variable& x2,
                                       const Tensor& y) const {
  check_same("margin_ranking_loss", "x2", x1, x2.value());
  check_same("margin_ranking_loss", "y", x1, y);
  return reduce(ag::relu(Variable(y.to(x1.dtype())) * (x2 - x1) + margin), reduction);
}

Variable HingeEmbeddingLoss::operator()(const Variable& x, const Tensor& y) const {
  check_same("hinge_embedding_loss", "y", x, y);
  return reduce(ag::where(tenon::gt(y, 0.0), x, ag::relu(margin - x)), reduction);
}

Variable MultiMarginLoss::operator()(const Variable& x, const Tensor& labels) const {
  check_rows("multi_margin_loss", x, labels);
  check_class_weight("multi_margin_loss", weight, x.size(1));
  if (p != 1 && p != 2) {
    throw ValueError("[multi_margin_loss] expected p of 1 or 2, got " + std::to_string(p));
  }
  const Variable own = ag::gather(x, 1, labels.unsqueeze(1));
  Variable excess = ag::relu(x - own + margin);
  if (p == 2) excess = ag::square(excess);
  Tensor factors = 1.0 - tenon::one_hot(labels, x.size(1), x.dtype());
  if (weight.defined()) {
    factors = factors * tenon::index_select(weight.to(x.dtype()), 0, labels).unsqueeze(1);
  }
  return reduce(ag::mean(Variable(factors) * excess, {1}), reduction);
}

Variable CosineEmbeddingLoss::operator()(const Variable& x1, const Variable& x2,
                                         const Tensor& y) const {
  check_same("cosine_embedding_loss", "x2", x1, x2.value());
  if (x1.ndim() != 2 || y.ndim() != 1 || y.size(0) != x1.size(0)) {
    throw ShapeError("[cosine_embedding_loss] expected x1 and x2 [N,D] and y [N], got " +
                     to_string(x1.shape()) + " and " + to_string(y.shape()));
  }
  constexpr double kTiny = 1e-12;  // PyTorch's, so that a vector of zeros has the cosine 0
  const Variable squares1 = ag::sum(ag::square(x1), {1}) + kTiny;
  const Variable squares2 = ag::sum(ag::square(x2), {1}) + kTiny;
  const Variable cosine = ag::sum(x1 * x2, {1}) / ag::sqrt(squares1 * squares2);
  return reduce(ag::where(tenon::gt(y, 0.0), 1.0 - cosine, ag::relu(cosine - margin)), reduction);
}

}  // namespace tenon::layers

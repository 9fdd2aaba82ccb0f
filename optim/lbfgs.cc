#include "optim/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "optim/internal/check.h"
#include "optim/internal/state_reader.h"
#include "optim/internal/strong_wolfe.h"
#include "tensor/error.h"
#include "tensor/ops.h"

namespace tenon::optim {
namespace {

constexpr const char* kName = "LBFGS";
constexpr double kLeastCurvature = 1e-10;  // pairs below it would spoil the approximation

double dot(const Tensor& a, const Tensor& b) { return sum(a * b).item<double>(); }
double largest(const Tensor& x) { return total_norm({&x, 1}, Norm::kMax); }

void check(const LBFGSOptions& o) {
  using internal::is_rate;
  internal::require(is_rate(o.lr), kName, "a finite lr of at least 0", o.lr);
  internal::require(o.max_iterations > 0, kName, "max_iterations above 0", o.max_iterations);
  internal::require(o.max_evaluations >= 0, kName, "max_evaluations of at least 0",
                    o.max_evaluations);
  internal::require(is_rate(o.tolerance_grad), kName, "a finite tolerance_grad of at least 0",
                    o.tolerance_grad);
  internal::require(is_rate(o.tolerance_change), kName, "a finite tolerance_change of at least 0",
                    o.tolerance_change);
  internal::require(o.history > 0, kName, "a history above 0", o.history);
}

}  // namespace

LBFGS::LBFGS(std::vector<Variable> parameters, const LBFGSOptions& options)
    : Optimizer(kName), options_(options) {
  check(options_);
  if (options_.max_evaluations == 0) options_.max_evaluations = options_.max_iterations * 5 / 4;
  append_group(std::move(parameters), options_.lr);
  const Variable& first = this->parameters()[0];
  for (const Variable& parameter : this->parameters()) {
    if (parameter.dtype() != first.dtype()) {
      throw DTypeError("[LBFGS] expected parameters of one dtype, got " +
                       std::string(tenon::name(first.dtype())) + " and " +
                       std::string(tenon::name(parameter.dtype())));
    }
    if (parameter.device() != first.device()) {
      throw DeviceError("[LBFGS] expected parameters on one device, got " +
                        to_string(first.device()) + " and " + to_string(parameter.device()));
    }
    size_ += parameter.numel();
  }
}

Tensor LBFGS::flat_parameters() const {
  Tensor flat = empty({size_}, parameters()[0].value().options());
  std::int64_t begin = 0;
  for (const Variable& p : parameters()) {
    flat.narrow(0, begin, p.numel()).copy_(p.value().reshape({-1}));
    begin += p.numel();
  }
  return flat;
}

void LBFGS::set_parameters(const Tensor& flat) const {
  std::int64_t begin = 0;
  for (const Variable& p : parameters()) {
    p.value().copy_(flat.narrow(0, begin, p.numel()).reshape(p.shape()));
    begin += p.numel();
  }
}

/// Zeros where a parameter has none.
Tensor LBFGS::flat_gradients() const {
  Tensor flat = zeros({size_}, parameters()[0].value().options());
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < parameters().size(); ++i) {
    const std::int64_t count = parameters()[i].numel();
    if (const Variable grad = parameters()[i].grad(); grad.defined()) {
      check_gradient(i, grad.value());
      flat.narrow(0, begin, count).copy_(grad.value().reshape({-1}));
    }
    begin += count;
  }
  return flat;
}

LBFGS::Evaluation LBFGS::evaluate(const std::function<Variable()>& loss) const {
  zero_grad();
  const Variable value = loss();
  value.backward();
  return {value.item<double>(), flat_gradients()};
}

double LBFGS::step(const std::function<Variable()>& loss) {
  Evaluation now = evaluate(loss);
  const double before = now.loss;
  internal::require(std::isfinite(before) && std::isfinite(largest(now.grad)), kName,
                    "a finite loss with a finite gradient", before);
  ++state_.evaluations;
  int evaluations = 1;
  if (largest(now.grad) <= options_.tolerance_grad) return before;
  for (int i = 1; i <= options_.max_iterations; ++i) {
    if (!iterate(loss, now, i == options_.max_iterations, evaluations)) break;
  }
  return before;
}

bool LBFGS::step(const StepOptions& options) {
  check_step(options);
  if (options_.line_search != LineSearchKind::kNone) {
    throw ValueError("[LBFGS] expected step(loss): the line search evaluates the loss");
  }
  const Tensor raw = flat_gradients();
  const double norm = total_norm({&raw, 1}) * std::abs(options.grad_scale);
  internal::require(std::isfinite(norm), kName, "finite gradients", norm);
  const double clip =
      std::isfinite(options.max_norm) ? internal::clip_factor(norm, options.max_norm) : 1;
  ++state_.evaluations;
  Evaluation now{state_.loss, raw * (options.grad_scale * clip)};
  int evaluations = 1;
  if (largest(now.grad) > options_.tolerance_grad) iterate({}, now, /*last=*/true, evaluations);
  return true;
}

/// False where it is time to stop.
bool LBFGS::iterate(const std::function<Variable()>& loss, Evaluation& now, bool last,
                    int& evaluations) {
  const bool first = ++state_.iterations == 1;
  const double tolerance = options_.tolerance_change;
  state_.direction = next_direction(now.grad);
  state_.grad = now.grad;
  state_.loss = now.loss;
  state_.t = lr();
  if (first) state_.t *= std::min(1.0, 1 / total_norm({&now.grad, 1}, Norm::kL1));
  const double slope = dot(now.grad, state_.direction);
  if (slope > -tolerance) return false;

  const Tensor start = flat_parameters();
  const double size = largest(state_.direction);
  int used = 0;
  if (options_.line_search == LineSearchKind::kStrongWolfe) {
    const auto at = [&](double t) {
      set_parameters(start + t * state_.direction);
      Evaluation there = evaluate(loss);
      const double slope_there = dot(there.grad, state_.direction);
      return internal::LinePoint{t, there.loss, slope_there, std::move(there.grad)};
    };
    internal::LineSearch found =
        internal::strong_wolfe(at, {0, now.loss, slope, now.grad}, state_.t, size, tolerance);
    used = found.evaluations;
    state_.t = found.best.step;
    now = {found.best.loss, std::move(found.best.grad)};
    set_parameters(start + state_.t * state_.direction);
  } else {
    set_parameters(start + state_.t * state_.direction);
    if (!last) {
      now = evaluate(loss);
      used = 1;
    }
  }
  evaluations += used;
  state_.evaluations += used;
  if (last || evaluations >= options_.max_evaluations) return false;
  if (largest(now.grad) <= options_.tolerance_grad) return false;
  if (size * state_.t <= tolerance) return false;
  return !(std::abs(now.loss - state_.loss) < tolerance);
}

/// Keeps what the last iteration has taught.
void LBFGS::remember(const Tensor& grad) {
  Pair pair{state_.direction * state_.t, grad - state_.grad, 0};
  pair.curvature = dot(pair.change, pair.step);
  if (!(pair.curvature > kLeastCurvature)) return;
  if (static_cast<int>(state_.pairs.size()) == options_.history) state_.pairs.pop_front();
  state_.pairs.push_back(std::move(pair));
}

/// - H grad, by the two loops of algorithm 7.4.
Tensor LBFGS::next_direction(const Tensor& grad) {
  if (state_.iterations == 1) return -grad;
  remember(grad);
  Tensor direction = -grad;
  std::vector<double> alphas(state_.pairs.size());
  for (std::size_t i = state_.pairs.size(); i-- > 0;) {
    const Pair& pair = state_.pairs[i];
    alphas[i] = dot(pair.step, direction) / pair.curvature;
    direction = direction - alphas[i] * pair.change;
  }
  if (!state_.pairs.empty()) {
    const Pair& newest = state_.pairs.back();
    direction = direction * (newest.curvature / dot(newest.change, newest.change));
  }
  for (std::size_t i = 0; i < state_.pairs.size(); ++i) {
    const Pair& pair = state_.pairs[i];
    const double beta = dot(pair.change, direction) / pair.curvature;
    direction = direction + (alphas[i] - beta) * pair.step;
  }
  return direction;
}

StateDict LBFGS::state_dict() const {
  using internal::integer_entry;
  using internal::number_entry;
  StateDict dict{{"LBFGS.lr", number_entry(lr())},
                 {"iterations", integer_entry(state_.iterations)},
                 {"evaluations", integer_entry(state_.evaluations)}};
  if (state_.iterations == 0) return dict;
  const auto count = static_cast<std::int64_t>(state_.pairs.size());
  const TensorOptions options = parameters()[0].value().options();
  const Tensor steps = empty({count, size_}, options), changes = empty({count, size_}, options);
  std::vector<double> curvatures;
  for (std::int64_t i = 0; i < count; ++i) {
    const Pair& pair = state_.pairs[static_cast<std::size_t>(i)];
    steps.select(0, i).copy_(pair.step);
    changes.select(0, i).copy_(pair.change);
    curvatures.push_back(pair.curvature);
  }
  dict.emplace_back("loss", number_entry(state_.loss));
  dict.emplace_back("t", number_entry(state_.t));
  dict.emplace_back("direction", state_.direction.clone());
  dict.emplace_back("gradient", state_.grad.clone());
  dict.emplace_back("steps", steps);
  dict.emplace_back("changes", changes);
  dict.emplace_back("curvatures", internal::numbers_entry(curvatures));
  return dict;
}

void LBFGS::load_state_dict(const StateDict& dict) {
  internal::StateReader reader(dict, kName);
  check_owner(dict);
  const double lr = reader.number("LBFGS.lr");
  reader.require(internal::is_rate(lr), "\"LBFGS.lr\" is not a rate: " + std::to_string(lr));
  State state{.iterations = reader.integer("iterations"),
              .evaluations = reader.integer("evaluations")};
  reader.require(state.iterations >= 0,
                 "\"iterations\" is negative: " + std::to_string(state.iterations));
  if (state.iterations > 0) {
    const auto own = [&](const Tensor& x) {
      Tensor copy = empty({size_}, parameters()[0].value().options());
      copy.copy_(x);
      return copy;
    };
    state.loss = reader.number("loss");
    state.t = reader.number("t");
    state.direction = own(reader.take("direction", {size_}));
    state.grad = own(reader.take("gradient", {size_}));
    const Tensor& curvatures = reader.take("curvatures");
    const std::int64_t count = curvatures.numel();
    reader.require(curvatures.ndim() == 1 && count <= options_.history,
                   "expected \"curvatures\" of up to " + std::to_string(options_.history) +
                       " numbers, got " + to_string(curvatures.shape()));
    const Tensor& steps = reader.take("steps", {count, size_});
    const Tensor& changes = reader.take("changes", {count, size_});
    for (std::int64_t i = 0; i < count; ++i) {
      state.pairs.push_back(
          {own(steps.select(0, i)), own(changes.select(0, i)), curvatures.item<double>({i})});
    }
  }
  reader.finish();
  set_lr(lr);
  state_ = std::move(state);
}

}  // namespace tenon::optim

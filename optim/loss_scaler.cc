#include "optim/loss_scaler.h"

#include <cmath>

#include "autograd/ops.h"
#include "optim/internal/check.h"
#include "optim/internal/state_reader.h"

namespace tenon::optim {
namespace {

constexpr const char* kName = "LossScaler";

bool is_scale(double value) { return value > 0 && std::isfinite(value); }

bool grads_are_finite(const Optimizer& optimizer) {
  std::vector<Tensor> grads;
  for (const Variable& parameter : optimizer.parameters()) {
    if (const Variable grad = parameter.grad(); grad.defined()) grads.push_back(grad.value());
  }
  return std::isfinite(total_norm(grads, Norm::kMax));
}

}  // namespace

LossScaler::LossScaler(const LossScalerOptions& options)
    : options_(options), scale_(options.scale) {
  using internal::require;
  require(is_scale(options.scale), kName, "a finite scale above 0", options.scale);
  require(is_scale(options.growth), kName, "a finite growth above 0", options.growth);
  require(is_scale(options.backoff), kName, "a finite backoff above 0", options.backoff);
  require(options.interval > 0, kName, "an interval above 0", options.interval);
}

Variable LossScaler::scale(const Variable& loss) const { return autograd::mul(loss, scale_); }

bool LossScaler::step(Optimizer& optimizer, StepOptions options) {
  if (!grads_are_finite(optimizer)) {
    scale_ *= options_.backoff;
    good_steps_ = 0;
    return false;
  }
  options.grad_scale /= scale_;
  const bool made = optimizer.step(options);
  if (++good_steps_ >= options_.interval) {
    scale_ *= options_.growth;
    good_steps_ = 0;
  }
  return made;
}

StateDict LossScaler::state_dict() const {
  return {{"scaler.scale", internal::number_entry(scale_)},
          {"scaler.good_steps", internal::integer_entry(good_steps_)}};
}

void LossScaler::load_state_dict(const StateDict& state) {
  internal::StateReader reader(state, kName);
  const double scale = reader.number("scaler.scale");
  const std::int64_t good_steps = reader.integer("scaler.good_steps");
  reader.require(is_scale(scale), "\"scaler.scale\" is not above 0: " + std::to_string(scale));
  reader.require(good_steps >= 0, "\"scaler.good_steps\" is negative");
  reader.finish();
  scale_ = scale;
  good_steps_ = good_steps;
}

}  // namespace tenon::optim

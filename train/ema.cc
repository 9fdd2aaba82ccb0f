#include "train/ema.h"

#include <utility>

#include "layers/module.h"

namespace tenon::train {

absl::Status Ema::on_fit_begin(Run& run) {
  average_ = std::make_unique<optim::MovingAverage>(
      run.module.parameters(),
      optim::MovingAverageOptions{.decay = options_.decay, .warmup = options_.warmup});
  if (!restored_.empty()) average_->load_state_dict(std::exchange(restored_, {}));
  return absl::OkStatus();
}

absl::Status Ema::on_step_end(Run&, const data::Batch&) {
  average_->update();
  return absl::OkStatus();
}

absl::Status Ema::before_validation(Run&) {
  if (options_.validate) average_->apply();
  return absl::OkStatus();
}

absl::Status Ema::after_validation(Run&) {
  if (options_.validate) average_->restore();
  return absl::OkStatus();
}

absl::Status Ema::on_fit_end(Run&) {
  if (average_ && options_.keep && average_->updates() > 0) average_->apply();
  average_.reset();
  return absl::OkStatus();
}

StateDict Ema::state_dict() const { return average_ ? average_->state_dict() : restored_; }

void Ema::load_state_dict(const StateDict& state) {
  if (average_) return average_->load_state_dict(state);
  restored_ = state;
  for (auto& [name, tensor] : restored_) tensor = tensor.clone();
}

}  // namespace tenon::train

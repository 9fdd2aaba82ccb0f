#include "train/schedules.h"

#include <utility>

#include "tensor/error.h"

namespace tenon::train {
namespace {

// A state outlives the file it was mapped from.
StateDict cloned(StateDict state) {
  for (auto& [name, tensor] : state) tensor = tensor.clone();
  return state;
}

}  // namespace

absl::Status RateSchedule::on_fit_begin(Run& run) {
  scheduler_ = std::make_unique<optim::Scheduler>(run.optimizer, schedule_);
  if (!restored_.empty()) scheduler_->load_state_dict(std::exchange(restored_, {}));
  return absl::OkStatus();
}

absl::Status RateSchedule::go_to(std::int64_t step) {
  try {
    scheduler_->go_to(step);
  } catch (const ValueError& e) {
    return absl::OutOfRangeError(e.what());
  }
  return absl::OkStatus();
}

absl::Status RateSchedule::on_epoch_begin(Run& run) {
  return every_ == Every::kEpoch ? go_to(run.epoch) : absl::OkStatus();
}

absl::Status RateSchedule::before_update(Run& run) {
  return every_ == Every::kStep ? go_to(run.step) : absl::OkStatus();
}

StateDict RateSchedule::state_dict() const {
  return scheduler_ ? scheduler_->state_dict() : restored_;
}

void RateSchedule::load_state_dict(const StateDict& state) {
  if (scheduler_) return scheduler_->load_state_dict(state);
  restored_ = cloned(state);
}

absl::Status PlateauSchedule::on_fit_begin(Run& run) {
  plateau_ = std::make_unique<optim::ReduceLROnPlateau>(run.optimizer, options_);
  if (!restored_.empty()) plateau_->load_state_dict(std::exchange(restored_, {}));
  return absl::OkStatus();
}

absl::Status PlateauSchedule::on_epoch_end(Run& run) {
  const absl::StatusOr<double> figure = monitored(run.history.back(), monitor_);
  if (!figure.ok()) return figure.status();
  plateau_->step(*figure);
  return absl::OkStatus();
}

StateDict PlateauSchedule::state_dict() const {
  return plateau_ ? plateau_->state_dict() : restored_;
}

void PlateauSchedule::load_state_dict(const StateDict& state) {
  if (plateau_) return plateau_->load_state_dict(state);
  restored_ = cloned(state);
}

}  // namespace tenon::train

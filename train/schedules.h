// Learning-rate schedules as callbacks.
//
//   RateSchedule rate(optim::cosine_annealing_lr({.steps = 10}), Every::kEpoch);
//   PlateauSchedule plateau({.patience = 3}, "val_loss");
//   fit(net, loader, optimizer, {.epochs = 10, .callbacks = {&rate}});
#ifndef TENON_TRAIN_SCHEDULES_H_
#define TENON_TRAIN_SCHEDULES_H_

#include <cstdint>
#include <memory>
#include <string>

#include "optim/reduce_lr_on_plateau.h"
#include "optim/schedule.h"
#include "optim/scheduler.h"
#include "train/callback.h"

namespace tenon::train {

/// What a schedule's step is.
enum class Every : std::uint8_t { kStep, kEpoch };

/// Sets the optimizer's rates for each update or epoch; the rates it has when fit() begins are the
/// schedule's bases. A checkpoint holds them, so that a resumed run goes on with the same rates.
class RateSchedule : public Callback {
 public:
  /// fit() throws ValueError for a schedule without a function.
  explicit RateSchedule(optim::Schedule schedule, Every every = Every::kStep)
      : schedule_(std::move(schedule)), every_(every) {}

  absl::Status on_fit_begin(Run& run) override;
  /// OutOfRangeError where the run goes beyond the schedule's end.
  absl::Status on_epoch_begin(Run& run) override;
  absl::Status before_update(Run& run) override;
  std::string name() const override { return "rate_schedule"; }
  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  absl::Status go_to(std::int64_t step);

  optim::Schedule schedule_;
  Every every_;
  std::unique_ptr<optim::Scheduler> scheduler_;
  StateDict restored_ = {};  // a state that waits for the optimizer
};

/// Lowers the rates where a figure of the records has stopped getting better (optim/
/// reduce_lr_on_plateau.h).
class PlateauSchedule : public Callback {
 public:
  explicit PlateauSchedule(const optim::PlateauOptions& options = {},
                           std::string monitor = "val_loss")
      : options_(options), monitor_(std::move(monitor)) {}

  absl::Status on_fit_begin(Run& run) override;
  absl::Status on_epoch_end(Run& run) override;
  std::string name() const override { return "plateau_schedule"; }
  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  optim::PlateauOptions options_;
  std::string monitor_;
  std::unique_ptr<optim::ReduceLROnPlateau> plateau_;
  StateDict restored_ = {};
};

}  // namespace tenon::train

#endif  // TENON_TRAIN_SCHEDULES_H_

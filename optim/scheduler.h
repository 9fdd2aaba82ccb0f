// Puts a schedule's rates into an optimizer.
//
//   optim::Scheduler scheduler(optimizer, optim::step_lr({.step_size = 30}));
//   for (int epoch = 0; epoch < 90; ++epoch) {
//     ...
//     scheduler.step();
//   }
#ifndef TENON_OPTIM_SCHEDULER_H_
#define TENON_OPTIM_SCHEDULER_H_

#include <cstdint>
#include <vector>

#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "tensor/captured_step.h"

namespace tenon::optim {

class Scheduler {
 public:
  /// Takes the groups' rates as bases and sets those of step 0. The optimizer must outlive this.
  /// Groups that the optimizer gets later keep their rate. Throws ValueError for a schedule without
  /// a function.
  Scheduler(Optimizer& optimizer, Schedule schedule);

  /// On to the next step: sets the rates of every group and, where schedule and optimizer have one,
  /// the momenta. Throws ValueError that names the schedule after its last step, and where it gives
  /// a rate that is negative or not finite; nothing is changed then. Within a captured step, each
  /// replay does it.
  void step() {
    each_step([this] { go_to(step_ + 1); });
  }
  /// The same for any step from 0 on.
  void go_to(std::int64_t step);

  std::int64_t step_count() const { return step_; }
  const Schedule& schedule() const { return schedule_; }

  /// "<schedule>.step" and "<schedule>.base_lr" [groups].
  StateDict state_dict() const;
  /// Also sets the rates of the step. Throws ValueError that names the entry; nothing is changed
  /// then.
  void load_state_dict(const StateDict& state);

 private:
  void apply(std::int64_t step, const std::vector<double>& bases);

  Optimizer& optimizer_;
  Schedule schedule_;
  std::vector<double> bases_;
  std::int64_t step_ = 0;
};

}  // namespace tenon::optim

#endif  // TENON_OPTIM_SCHEDULER_H_

#include "optim/scheduler.h"

#include <cmath>
#include <string>

#include "optim/internal/check.h"
#include "optim/internal/state_reader.h"
#include "tensor/error.h"

namespace tenon::optim {

Scheduler::Scheduler(Optimizer& optimizer, Schedule schedule)
    : optimizer_(optimizer), schedule_(std::move(schedule)) {
  if (!schedule_.lr) throw ValueError("[Scheduler] expected a schedule with a function, got none");
  std::vector<double> bases;
  for (std::size_t g = 0; g < optimizer_.group_count(); ++g) bases.push_back(optimizer_.lr(g));
  apply(0, bases);
  bases_ = std::move(bases);
}

void Scheduler::apply(std::int64_t step, const std::vector<double>& bases) {
  if (step < 0 || step > schedule_.last) {
    throw ValueError("[" + schedule_.name + "] expected a step between 0 and " +
                     std::to_string(schedule_.last) + ", got " + std::to_string(step));
  }
  std::vector<double> rates;
  for (const double base : bases) {
    const double lr = rates.emplace_back(schedule_.lr(base, step));
    internal::require(internal::is_rate(lr), schedule_.name,
                      "a finite lr of at least 0 at step " + std::to_string(step), lr);
  }
  if (const auto momentum = schedule_.momentum ? schedule_.momentum(step) : std::nullopt) {
    internal::require(internal::is_beta(*momentum), schedule_.name,
                      "a momentum in [0,1) at step " + std::to_string(step), *momentum);
    for (std::size_t g = 0; g < bases.size(); ++g) {
      if (optimizer_.momentum(g)) optimizer_.set_momentum(g, *momentum);
    }
  }
  for (std::size_t g = 0; g < bases.size(); ++g) optimizer_.set_lr(g, rates[g]);
}

void Scheduler::go_to(std::int64_t step) {
  apply(step, bases_);
  step_ = step;
}

StateDict Scheduler::state_dict() const {
  return {{schedule_.name + ".step", internal::integer_entry(step_)},
          {schedule_.name + ".base_lr", internal::numbers_entry(bases_)}};
}

void Scheduler::load_state_dict(const StateDict& state) {
  internal::StateReader reader(state, schedule_.name);
  const std::int64_t step = reader.integer(schedule_.name + ".step");
  std::vector<double> bases =
      reader.numbers(schedule_.name + ".base_lr", static_cast<std::int64_t>(bases_.size()));
  reader.finish();
  apply(step, bases);
  bases_ = std::move(bases);
  step_ = step;
}

}  // namespace tenon::optim

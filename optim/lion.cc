#include "optim/lion.h"

#include "optim/internal/check.h"

namespace tenon::optim {

Lion::Lion(std::vector<Variable> parameters, const LionOptions& options)
    : GroupedOptimizer("Lion", &LionOptions::beta1) {
  add_group(std::move(parameters), options);
}

void Lion::check(const LionOptions& options) const {
  internal::check_moments("Lion", options.beta1, options.beta2, /*eps=*/0, options.weight_decay);
}

std::vector<FusedOptimizer::Slot> Lion::slots(const LionOptions&) const { return {{"exp_avg"}}; }

void Lion::update(const Update& update) {
  const LionOptions o = options(update.group);
  optimizer_update_(
      update.lists,
      LionStep{.lr = o.lr, .beta1 = o.beta1, .beta2 = o.beta2, .weight_decay = o.weight_decay});
}

}  // namespace tenon::optim

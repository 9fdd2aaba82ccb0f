#include "optim/radam.h"

#include "optim/internal/check.h"

namespace tenon::optim {

RAdam::RAdam(std::vector<Variable> parameters, const RAdamOptions& options)
    : GroupedOptimizer("RAdam", &RAdamOptions::beta1) {
  add_group(std::move(parameters), options);
}

void RAdam::check(const RAdamOptions& options) const {
  internal::check_moments("RAdam", options.beta1, options.beta2, options.eps, options.weight_decay);
}

std::vector<FusedOptimizer::Slot> RAdam::slots(const RAdamOptions&) const {
  return {{"exp_avg"}, {"exp_avg_sq"}};
}

void RAdam::update(const Update& update) {
  const RAdamOptions o = options(update.group);
  optimizer_update_(update.lists, RadamStep{.lr = o.lr,
                                            .beta1 = o.beta1,
                                            .beta2 = o.beta2,
                                            .eps = o.eps,
                                            .weight_decay = o.weight_decay,
                                            .decoupled = o.decoupled,
                                            .step = update.step});
}

}  // namespace tenon::optim

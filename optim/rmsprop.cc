#include "optim/rmsprop.h"

#include "optim/internal/check.h"

namespace tenon::optim {

RMSprop::RMSprop(std::vector<Variable> parameters, const RMSpropOptions& options)
    : GroupedOptimizer("RMSprop", &RMSpropOptions::momentum) {
  add_group(std::move(parameters), options);
}

void RMSprop::check(const RMSpropOptions& options) const {
  require(internal::is_beta(options.alpha), "alpha in [0,1)", options.alpha);
  using internal::is_rate;
  require(is_rate(options.eps), "a finite eps of at least 0", options.eps);
  require(is_rate(options.weight_decay), "a finite weight_decay of at least 0",
          options.weight_decay);
  require(is_rate(options.momentum), "a finite momentum of at least 0", options.momentum);
}

std::vector<FusedOptimizer::Slot> RMSprop::slots(const RMSpropOptions& options) const {
  std::vector<Slot> slots = {{"square_avg"}};
  if (options.centered) slots.push_back({"grad_avg"});
  if (options.momentum != 0) slots.push_back({"momentum_buffer"});
  return slots;
}

void RMSprop::update(const Update& update) {
  const RMSpropOptions o = options(update.group);
  optimizer_update_(update.lists, RmspropStep{.lr = o.lr,
                                              .alpha = o.alpha,
                                              .eps = o.eps,
                                              .momentum = o.momentum,
                                              .weight_decay = o.weight_decay,
                                              .centered = o.centered});
}

}  // namespace tenon::optim

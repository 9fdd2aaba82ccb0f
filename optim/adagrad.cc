#include "optim/adagrad.h"

#include "optim/internal/check.h"

namespace tenon::optim {

Adagrad::Adagrad(std::vector<Variable> parameters, const AdagradOptions& options)
    : GroupedOptimizer("Adagrad") {
  add_group(std::move(parameters), options);
}

void Adagrad::check(const AdagradOptions& options) const {
  using internal::is_rate;
  require(is_rate(options.lr_decay), "a finite lr_decay of at least 0", options.lr_decay);
  require(is_rate(options.weight_decay), "a finite weight_decay of at least 0",
          options.weight_decay);
  require(is_rate(options.initial_accumulator), "a finite initial_accumulator of at least 0",
          options.initial_accumulator);
  require(is_rate(options.eps), "a finite eps of at least 0", options.eps);
}

std::vector<FusedOptimizer::Slot> Adagrad::slots(const AdagradOptions& options) const {
  return {{"sum", options.initial_accumulator}};
}

void Adagrad::update(const Update& update) {
  const AdagradOptions o = options(update.group);
  optimizer_update_(update.lists, AdagradStep{.lr = o.lr,
                                              .lr_decay = o.lr_decay,
                                              .eps = o.eps,
                                              .weight_decay = o.weight_decay,
                                              .step = update.step});
}

}  // namespace tenon::optim

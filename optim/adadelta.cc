#include "optim/adadelta.h"

#include "optim/internal/check.h"

namespace tenon::optim {

Adadelta::Adadelta(std::vector<Variable> parameters, const AdadeltaOptions& options)
    : GroupedOptimizer("Adadelta") {
  add_group(std::move(parameters), options);
}

void Adadelta::check(const AdadeltaOptions& options) const {
  require(options.rho >= 0 && options.rho <= 1, "rho in [0,1]", options.rho);
  using internal::is_rate;
  require(is_rate(options.eps), "a finite eps of at least 0", options.eps);
  require(is_rate(options.weight_decay), "a finite weight_decay of at least 0",
          options.weight_decay);
}

std::vector<FusedOptimizer::Slot> Adadelta::slots(const AdadeltaOptions&) const {
  return {{"square_avg"}, {"acc_delta"}};
}

void Adadelta::update(const Update& update) {
  const AdadeltaOptions o = options(update.group);
  optimizer_update_(
      update.lists,
      AdadeltaStep{.lr = o.lr, .rho = o.rho, .eps = o.eps, .weight_decay = o.weight_decay});
}

}  // namespace tenon::optim

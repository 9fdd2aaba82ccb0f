#include "optim/adamax.h"

#include "optim/internal/check.h"

namespace tenon::optim {

Adamax::Adamax(std::vector<Variable> parameters, const AdamaxOptions& options)
    : GroupedOptimizer("Adamax", &AdamaxOptions::beta1) {
  add_group(std::move(parameters), options);
}

void Adamax::check(const AdamaxOptions& options) const {
  internal::check_moments("Adamax", options.beta1, options.beta2, options.eps,
                          options.weight_decay);
}

std::vector<FusedOptimizer::Slot> Adamax::slots(const AdamaxOptions&) const {
  return {{"exp_avg"}, {"exp_inf"}};
}

void Adamax::update(const Update& update) {
  const AdamaxOptions o = options(update.group);
  optimizer_update_(update.lists, AdamaxStep{.lr = o.lr,
                                             .beta1 = o.beta1,
                                             .beta2 = o.beta2,
                                             .eps = o.eps,
                                             .weight_decay = o.weight_decay,
                                             .step = update.step});
}

}  // namespace tenon::optim

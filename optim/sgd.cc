#include "optim/sgd.h"

#include <cmath>

#include "optim/internal/check.h"

namespace tenon::optim {

SGD::SGD(std::vector<Variable> parameters, const SGDOptions& options)
    : GroupedOptimizer("SGD", &SGDOptions::momentum) {
  add_group(std::move(parameters), options);
}

void SGD::check(const SGDOptions& options) const {
  using internal::is_rate;
  require(is_rate(options.momentum), "a finite momentum of at least 0", options.momentum);
  require(std::isfinite(options.dampening), "a finite dampening", options.dampening);
  require(is_rate(options.weight_decay), "a finite weight_decay of at least 0",
          options.weight_decay);
  if (!options.nesterov) return;
  require(options.momentum > 0, "momentum above 0 for nesterov", options.momentum);
  require(options.dampening == 0, "dampening 0 for nesterov", options.dampening);
}

std::vector<FusedOptimizer::Slot> SGD::slots(const SGDOptions& options) const {
  if (options.momentum == 0) return {};
  return {{"momentum_buffer"}};
}

void SGD::update(const Update& update) {
  const SGDOptions o = options(update.group);
  optimizer_update_(update.lists, SgdStep{.lr = o.lr,
                                          .momentum = o.momentum,
                                          .dampening = o.dampening,
                                          .weight_decay = o.weight_decay,
                                          .decoupled = o.decoupled,
                                          .nesterov = o.nesterov,
                                          .first = update.step == 1});
}

}  // namespace tenon::optim

#include "optim/nadam.h"

#include <cmath>

#include "optim/internal/check.h"

namespace tenon::optim {

namespace {

double momentum_at(const NAdamOptions& o, double step) {
  return o.beta1 * (1 - 0.5 * std::pow(0.96, step * o.momentum_decay));
}

}  // namespace

NAdam::NAdam(std::vector<Variable> parameters, const NAdamOptions& options)
    : GroupedOptimizer("NAdam", &NAdamOptions::beta1, "mu_product") {
  add_group(std::move(parameters), options);
}

void NAdam::check(const NAdamOptions& options) const {
  internal::check_moments("NAdam", options.beta1, options.beta2, options.eps, options.weight_decay);
  require(internal::is_rate(options.momentum_decay), "a finite momentum_decay of at least 0",
          options.momentum_decay);
}

std::vector<FusedOptimizer::Slot> NAdam::slots(const NAdamOptions&) const {
  return {{"exp_avg"}, {"exp_avg_sq"}};
}

void NAdam::update(const Update& update) {
  const NAdamOptions o = options(update.group);
  const auto t = static_cast<double>(update.step);
  const double now = momentum_at(o, t), next = momentum_at(o, t + 1);
  update.scalar *= now;
  optimizer_update_(update.lists, NadamStep{.lr = o.lr,
                                            .grad_rate = o.lr * (1 - now) / (1 - update.scalar),
                                            .moment_rate = o.lr * next / (1 - update.scalar * next),
                                            .beta1 = o.beta1,
                                            .beta2 = o.beta2,
                                            .eps = o.eps,
                                            .weight_decay = o.weight_decay,
                                            .decoupled = o.decoupled,
                                            .step = update.step});
}

}  // namespace tenon::optim

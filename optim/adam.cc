#include "optim/adam.h"

#include "optim/internal/check.h"

namespace tenon::optim {

namespace {

/// Adam's and AdamW's options differ in defaults only.
template <class Options>
AdamStep step_of(const Options& o, bool decoupled, std::int64_t step) {
  return {.lr = o.lr,
          .beta1 = o.beta1,
          .beta2 = o.beta2,
          .eps = o.eps,
          .weight_decay = o.weight_decay,
          .decoupled = decoupled,
          .amsgrad = o.amsgrad,
          .step = step};
}

}  // namespace

Adam::Adam(std::vector<Variable> parameters, const AdamOptions& options)
    : GroupedOptimizer("Adam", &AdamOptions::beta1) {
  add_group(std::move(parameters), options);
}

void Adam::check(const AdamOptions& options) const {
  internal::check_moments("Adam", options.beta1, options.beta2, options.eps, options.weight_decay);
}

std::vector<FusedOptimizer::Slot> Adam::slots(const AdamOptions& options) const {
  if (options.amsgrad) return {{"exp_avg"}, {"exp_avg_sq"}, {"max_exp_avg_sq"}};
  return {{"exp_avg"}, {"exp_avg_sq"}};
}

void Adam::update(const Update& update) {
  const AdamOptions o = options(update.group);
  optimizer_update_(update.lists, step_of(o, /*decoupled=*/false, update.step));
}

AdamW::AdamW(std::vector<Variable> parameters, const AdamWOptions& options)
    : GroupedOptimizer("AdamW", &AdamWOptions::beta1) {
  add_group(std::move(parameters), options);
}

void AdamW::check(const AdamWOptions& options) const {
  internal::check_moments("AdamW", options.beta1, options.beta2, options.eps, options.weight_decay);
}

std::vector<FusedOptimizer::Slot> AdamW::slots(const AdamWOptions& options) const {
  if (options.amsgrad) return {{"exp_avg"}, {"exp_avg_sq"}, {"max_exp_avg_sq"}};
  return {{"exp_avg"}, {"exp_avg_sq"}};
}

void AdamW::update(const Update& update) {
  const AdamWOptions o = options(update.group);
  optimizer_update_(update.lists, step_of(o, /*decoupled=*/true, update.step));
}

}  // namespace tenon::optim

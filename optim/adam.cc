#include "optim/adam.h"

#include <cmath>

#include "tensor/ops.h"

namespace tenon::optim {
namespace {

std::vector<std::string> slots() { return {"exp_avg", "exp_avg_sq"}; }

bool is_rate(double value) { return value >= 0 && std::isfinite(value); }
bool is_beta(double value) { return value >= 0 && value < 1; }

/// `require(ok, what, value)` is the optimizer's. Adam's and AdamW's options differ in defaults
/// only.
template <class Options, class Require>
void check(const Options& options, const Require& require) {
  require(is_beta(options.beta1), "beta1 in [0,1)", options.beta1);
  require(is_beta(options.beta2), "beta2 in [0,1)", options.beta2);
  require(is_rate(options.eps), "a finite eps of at least 0", options.eps);
  require(is_rate(options.weight_decay), "a finite weight_decay of at least 0",
          options.weight_decay);
}

template <class Options>
AdamStep step_of(const Options& options, double lr, bool decoupled, std::int64_t step) {
  return {.lr = lr,
          .beta1 = options.beta1,
          .beta2 = options.beta2,
          .eps = options.eps,
          .weight_decay = options.weight_decay,
          .decoupled = decoupled,
          .step = step};
}

}  // namespace

Adam::Adam(std::vector<Variable> parameters, const AdamOptions& options)
    : Optimizer("Adam", std::move(parameters), options.lr, slots()), options_(options) {
  check(options,
        [this](bool ok, std::string_view what, double value) { require(ok, what, value); });
}

void Adam::update(const Update& update) {
  adam_(update.parameters, update.grads, update.slots[0], update.slots[1],
        step_of(options_, lr(), /*decoupled=*/false, update.step));
}

AdamW::AdamW(std::vector<Variable> parameters, const AdamWOptions& options)
    : Optimizer("AdamW", std::move(parameters), options.lr, slots()), options_(options) {
  check(options,
        [this](bool ok, std::string_view what, double value) { require(ok, what, value); });
}

void AdamW::update(const Update& update) {
  adam_(update.parameters, update.grads, update.slots[0], update.slots[1],
        step_of(options_, lr(), /*decoupled=*/true, update.step));
}

}  // namespace tenon::optim

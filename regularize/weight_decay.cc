#include "regularize/weight_decay.h"

#include "optim/optimizer.h"
#include "regularize/internal/check.h"
#include "tensor/ops.h"

namespace tenon::regularize {

WeightDecay::WeightDecay(const layers::Module& module, const WeightDecayOptions& options)
    : rate_(options.rate), parameters_(internal::chosen(module, options.parameters)) {
  internal::require_factor("WeightDecay", "rate", options.rate);
}

void WeightDecay::apply(double lr) const {
  for (const layers::Variable& parameter : parameters_) {
    parameter.value().copy_(parameter.value() * (1 - lr * rate_));
  }
}

absl::Status WeightDecay::before_update(train::Run& run) {
  apply(run.optimizer.lr());
  return absl::OkStatus();
}

}  // namespace tenon::regularize

#include "regularize/gradient_noise.h"

#include <cmath>

#include "optim/optimizer.h"
#include "regularize/internal/check.h"
#include "tensor/ops.h"

namespace tenon::regularize {

GradientNoise::GradientNoise(const GradientNoiseOptions& options) : options_(options) {
  internal::require_factor("GradientNoise", "eta", options.eta);
  internal::require_factor("GradientNoise", "gamma", options.gamma);
}

double GradientNoise::deviation(std::int64_t step) const {
  return std::sqrt(options_.eta / std::pow(1.0 + static_cast<double>(step), options_.gamma));
}

void GradientNoise::add(std::span<const autograd::Variable> parameters, std::int64_t step) const {
  for (const autograd::Variable& parameter : parameters) {
    if (!parameter.grad().defined()) continue;
    const Tensor& grad = parameter.grad().value();
    parameter.set_grad(
        grad + normal(grad.shape(), 0, deviation(step), default_generator(), grad.options()));
  }
}

absl::Status GradientNoise::before_update(train::Run& run) {
  add(run.optimizer.parameters(), run.step);
  return absl::OkStatus();
}

}  // namespace tenon::regularize

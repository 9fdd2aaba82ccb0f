#include "optim/clip.h"

#include <cmath>
#include <string>
#include <unordered_set>
#include <vector>

#include "optim/internal/check.h"
#include "tensor/error.h"
#include "tensor/ops.h"

namespace tenon::optim {
namespace {

using autograd::Variable;

std::vector<Tensor> gradients(std::span<const Variable> parameters) {
  std::vector<Tensor> grads;
  for (const Variable& parameter : parameters) {
    if (const Variable grad = parameter.grad(); grad.defined()) grads.push_back(grad.value());
  }
  return grads;
}

/// The same, to be written: one that is not dense, or shares its elements with another, is replaced
/// by a copy first.
std::vector<Tensor> writable_gradients(std::span<const Variable> parameters) {
  std::vector<Tensor> grads;
  std::unordered_set<const void*> seen;
  for (const Variable& parameter : parameters) {
    const Variable grad = parameter.grad();
    if (!grad.defined()) continue;
    const Tensor& value = grad.value();
    const bool dense = value.is_contiguous() || value.is_contiguous(Layout::kChannelsLast);
    if (!dense || !seen.insert(value.storage().get()).second) {
      parameter.set_grad(empty_like(parameter.value()).copy_(value));
    }
    grads.push_back(parameter.grad().value());
  }
  return grads;
}

[[noreturn]] void throw_nonfinite(std::span<const Variable> parameters) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Variable grad = parameters[i].grad();
    if (!grad.defined() || all_finite(grad.value())) continue;
    throw ValueError("[clip_grad_norm_] the gradient of parameter " + std::to_string(i) + " " +
                     to_string(grad.shape()) + " is not finite");
  }
  throw ValueError("[clip_grad_norm_] the norm of the gradients is not finite");
}

}  // namespace

double clip_grad_norm_(std::span<const Variable> parameters, double max_norm,
                       const ClipNormOptions& options) {
  internal::require(max_norm >= 0, "clip_grad_norm_", "a max_norm of at least 0", max_norm);
  const double norm = total_norm(gradients(parameters), options.norm);
  if (options.error_if_nonfinite && !std::isfinite(norm)) throw_nonfinite(parameters);
  const double factor = internal::clip_factor(norm, max_norm);
  if (factor == 1) return norm;
  optimizer_update_({.parameters = writable_gradients(parameters)}, ScaleStep{.factor = factor});
  return norm;
}

void clip_grad_value_(std::span<const Variable> parameters, double limit) {
  internal::require(limit >= 0, "clip_grad_value_", "a limit of at least 0", limit);
  optimizer_update_({.parameters = writable_gradients(parameters)}, ClampStep{.limit = limit});
}

}  // namespace tenon::optim

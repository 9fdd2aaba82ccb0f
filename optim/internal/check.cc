#include "optim/internal/check.h"

#include <cmath>
#include <string>
#include <unordered_set>

#include "tensor/error.h"
#include "tensor/ops.h"

namespace tenon::optim::internal {

void require(bool ok, std::string_view owner, std::string_view what, double value) {
  if (ok) return;
  throw ValueError("[" + std::string(owner) + "] expected " + std::string(what) + ", got " +
                   std::to_string(value));
}

bool is_rate(double value) { return value >= 0 && std::isfinite(value); }
bool is_beta(double value) { return value >= 0 && value < 1; }

void check_moments(std::string_view owner, double beta1, double beta2, double eps,
                   double weight_decay) {
  require(is_beta(beta1), owner, "beta1 in [0,1)", beta1);
  require(is_beta(beta2), owner, "beta2 in [0,1)", beta2);
  require(is_rate(eps), owner, "a finite eps of at least 0", eps);
  require(is_rate(weight_decay), owner, "a finite weight_decay of at least 0", weight_decay);
}

double clip_factor(double norm, double max_norm) {
  const double factor = max_norm / (norm + 1e-6);  // as PyTorch, so that 0 divides nothing
  return factor > 1 ? 1 : factor;                  // NaN stays
}

Tensor clip_factor(const Tensor& norm, double max_norm) {
  return minimum(max_norm / (norm + 1e-6), 1);  // NaN stays
}

void check_parameters(std::string_view owner, std::span<const autograd::Variable> parameters) {
  const std::string where = "[" + std::string(owner) + "] ";
  if (parameters.empty()) throw ValueError(where + "expected parameters, got an empty list");
  std::unordered_set<const void*> seen;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const autograd::Variable& parameter = parameters[i];
    const std::string which = where + "parameter " + std::to_string(i) + " ";
    if (!parameter.defined()) throw ValueError(which + "is undefined");
    if (!parameter.is_leaf()) throw ValueError(which + "is the result of an operation, not a leaf");
    if (!parameter.requires_grad()) throw ValueError(which + "does not require a gradient");
    if (!seen.insert(parameter.impl().get()).second) throw ValueError(which + "comes twice");
  }
}

}  // namespace tenon::optim::internal

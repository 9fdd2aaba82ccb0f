#include "layers/dropout_variants.h"

#include <cmath>

#include "autograd/ops.h"
#include "layers/internal/dropout_probability.h"
#include "layers/internal/number_text.h"
#include "tensor/random.h"

namespace tenon::layers {
namespace {

// -lambda alpha of SELU: what its outputs tend to for ever smaller inputs.
constexpr double kLowerLimit = -1.0507009873554805 * 1.6732632423543772;

}  // namespace

void AlphaDropout::check() const { internal::dropout_probability(options().p, where()); }

Variable AlphaDropout::forward(const Variable& x) {
  const double p = options().p;
  if (!training() || p == 0) return x;
  const double scale = 1 / std::sqrt((1 - p) * (1 + p * kLowerLimit * kLowerLimit));
  const Tensor keep = bernoulli(x.shape(), 1 - p, default_generator(), x.value().options());
  // scale (keep x + (1 - keep) limit - p limit): the last term is the mean of the one before.
  const Tensor shift = (keep * -1.0 + (1 - p)) * (scale * kLowerLimit);
  return x * (keep * scale) + shift;
}

std::string AlphaDropout::describe() const {
  return "AlphaDropout(" + internal::number_text(options().p) + ")";
}

void GaussianDropout::check() const { internal::dropout_probability(options().p, where()); }

Variable GaussianDropout::forward(const Variable& x) {
  const double p = options().p;
  if (!training() || p == 0) return x;
  return x * normal(x.shape(), 1, std::sqrt(p / (1 - p)), default_generator(), x.value().options());
}

std::string GaussianDropout::describe() const {
  return "GaussianDropout(" + internal::number_text(options().p) + ")";
}

}  // namespace tenon::layers

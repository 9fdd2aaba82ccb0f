#include "layers/internal/default_init.h"

#include <cmath>

#include "init/init.h"
#include "layers/placeholders.h"

namespace tenon::layers::internal {

Tensor default_weight(const Shape& shape) {
  if (Placeholders::wanted()) return Placeholders::make(shape);
  Tensor weight = empty(shape);
  init::kaiming_uniform_(weight, default_generator(),
                         {.nonlinearity = init::Nonlinearity::kLeakyRelu, .slope = std::sqrt(5.0)});
  return weight;
}

Tensor default_bias(const Shape& weight_shape) {
  if (Placeholders::wanted()) return Placeholders::make({weight_shape[0]});
  Tensor bias = empty({weight_shape[0]});
  const double bound = 1 / std::sqrt(static_cast<double>(init::fans(weight_shape).in));
  init::uniform_(bias, default_generator(), {.low = -bound, .high = bound});
  return bias;
}

}  // namespace tenon::layers::internal

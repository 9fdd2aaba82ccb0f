// The first values that PyTorch gives to linear and convolutional layers, from default_generator().
#ifndef TENON_LAYERS_INTERNAL_DEFAULT_INIT_H_
#define TENON_LAYERS_INTERNAL_DEFAULT_INIT_H_

#include "tensor/tensor.h"

namespace tenon::layers::internal {

/// U(-1/sqrt(fan_in), 1/sqrt(fan_in)). PyTorch writes it as He's uniform rule for a leaky ReLU of
/// slope sqrt(5).
Tensor default_weight(const Shape& shape);

/// [O] from the same distribution, for the bias beside a weight of `weight_shape` [O,...].
Tensor default_bias(const Shape& weight_shape);

}  // namespace tenon::layers::internal

#endif  // TENON_LAYERS_INTERNAL_DEFAULT_INIT_H_

// Dropout (Srivastava et al. 2014), inverted: survivors are scaled by 1/(1-p).
#ifndef TENON_TENSOR_OPS_DROPOUT_H_
#define TENON_TENSOR_OPS_DROPOUT_H_

#include <utility>

#include "tensor/random.h"
#include "tensor/tensor.h"

namespace tenon {

/// The result and the mask of factors 0 or 1/(1-p) it was multiplied by. p in [0,1). Floating.
std::pair<Tensor, Tensor> dropout(const Tensor& x, double p, Generator& generator);

}  // namespace tenon

#endif  // TENON_TENSOR_OPS_DROPOUT_H_

// Dropout.
#ifndef TENON_AUTOGRAD_OPS_DROPOUT_H_
#define TENON_AUTOGRAD_OPS_DROPOUT_H_

#include "autograd/variable.h"
#include "tensor/random.h"

namespace tenon::autograd {

/// Zeroes elements with probability p and scales the others by 1/(1-p).
Variable dropout(const Variable& x, double p, Generator& generator = default_generator());

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_OPS_DROPOUT_H_

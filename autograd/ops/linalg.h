// Matrix products.
#ifndef TENON_AUTOGRAD_OPS_LINALG_H_
#define TENON_AUTOGRAD_OPS_LINALG_H_

#include "autograd/variable.h"
#include "tensor/ops/linalg.h"

namespace tenon::autograd {

Variable matmul(const Variable& a, const Variable& b);
Variable linear(const Variable& x, const Variable& weight, const Variable& bias = {},
                Activation activation = Activation::kNone);

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_OPS_LINALG_H_

// Normalization. Weight, bias and running statistics may be undefined.
#ifndef TENON_AUTOGRAD_OPS_NORMALIZATION_H_
#define TENON_AUTOGRAD_OPS_NORMALIZATION_H_

#include "autograd/variable.h"
#include "tensor/ops/normalization.h"

namespace tenon::autograd {

Variable batch_norm(const Variable& x, const Variable& weight, const Variable& bias,
                    const Tensor& running_mean = {}, const Tensor& running_var = {},
                    const BatchNormParams& params = {}, Activation activation = Activation::kNone);
Variable layer_norm(const Variable& x, const Shape& shape, const Variable& weight = {},
                    const Variable& bias = {}, double eps = 1e-5);
Variable rms_norm(const Variable& x, const Shape& shape, const Variable& weight = {},
                  double eps = 1e-5);
Variable group_norm(const Variable& x, int groups, const Variable& weight = {},
                    const Variable& bias = {}, double eps = 1e-5);

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_OPS_NORMALIZATION_H_

// Convolution.
#ifndef TENON_AUTOGRAD_OPS_CONVOLUTION_H_
#define TENON_AUTOGRAD_OPS_CONVOLUTION_H_

#include "autograd/variable.h"
#include "tensor/ops/convolution.h"

namespace tenon::autograd {

Variable conv2d(const Variable& x, const Variable& weight, const Variable& bias,
                const Conv2dParams& params = {}, Activation activation = Activation::kNone);
Variable conv2d_input_grad(const Variable& grad, const Variable& weight, const Shape& x_shape,
                           const Conv2dParams& params);
Variable conv2d_weight_grad(const Variable& grad, const Variable& x, const Shape& weight_shape,
                            const Conv2dParams& params);
Variable conv1d(const Variable& x, const Variable& weight, const Variable& bias = {},
                const Conv1dParams& params = {}, Activation activation = Activation::kNone);
Variable conv_transpose2d(const Variable& x, const Variable& weight, const Variable& bias = {},
                          const ConvTranspose2dParams& params = {});

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_OPS_CONVOLUTION_H_

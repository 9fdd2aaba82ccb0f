// Convolution in f64 by plain loops: what gradient checks run, where being exact matters and speed
// does not. About 1 GFLOP/s.
#ifndef TENON_TENSOR_CPU_CONV_PLAIN_H_
#define TENON_TENSOR_CPU_CONV_PLAIN_H_

#include "tensor/ops.h"

namespace tenon::cpu {

void conv2d_plain(const Tensor& x, const Tensor& weight, const Tensor& bias,
                  const Conv2dParams& params, Activation activation, const Tensor& out);
void conv2d_input_grad_plain(const Tensor& grad, const Tensor& weight, const Conv2dParams& params,
                             const Tensor& out);
void conv2d_weight_grad_plain(const Tensor& grad, const Tensor& x, const Conv2dParams& params,
                              const Tensor& out);

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_CONV_PLAIN_H_

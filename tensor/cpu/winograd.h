// Convolution by Winograd's minimal filtering: with filters of 3x3 36 products for 16 results instead
// of 144, with 5x5 36 for 4 instead of 100 (Lavin & Gray 2016, "Fast algorithms for convolutional
// neural networks"). bf16 is widened on the way into the windows, and the products are f32's.
//
// Sums round about twice as much as direct ones: of 3x3 filters, uniform numbers between -1 and 1
// and 16, 64 and 512 channels the root of the mean squared error is 2.0e-6, 6.2e-6 and 4.4e-5
// (direct: 0.9e-6, 3.5e-6, 2.8e-5). Of the weight's gradient, a sum over 1,152 and 18,432 pixels, it
// is 6.3e-6 and 3.0e-5 (direct: 1.7e-6 and 1.6e-5). The error is relative to the largest number in a
// window of 6x6 pixels, not to the result: an infinity or NaN there reaches all results of the
// window, and in the gradient all taps. set_numerics({.winograd = false}) turns it off. The bits are
// the same on any number of threads.
#ifndef TENON_TENSOR_CPU_WINOGRAD_H_
#define TENON_TENSOR_CPU_WINOGRAD_H_

#include "tensor/ops.h"

namespace tenon::cpu {

/// As conv2d and its gradients of kernels.h, where that is faster so; false, with nothing done,
/// where it is not: other filters than 3x3 and 5x5, strides, dilation, groups, padding beyond the
/// filter's, other dtypes than f32 and bf16, fewer channels than fill a register, filters that do
/// not fill registers (the weight's gradient takes these too), images so small that most of their
/// windows is padding.
bool conv2d_winograd(const Tensor& x, const Tensor& weight, const Tensor& bias,
                     const Conv2dParams& params, Activation activation, const Tensor& out);
bool conv2d_input_grad_winograd(const Tensor& grad, const Tensor& weight,
                                const Conv2dParams& params, const Tensor& out);
bool conv2d_weight_grad_winograd(const Tensor& grad, const Tensor& x, const Conv2dParams& params,
                                 const Tensor& out);

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_WINOGRAD_H_

// Convolution of few channels by loops of our own. oneDNN 2.6 lays filters side by side in
// registers of 16 floats, or 8: of 3 -> 6 channels it computes 16, or 8. Here neighbouring pixels
// lie side by side, and in the weight's gradient neighbouring elements of the window, each image
// being copied with its padding into the first-level cache.
#ifndef TENON_TENSOR_CPU_CONV_NARROW_H_
#define TENON_TENSOR_CPU_CONV_NARROW_H_

#include "tensor/ops.h"

namespace tenon::cpu {

/// As conv2d and conv2d_weight_grad of kernels.h, where that is faster so; false, with nothing
/// done, where it is not: other dtypes than f32 and, of an image, bf16 (computed in f32), groups,
/// channels that fill registers, a build without AVX-512 and AVX2.
bool conv2d_narrow(const Tensor& x, const Tensor& weight, const Tensor& bias,
                   const Conv2dParams& params, Activation activation, const Tensor& out);
bool conv2d_weight_grad_narrow(const Tensor& grad, const Tensor& x, const Conv2dParams& params,
                               const Tensor& out);

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_CONV_NARROW_H_

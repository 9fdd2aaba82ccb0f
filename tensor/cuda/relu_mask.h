// Where a product's ReLU lets gradients pass, a bit for each element: written by the product's
// kernel and read by that of the gradient (cuBLASLt's RELU_AUX and DRELU), and by nobody else.
#ifndef TENON_TENSOR_CUDA_RELU_MASK_H_
#define TENON_TENSOR_CUDA_RELU_MASK_H_

#include <cstdint>
#include <string>

#include "tensor/error.h"
#include "tensor/tensor.h"

namespace tenon::cuda {

/// Bits from one row to the next: the library takes multiples of 128.
inline std::int64_t relu_mask_pitch(std::int64_t columns) { return (columns + 127) / 128 * 128; }
/// Of the mask, u8, of a result [B,M,N].
inline Shape relu_mask_shape(const Tensor& out) {
  return {out.shape()[0], out.shape()[1], relu_mask_pitch(out.shape()[2]) / 8};
}
/// For the gradient `out` of such a result. Throws ShapeError where it is a mask of another.
inline void check_relu_mask(const Tensor& mask, const Tensor& out) {
  if (mask.dtype() == DType::kU8 && mask.shape() == relu_mask_shape(out)) return;
  throw ShapeError("[linear_inner_grad] expected the mask of a ReLU's result " +
                   to_string(out.shape()) + ", u8 " + to_string(relu_mask_shape(out)) + ", got " +
                   std::string(name(mask.dtype())) + " " + to_string(mask.shape()));
}

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_RELU_MASK_H_

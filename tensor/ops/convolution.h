// Convolution and pooling (Dumoulin & Visin 2016, "A guide to convolution arithmetic", §2).
// Results are channels-last.
#ifndef TENON_TENSOR_OPS_CONVOLUTION_H_
#define TENON_TENSOR_OPS_CONVOLUTION_H_

#include <utility>

#include "tensor/ops/linalg.h"
#include "tensor/tensor.h"

namespace tenon {

/// Pairs are {height, width}.
struct Conv2dParams {
  std::pair<int, int> stride{1, 1};
  std::pair<int, int> padding{0, 0};
  std::pair<int, int> dilation{1, 1};
  int groups = 1;
};
/// x [N,C,H,W], weight [K,C/groups,R,S], bias [K] or undefined -> [N,K,P,Q],
/// P = (H + 2 pad - dilation (R-1) - 1) / stride + 1. f32, bf16.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dParams& params,
              Activation activation = Activation::kNone);
/// Gradient of conv2d with respect to x (of shape `x_shape`) for gradient `grad` [N,K,P,Q].
Tensor conv2d_input_grad(const Tensor& grad, const Tensor& weight, const Shape& x_shape,
                         const Conv2dParams& params);
/// Gradient of conv2d with respect to the weight (of shape `weight_shape`).
Tensor conv2d_weight_grad(const Tensor& grad, const Tensor& x, const Shape& weight_shape,
                          const Conv2dParams& params);

struct Pool2dParams {
  std::pair<int, int> kernel{2, 2};
  std::pair<int, int> stride{2, 2};
  std::pair<int, int> padding{0, 0};
};
/// Largest value of each window and its index h * W + w (i32, the first of equals) in the plane.
/// x [N,C,H,W] -> two of [N,C,P,Q]. Padding counts as -infinity. Floating.
std::pair<Tensor, Tensor> max_pool2d(const Tensor& x, const Pool2dParams& params);
/// Adds each element of `grad` [N,C,P,Q] to the place that `indices` names: [N,C,H,W].
Tensor max_pool2d_scatter(const Tensor& grad, const Tensor& indices, const Shape& x_shape);
/// Reads the places that `indices` [N,C,P,Q] names from x [N,C,H,W].
Tensor max_pool2d_gather(const Tensor& x, const Tensor& indices);

}  // namespace tenon

#endif  // TENON_TENSOR_OPS_CONVOLUTION_H_

// Convolution (Dumoulin & Visin 2016, "A guide to convolution arithmetic", §2).
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

/// The same over sequences: x [N,C,L], weight [K,C/groups,R], bias [K] or undefined -> [N,K,P].
struct Conv1dParams {
  int stride = 1;
  int padding = 0;
  int dilation = 1;
  int groups = 1;
};
Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias,
              const Conv1dParams& params = {}, Activation activation = Activation::kNone);

/// The same convolution of planes of one row.
inline Conv2dParams convolution_of(const Conv1dParams& p) {
  return {.stride = {1, p.stride},
          .padding = {0, p.padding},
          .dilation = {1, p.dilation},
          .groups = p.groups};
}

struct ConvTranspose2dParams {
  std::pair<int, int> stride{1, 1};
  std::pair<int, int> padding{0, 0};
  std::pair<int, int> output_padding{0, 0};  ///< rows and columns more; below the stride
  std::pair<int, int> dilation{1, 1};
  int groups = 1;
};
/// Transposed convolution, conv2d's derivative as a map of its own: x [N,C,H,W], weight
/// [C,K/groups,R,S], bias [K] or undefined -> [N,K,P,Q],
/// P = (H - 1) stride - 2 pad + dilation (R-1) + output_padding + 1. In 16 bits the bias is
/// added to products already rounded. (the same, §4)
Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                        const ConvTranspose2dParams& params = {});
/// The shape [N,K,P,Q] of its result. Throws as it does.
Shape conv_transpose2d_shape(const Shape& x, const Shape& weight,
                             const ConvTranspose2dParams& params);
/// The convolution whose derivative it is.
inline Conv2dParams convolution_of(const ConvTranspose2dParams& p) {
  return {.stride = p.stride, .padding = p.padding, .dilation = p.dilation, .groups = p.groups};
}

}  // namespace tenon

#endif  // TENON_TENSOR_OPS_CONVOLUTION_H_

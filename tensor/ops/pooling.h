// Pooling over windows of planes. Floating; 16-bit sums are taken in f32. x [N,C,H,W] -> [N,C,P,Q],
// channels-last, P = (H + 2 pad - dilation (kernel-1) - 1) / stride + 1, rounded up in ceil mode as
// long as the last window begins within the plane or the padding before it.
#ifndef TENON_TENSOR_OPS_POOLING_H_
#define TENON_TENSOR_OPS_POOLING_H_

#include <utility>

#include "tensor/tensor.h"

namespace tenon {

/// Pairs are {height, width}.
struct Pool2dParams {
  std::pair<int, int> kernel{2, 2};
  std::pair<int, int> stride{2, 2};
  std::pair<int, int> padding{0, 0};  ///< at most half the kernel
  std::pair<int, int> dilation{1, 1};
  bool ceil_mode = false;
};
/// Largest value of each window and its index h * W + w (i32, the first of equals) in the plane.
/// Padding counts as -infinity. Throws ShapeError for a window of padding alone, as dilation makes
/// around small planes.
std::pair<Tensor, Tensor> max_pool2d(const Tensor& x, const Pool2dParams& params);
/// The same for windows that divide the plane as evenly as may be into P x Q: row p reads from
/// floor(p H / P) to ceil((p + 1) H / P).
std::pair<Tensor, Tensor> adaptive_max_pool2d(const Tensor& x, std::pair<int, int> size);
/// Adds each element of `grad` [N,C,P,Q] to the place that `indices` names: [N,C,H,W].
Tensor max_pool2d_scatter(const Tensor& grad, const Tensor& indices, const Shape& x_shape);
/// Reads the places that `indices` [N,C,P,Q] names from x [N,C,H,W].
Tensor max_pool2d_gather(const Tensor& x, const Tensor& indices);

struct AvgPool2dParams {
  std::pair<int, int> kernel{2, 2};
  std::pair<int, int> stride{2, 2};
  std::pair<int, int> padding{0, 0};  ///< at most half the kernel
  bool ceil_mode = false;
  bool count_include_pad = true;  ///< whether the zeros of the padding count in the mean
};
/// Mean of each window.
Tensor avg_pool2d(const Tensor& x, const AvgPool2dParams& params);
/// Its adjoint: each element of grad [N,C,P,Q] shared out over its window, [N,C,H,W].
Tensor avg_pool2d_grad(const Tensor& grad, const Shape& x_shape, const AvgPool2dParams& params);
/// The same for the windows of adaptive_max_pool2d.
Tensor adaptive_avg_pool2d(const Tensor& x, std::pair<int, int> size);
Tensor adaptive_avg_pool2d_grad(const Tensor& grad, const Shape& x_shape);

}  // namespace tenon

#endif  // TENON_TENSOR_OPS_POOLING_H_

// Convolutions as graphs of cuDNN, over channels-last images (f64: row-major, which is all that
// cuDNN has for it).
#ifndef TENON_TENSOR_CUDA_CONV_GRAPH_H_
#define TENON_TENSOR_CUDA_CONV_GRAPH_H_

#include <cstdint>
#include <vector>

#include "tensor/cuda/cudnn_graph.h"
#include "tensor/dtype.h"
#include "tensor/ops/convolution.h"
#include "tensor/tensor.h"

namespace tenon::cuda {

/// x [N,C,H,W], weight [K,C/g,R,S], y [N,K,P,Q]: y, or the derivative for x or for weight.
struct Convolution {
  enum class Direction : std::int64_t { kForward, kInputGrad, kWeightGrad };
  Direction direction;
  DType dtype;
  Shape x, weight, y;
  Conv2dParams params;
  bool bias = false;  ///< [K], added to y
  bool relu = false;  ///< after the bias: max(y, 0), which may turn NaN into 0

  /// Equal for equal convolutions.
  std::vector<std::int64_t> key() const;
};

/// What the tensors of its graph go by.
enum ConvolutionId : std::int64_t { kConvX, kConvWeight, kConvY, kConvBias };

/// In which order they lie in memory.
Layout convolution_layout(DType dtype);

/// The operations, not yet finished.
cudnn::Graph convolution_graph(const Convolution& convolution);

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_CONV_GRAPH_H_

// Attention as graphs of cuDNN, in the form that its fused engines ("flash attention") recognize:
// the products, the mask by comparing row and column numbers, and the softmax in parts. (The
// library's single operation for attention has no mask before its release 9.21.)
#ifndef TENON_TENSOR_CUDA_ATTENTION_GRAPH_H_
#define TENON_TENSOR_CUDA_ATTENTION_GRAPH_H_

#include <cstdint>
#include <vector>

#include "tensor/cuda/cudnn_graph.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace tenon::cuda {

/// Which keys query i of T sees of S: all; those up to i; those up to i + S - T.
enum class AttentionMask : std::int64_t { kNone, kCausal, kCausalFromEnd };

/// q [B,H,T,D], k [B,G,S,D], v [B,G,S,E], y and grad [B,H,T,E] of bf16 or f16, with the last
/// dimension dense; the derivatives have strides of their own.
struct AttentionProblem {
  DType dtype;
  AttentionMask mask;
  Shape q, k, v;
  Strides q_strides, k_strides, v_strides, y_strides;
  // The derivative's alone.
  Strides grad_strides = {}, q_grad_strides = {}, k_grad_strides = {}, v_grad_strides = {};
  bool deterministic = true;  ///< queries' gradients are not added up by atomics

  bool operator==(const AttentionProblem&) const = default;
  /// Equal for equal problems of one direction.
  std::vector<std::int64_t> key() const;
};

/// What tensors and numbers go by. kAttentionRows [B,H,T,1] f32 and kAttentionSums (q's shape, f32,
/// row-major) are room that the derivative wants, the second only where it is not deterministic.
enum AttentionId : std::int64_t {
  kAttentionQ,
  kAttentionK,
  kAttentionV,
  kAttentionY,
  kAttentionLogsumexp,
  kAttentionGrad,
  kAttentionQGrad,
  kAttentionKGrad,
  kAttentionVGrad,
  kAttentionRows,
  kAttentionSums,
  kAttentionScale,    ///< f32: what scores are multiplied by
  kAttentionHidden,   ///< f32: -infinity
  kAttentionOne,      ///< f32: 1
  kAttentionQueries,  ///< i32: T
  kAttentionKeys,     ///< i32: S
};

/// y and the logsumexp [B,H,T,1], f32; not yet finished.
cudnn::Graph attention_graph(const AttentionProblem& problem);
/// The derivatives for q, k and v from those.
cudnn::Graph attention_grad_graph(const AttentionProblem& problem);

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_ATTENTION_GRAPH_H_

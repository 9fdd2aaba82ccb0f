// Fused optimizer updates over many tensors in place: one pass over memory for each.
#ifndef TENON_TENSOR_OPS_OPTIMIZER_H_
#define TENON_TENSOR_OPS_OPTIMIZER_H_

#include <cstdint>
#include <span>

#include "tensor/tensor.h"

namespace tenon {

/// SGD with momentum, dampening and Nesterov (Sutskever et al. 2013), as PyTorch defines it.
struct SgdStep {
  double lr = 0;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
  bool first = false;  ///< the buffers are zeros and take the first gradient undampened
};
/// parameters, grads and (where momentum != 0) buffers, in step with each other, dense, floating.
void sgd_(std::span<const Tensor> parameters, std::span<const Tensor> grads,
          std::span<const Tensor> buffers, const SgdStep& step);

/// Adam (Kingma & Ba 2015, algorithm 1), or AdamW (Loshchilov & Hutter 2019) where decoupled.
struct AdamStep {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
  bool decoupled = false;
  std::int64_t step = 1;  ///< counted from 1
};
void adam_(std::span<const Tensor> parameters, std::span<const Tensor> grads,
           std::span<const Tensor> first_moments, std::span<const Tensor> second_moments,
           const AdamStep& step);

}  // namespace tenon

#endif  // TENON_TENSOR_OPS_OPTIMIZER_H_

// Softmax and cross entropy. Floating.
#ifndef TENON_TENSOR_OPS_LOSS_H_
#define TENON_TENSOR_OPS_LOSS_H_

#include <cstdint>

#include "tensor/tensor.h"

namespace tenon {

Tensor softmax(const Tensor& x, int dim);
Tensor log_softmax(const Tensor& x, int dim);

enum class Reduction : std::uint8_t { kNone, kMean, kSum };
/// -log softmax(logits)[label], fused. logits [N,C], labels [N] i64 in [0,C) -> [] or [N] for
/// kNone. Throws IndexError that names the first bad label.
Tensor cross_entropy(const Tensor& logits, const Tensor& labels,
                     Reduction reduction = Reduction::kMean);
/// Its gradient, (softmax(logits) - onehot(labels)) * grad (/ N for kMean); grad [] or [N].
Tensor cross_entropy_grad(const Tensor& grad, const Tensor& logits, const Tensor& labels,
                          Reduction reduction);

}  // namespace tenon

#endif  // TENON_TENSOR_OPS_LOSS_H_

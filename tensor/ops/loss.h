// Softmax and cross entropy. Floating.
#ifndef TENON_TENSOR_OPS_LOSS_H_
#define TENON_TENSOR_OPS_LOSS_H_

#include <cstdint>

#include "tensor/tensor.h"

namespace tenon {

Tensor softmax(const Tensor& x, int dim);
Tensor log_softmax(const Tensor& x, int dim);

enum class Reduction : std::uint8_t { kNone, kMean, kSum };

struct CrossEntropyParams {
  /// [C] of f32 or the logits' dtype, or undefined: factors of the classes. The mean is then over
  /// weights.
  Tensor weight{};
  /// Share of the target that is spread evenly over all classes, in [0,1] (Szegedy et al. 2016,
  /// "Rethinking the Inception architecture", §7).
  double label_smoothing = 0;
  /// A label that counts for nothing.
  std::int64_t ignore_index = -100;
  Reduction reduction = Reduction::kMean;
};
/// -log softmax(logits)[label], fused. logits [N,C], labels [N] i64 in [0,C) -> [] or [N] for
/// kNone. The mean of no labels is NaN. Throws IndexError that names the first bad label.
Tensor cross_entropy(const Tensor& logits, const Tensor& labels,
                     const CrossEntropyParams& params = {});
/// Its gradient for grad [] or [N]: (softmax(logits) - onehot(labels)) grad (/ N for kMean), with
/// the target and the mean that the parameters make.
Tensor cross_entropy_grad(const Tensor& grad, const Tensor& logits, const Tensor& labels,
                          const CrossEntropyParams& params);
/// The target that the loss compares with, [N,C]: weight (1 - smoothing) at the label plus weight
/// smoothing / C everywhere, zeros for ignored labels; divided by the sum of weights for kMean.
Tensor cross_entropy_target(const Tensor& logits, const Tensor& labels,
                            const CrossEntropyParams& params);

}  // namespace tenon

#endif  // TENON_TENSOR_OPS_LOSS_H_

#include "regularize/soft_targets.h"

#include "autograd/ops.h"
#include "regularize/internal/check.h"
#include "tensor/ops.h"

namespace tenon::regularize {

Variable soft_cross_entropy(const Variable& logits, const Tensor& targets) {
  if (logits.ndim() != 2 || logits.shape() != targets.shape()) {
    throw ShapeError("[soft_cross_entropy] expected logits and targets [N,C], got " +
                     to_string(logits.shape()) + " and " + to_string(targets.shape()));
  }
  const Variable terms = autograd::log_softmax(logits, 1) * Variable(targets);
  return autograd::sum(terms) * (-1.0 / static_cast<double>(logits.size(0)));
}

Variable SoftCrossEntropy::operator()(const Variable& logits, const Tensor& targets) const {
  if (targets.dtype() == DType::kI64) return autograd::cross_entropy(logits, targets);
  return soft_cross_entropy(logits, targets.to(logits.dtype()));
}

Tensor smooth_labels(const Tensor& labels, std::int64_t classes, double smoothing,
                     const TensorOptions& options) {
  internal::require_share("smooth_labels", "smoothing", smoothing);
  const Tensor hot = one_hot(labels, classes, options.dtype).to(options.device);
  return hot * (1 - smoothing) + smoothing / static_cast<double>(classes);
}

Variable LabelSmoothing::operator()(const Variable& logits, const Tensor& labels) const {
  internal::require_share("LabelSmoothing", "smoothing", smoothing);
  return autograd::cross_entropy(logits, labels, {.label_smoothing = smoothing});
}

Variable mixed_loss(const Variable& logits, const Tensor& labels, const Tensor& other,
                    const Tensor& share) {
  if (!(min(share).item<double>() >= 0 && max(share).item<double>() <= 1)) {
    throw ValueError("[mixed_loss] expected shares from 0 to 1, got " + to_string(share));
  }
  const CrossEntropyParams each{.reduction = Reduction::kNone};
  const Variable first = autograd::cross_entropy(logits, labels, each);
  const Variable second = autograd::cross_entropy(logits, other, each);
  const Tensor weight = share.to(logits.dtype());
  return autograd::mean(first * Variable(weight) + second * Variable(1 - weight));
}

Variable mixed_loss(const Variable& logits, const Tensor& labels, const Tensor& other,
                    double share) {
  return mixed_loss(logits, labels, other, scalar(share, logits.value().options()));
}

}  // namespace tenon::regularize

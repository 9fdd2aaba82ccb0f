// Losses whose targets are not one class: smoothed labels, mixed examples.
//
//   LabelSmoothing smooth{.smoothing = 0.1};
//   Variable loss = smooth(net(images), labels);             // labels [N] i64
//
//   // Two images laid over each other, or one pasted into the other:
//   Variable mixed = mixed_loss(net(images), labels, other_labels, share);
#ifndef TENON_REGULARIZE_SOFT_TARGETS_H_
#define TENON_REGULARIZE_SOFT_TARGETS_H_

#include "autograd/variable.h"
#include "tensor/tensor.h"

namespace tenon::regularize {

using autograd::Variable;

/// -mean over n of Σ_c targets[n,c] log softmax(logits)[n,c], for probabilities [N,C] of the
/// logits' dtype -> []. PyTorch's cross_entropy with probabilities. Throws ShapeError where the
/// shapes differ.
Variable soft_cross_entropy(const Variable& logits, const Tensor& targets);

/// The same as a loss for fit() with data whose targets are probabilities in training and labels
/// [N] i64 in validation, as with data/image/mix.h: labels get the plain cross entropy.
struct SoftCrossEntropy {
  Variable operator()(const Variable& logits, const Tensor& targets) const;
};

/// labels [N] i64 -> [N,classes]: smoothing / classes everywhere and 1 - smoothing more at the
/// label. Throws ValueError for a smoothing outside [0,1], IndexError for a label outside
/// [0,classes).
Tensor smooth_labels(const Tensor& labels, std::int64_t classes, double smoothing,
                     const TensorOptions& options = {});

/// Cross entropy with smoothed labels. (Szegedy et al. 2016, "Rethinking the Inception architecture
/// for computer vision", §7)
struct LabelSmoothing {
  double smoothing = 0.1;  ///< from 0 to 1
  Variable operator()(const Variable& logits, const Tensor& labels) const;
};

/// Cross entropy of mixed examples: share · CE(labels) + (1 - share) · CE(other), where `share` is
/// one number [], or one for each example [N]. For Mixup the weight of the first image, for CutMix
/// the part of the area that is still the first image's. (Zhang et al. 2018, "mixup: beyond
/// empirical risk minimization", §2; Yun et al. 2019, "CutMix", §3.1, equation 1)
Variable mixed_loss(const Variable& logits, const Tensor& labels, const Tensor& other,
                    const Tensor& share);
Variable mixed_loss(const Variable& logits, const Tensor& labels, const Tensor& other,
                    double share);

}  // namespace tenon::regularize

#endif  // TENON_REGULARIZE_SOFT_TARGETS_H_

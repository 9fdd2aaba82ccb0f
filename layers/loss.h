// Losses: what training makes small.
//
//   Variable loss = cross_entropy(net(images), labels);   // logits [N,C], labels [N] i64 -> []
//   Variable robust = huber_loss(net(x), y, {.delta = 0.5});
//   loss.backward();
//
// Each is a function and an object that holds its options, to be passed where a loss is wanted
// (`HuberLoss{.delta = 0.5}`). Names, defaults and numbers are PyTorch's. Reductions: the mean (by
// default), the sum, or none. Targets are constants of x's shape where nothing else is said: no
// gradient flows to them. Throws ShapeError where shapes differ (nothing is broadcast), DTypeError,
// and ValueError for options that make no sense.
#ifndef TENON_LAYERS_LOSS_H_
#define TENON_LAYERS_LOSS_H_

#include "autograd/ops.h"
#include "layers/module.h"

namespace tenon::layers {

/// -log softmax(logits)[label] for labels [N] i64, averaged over the batch by default. See
/// tensor/ops/loss.h.
using autograd::cross_entropy;

/// The same as an object that holds its options, to be passed where a loss is wanted.
struct CrossEntropyLoss {
  Tensor weight{};                   ///< [C]: the mean is then over weights
  double label_smoothing = 0;        ///< share of the target spread evenly over the classes
  std::int64_t ignore_index = -100;  ///< a label that counts for nothing
  Reduction reduction = Reduction::kMean;

  Variable operator()(const Variable& logits, const Tensor& labels) const {
    return cross_entropy(logits, labels,
                         {.weight = weight,
                          .label_smoothing = label_smoothing,
                          .ignore_index = ignore_index,
                          .reduction = reduction});
  }
};

// Regression.

/// (x - target)^2.
struct MseLoss {
  Reduction reduction = Reduction::kMean;
  Variable operator()(const Variable& x, const Tensor& target) const;
};

/// |x - target|.
struct L1Loss {
  Reduction reduction = Reduction::kMean;
  Variable operator()(const Variable& x, const Tensor& target) const;
};

/// d^2 / 2 for d = |x - target| below delta, else delta (d - delta / 2). (Huber 1964, "Robust
/// estimation of a location parameter", §3)
struct HuberLoss {
  double delta = 1;  ///< > 0
  Reduction reduction = Reduction::kMean;
  Variable operator()(const Variable& x, const Tensor& target) const;
};

/// Huber's loss divided by beta; the L1 loss for beta = 0. (Girshick 2015, "Fast R-CNN", §2.3)
struct SmoothL1Loss {
  double beta = 1;  ///< >= 0
  Reduction reduction = Reduction::kMean;
  Variable operator()(const Variable& x, const Tensor& target) const;
};

// Classification.

/// -(t log p + (1-t) log(1-p)) for probabilities p in [0,1], logarithms cut off at -100. Prefer
/// BceWithLogitsLoss, whose gradient does not fade.
struct BceLoss {
  Tensor weight{};  ///< factors that broadcast to the loss; none where undefined
  Reduction reduction = Reduction::kMean;
  Variable operator()(const Variable& p, const Tensor& target) const;
};

/// The same of p = sigmoid(x), computed without overflow for any x.
struct BceWithLogitsLoss {
  Tensor weight{};      ///< factors that broadcast to the loss
  Tensor pos_weight{};  ///< factors of the term of t, broadcast: > 1 for more recall
  Reduction reduction = Reduction::kMean;
  Variable operator()(const Variable& x, const Tensor& target) const;
};

/// -log_p[label] for log probabilities [N,C] and labels [N] i64 -> [] or [N] for kNone. Throws
/// IndexError for a label outside [0,C).
struct NllLoss {
  Tensor weight{};                   ///< [C]: the mean is then over weights
  std::int64_t ignore_index = -100;  ///< a label that counts for nothing
  Reduction reduction = Reduction::kMean;
  Variable operator()(const Variable& log_p, const Tensor& labels) const;
};

/// target (log target - log_p), 0 where the target is: Kullback-Leibler's divergence of
/// probabilities in the target from log probabilities in x.
struct KlDivLoss {
  bool log_target = false;  ///< the target holds log probabilities too
  bool batch_mean = false;  ///< sum over everything by the first dimension; overrides reduction
  Reduction reduction = Reduction::kMean;
  Variable operator()(const Variable& log_p, const Tensor& target) const;
};

// Margins.

/// max(0, -y (x1 - x2) + margin), y = 1 where x1 should be larger and -1 where x2 should.
struct MarginRankingLoss {
  double margin = 0;
  Reduction reduction = Reduction::kMean;
  Variable operator()(const Variable& x1, const Variable& x2, const Tensor& y) const;
};

/// x where y = 1, max(0, margin - x) where y = -1.
struct HingeEmbeddingLoss {
  double margin = 1;
  Reduction reduction = Reduction::kMean;
  Variable operator()(const Variable& x, const Tensor& y) const;
};

/// sum over j != label of weight[label] max(0, margin - x[label] + x[j])^p / C, for x [N,C] and
/// labels [N] i64 -> [] or [N]. (Crammer & Singer 2001 for p = 1)
struct MultiMarginLoss {
  int p = 1;  ///< 1 or 2
  double margin = 1;
  Tensor weight{};  ///< [C]
  Reduction reduction = Reduction::kMean;
  Variable operator()(const Variable& x, const Tensor& labels) const;
};

/// 1 - cos(x1, x2) where y = 1, max(0, cos(x1, x2) - margin) where y = -1; x1, x2 [N,D], y [N].
struct CosineEmbeddingLoss {
  double margin = 0;
  Reduction reduction = Reduction::kMean;
  Variable operator()(const Variable& x1, const Variable& x2, const Tensor& y) const;
};

inline Variable mse_loss(const Variable& x, const Tensor& target, const MseLoss& loss = {}) {
  return loss(x, target);
}
inline Variable l1_loss(const Variable& x, const Tensor& target, const L1Loss& loss = {}) {
  return loss(x, target);
}
inline Variable huber_loss(const Variable& x, const Tensor& target, const HuberLoss& loss = {}) {
  return loss(x, target);
}
inline Variable smooth_l1_loss(const Variable& x, const Tensor& target,
                               const SmoothL1Loss& loss = {}) {
  return loss(x, target);
}
inline Variable bce_loss(const Variable& p, const Tensor& target, const BceLoss& loss = {}) {
  return loss(p, target);
}
inline Variable bce_with_logits_loss(const Variable& x, const Tensor& target,
                                     const BceWithLogitsLoss& loss = {}) {
  return loss(x, target);
}
inline Variable nll_loss(const Variable& log_p, const Tensor& labels, const NllLoss& loss = {}) {
  return loss(log_p, labels);
}
inline Variable kl_div_loss(const Variable& log_p, const Tensor& target,
                            const KlDivLoss& loss = {}) {
  return loss(log_p, target);
}
inline Variable margin_ranking_loss(const Variable& x1, const Variable& x2, const Tensor& y,
                                    const MarginRankingLoss& loss = {}) {
  return loss(x1, x2, y);
}
inline Variable hinge_embedding_loss(const Variable& x, const Tensor& y,
                                     const HingeEmbeddingLoss& loss = {}) {
  return loss(x, y);
}
inline Variable multi_margin_loss(const Variable& x, const Tensor& labels,
                                  const MultiMarginLoss& loss = {}) {
  return loss(x, labels);
}
inline Variable cosine_embedding_loss(const Variable& x1, const Variable& x2, const Tensor& y,
                                      const CosineEmbeddingLoss& loss = {}) {
  return loss(x1, x2, y);
}

}  // namespace tenon::layers

#endif  // TENON_LAYERS_LOSS_H_

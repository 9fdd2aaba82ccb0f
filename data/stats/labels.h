// Class labels: how many there are of each, and noise among them.
//
//   std::vector<std::int64_t> counts = class_counts(labels, 10);
//   NoisyLabels noisy = shuffle_labels(labels, {.share = 0.4, .seed = 1});
#ifndef TENON_DATA_STATS_LABELS_H_
#define TENON_DATA_STATS_LABELS_H_

#include <cstdint>
#include <vector>

#include "tensor/tensor.h"

namespace tenon::data {

/// How many of labels [N] i64 are 0, 1, … classes - 1. With classes 0, up to the largest label.
/// Throws ShapeError, DTypeError, ValueError for a label outside [0, classes).
std::vector<std::int64_t> class_counts(const Tensor& labels, std::int64_t classes = 0);

struct LabelNoiseOptions {
  double share = 1;  ///< of the examples, from 0 to 1
  std::uint64_t seed = 0;
};

struct NoisyLabels {
  Tensor labels;                      ///< [N] i64
  std::vector<std::int64_t> indices;  ///< the examples drawn, in ascending order
};

/// Draws round(share * N) examples at random and deals their labels out among them anew, at random.
/// Every class keeps its count; an example may get its own label back. With share 1 labels and
/// inputs have nothing to do with each other (Zhang et al. 2017, "Understanding deep learning
/// requires rethinking generalization", §2). labels [N] i64, which stay as they are.
/// Throws ShapeError, DTypeError, ValueError for another share.
NoisyLabels shuffle_labels(const Tensor& labels, const LabelNoiseOptions& options = {});

}  // namespace tenon::data

#endif  // TENON_DATA_STATS_LABELS_H_

// Batches whose examples are mixtures of two: images and targets alike.
//
//   DataLoader loader(train, {.batch_size = 128, .shuffle = true, .workers = 1,
//                             .transform = in_turn({on_inputs(augment), Mixup{.classes = 10}})});
//   for (const Batch& batch : loader) loss = cross_entropy(net(batch.inputs), batch.targets);
//
// Each example of a batch is mixed with another of it, in the same proportion for all, drawn from
// Beta(alpha, alpha). Which ones and how much depends on (seed, epoch, number of the batch).
// Targets [B] i64 become probabilities [B,classes] f32; those that are [B,K] f32 already stay so.
// All throw ShapeError, DTypeError; ValueError for alpha not above 0; IndexError for a class
// outside [0, classes).
#ifndef TENON_DATA_IMAGE_MIX_H_
#define TENON_DATA_IMAGE_MIX_H_

#include <cstdint>

#include "data/dataset.h"
#include "data/random_key.h"

namespace tenon::data {

/// lambda * x_i + (1 - lambda) * x_j; inputs [B,...] f32. (Zhang et al. 2018, "mixup: Beyond
/// empirical risk minimization", §2)
struct Mixup {
  double alpha = 0.2;
  std::int64_t classes = 0;
  void operator()(Batch& batch, const BatchKey& key) const;
};

/// A box of x_j, a share 1 - lambda of the area, is pasted over x_i; inputs [B,C,H,W] u8 or f32.
/// The targets are mixed by the share that the box, cut off at the borders, really has. (Yun et al.
/// 2019, "CutMix: Regularization strategy to train strong classifiers", §3.1)
struct CutMix {
  double alpha = 1;
  std::int64_t classes = 0;
  void operator()(Batch& batch, const BatchKey& key) const;
};

/// The next number of a stream, from Beta(alpha, alpha); alpha > 0. (Marsaglia & Tsang 2000, "A
/// simple method for generating gamma variables")
double next_beta(Generator& generator, double alpha);

}  // namespace tenon::data

#endif  // TENON_DATA_IMAGE_MIX_H_

// Losses: what training makes small.
//
//   Variable loss = cross_entropy(net(images), labels);   // logits [N,C], labels [N] i64 -> []
//   loss.backward();
#ifndef TENON_LAYERS_LOSS_H_
#define TENON_LAYERS_LOSS_H_

#include "autograd/ops.h"
#include "layers/module.h"

namespace tenon::layers {

/// -log softmax(logits)[label], averaged over the batch by default. See tensor/ops.h.
using autograd::cross_entropy;

/// The same as an object that holds its options, to be passed where a loss is wanted.
struct CrossEntropyLoss {
  Reduction reduction = Reduction::kMean;

  Variable operator()(const Variable& logits, const Tensor& labels) const {
    return cross_entropy(logits, labels, reduction);
  }
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_LOSS_H_

// Softmax and cross entropy.
#ifndef TENON_AUTOGRAD_OPS_LOSS_H_
#define TENON_AUTOGRAD_OPS_LOSS_H_

#include "autograd/variable.h"
#include "tensor/ops/loss.h"

namespace tenon::autograd {

Variable softmax(const Variable& x, int dim);
Variable log_softmax(const Variable& x, int dim);
Variable cross_entropy(const Variable& logits, const Tensor& labels,
                       const CrossEntropyParams& params = {});

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_OPS_LOSS_H_

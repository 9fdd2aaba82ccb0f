// Attention.
#ifndef TENON_AUTOGRAD_OPS_ATTENTION_H_
#define TENON_AUTOGRAD_OPS_ATTENTION_H_

#include "autograd/variable.h"
#include "tensor/ops/attention.h"

namespace tenon::autograd {

/// softmax(scale q k^T + mask) v, without the T x S weights in memory: q [B,H,T,D], k [B,G,S,D],
/// v [B,G,S,E], mask a constant. See tensor/ops/attention.h. A second derivative, and dropout of
/// the weights with probability `dropout` (its survivors scaled by 1/(1-p)), make the weights.
Variable scaled_dot_product_attention(const Variable& q, const Variable& k, const Variable& v,
                                      const Tensor& mask = {}, const AttentionParams& params = {},
                                      double dropout = 0);

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_OPS_ATTENTION_H_

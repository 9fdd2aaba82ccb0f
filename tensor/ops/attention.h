// Scaled dot-product attention (Vaswani et al. 2017, "Attention is all you need", §3.2.1) without
// the T x S matrix of weights in memory: tiles of it are made, used and forgotten (Dao et al. 2022,
// "FlashAttention", algorithm 1), so that memory grows with T + S and not with T S.
//
// On a GPU that is cuDNN's work: bf16 and f16, D and E multiples of 8, no mask but `causal` with an
// offset of 0 or S - T. Anything else is two products there and a softmax between them, of any
// length, with memory for the matrix; what is so of 16 bits is reported (tensor/cuda/fallback.h).
//
//   Attention a = scaled_dot_product_attention(q, k, v, {}, {.causal = true});   // a.y [B,H,T,E]
#ifndef TENON_TENSOR_OPS_ATTENTION_H_
#define TENON_TENSOR_OPS_ATTENTION_H_

#include <cstdint>

#include "tensor/tensor.h"

namespace tenon {

struct AttentionParams {
  /// Query i sees the keys up to number i + offset and no later one.
  bool causal = false;
  /// Keys before the first query's own: the length of a cache.
  std::int64_t offset = 0;
  /// What q k^T is multiplied by; 1 / sqrt(D) where 0.
  double scale = 0;
};

/// What was computed, and what its derivative needs.
struct Attention {
  Tensor y;          ///< [B,H,T,E]; in memory [B,T,H,E], as the projection after it reads it
  Tensor logsumexp;  ///< [B,H,T], f64 for f64, else f32: log of the sum of exponentials of a row
};

/// softmax(scale q k^T + mask) v. q [B,H,T,D], k [B,G,S,D], v [B,G,S,E]; H is a multiple of G, and
/// each key head serves H/G query heads in turn (Ainslie et al. 2023, "GQA", §2.2). mask, where
/// defined, broadcasts to [B,H,T,S]: bool, true for keys that are seen, or of q's dtype, added. A
/// query that sees no key gives zeros. Floating; 16-bit products are summed in f32.
Attention scaled_dot_product_attention(const Tensor& q, const Tensor& k, const Tensor& v,
                                       const Tensor& mask = {}, const AttentionParams& params = {});

struct AttentionGrads {
  Tensor q;
  Tensor k;
  Tensor v;
};
/// Its derivatives for grad [B,H,T,E] and what the forward pass gave.
AttentionGrads scaled_dot_product_attention_grad(const Tensor& grad, const Tensor& q,
                                                 const Tensor& k, const Tensor& v,
                                                 const Tensor& mask, const AttentionParams& params,
                                                 const Attention& forward);

}  // namespace tenon

#endif  // TENON_TENSOR_OPS_ATTENTION_H_

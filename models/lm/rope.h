// Rotary positions (Su et al. 2021, "RoFormer", §3.2), in the layout of Transformers: number i of a
// head's first half is turned together with number i of its second half.
#ifndef TENON_MODELS_LM_ROPE_H_
#define TENON_MODELS_LM_ROPE_H_

#include <utility>

#include "autograd/variable.h"
#include "models/lm/config.h"

namespace tenon::models {

/// Cosines and sines [..,head_size/2] f32 for positions [..] i64.
std::pair<Tensor, Tensor> rope_table(const RopeConfig& config, std::int64_t head_size,
                                     const Tensor& positions);

/// x [B,H,T,D] turned by cos, sin [B or 1,1,T,D/2].
autograd::Variable rope(const autograd::Variable& x, const Tensor& cos, const Tensor& sin);

}  // namespace tenon::models

#endif  // TENON_MODELS_LM_ROPE_H_

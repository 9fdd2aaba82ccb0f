// What the blocks of all families share.
#ifndef TENON_MODELS_LM_BLOCK_H_
#define TENON_MODELS_LM_BLOCK_H_

#include "layers/container.h"
#include "models/lm/causal_lm.h"

namespace tenon::models {

/// What a block needs beside x.
struct BlockCall {
  KvCache* cache = nullptr;
  std::int64_t offset = 0;  ///< positions in the cache before this call
  Tensor key_mask{};        ///< [B,1,1,S] bool, or undefined
  Tensor cos{};             ///< [.., T, D/2] where the family rotates; else undefined
  Tensor sin{};
};

/// Half of a block: x [B,T,D] -> [B,T,D].
class Block : public layers::Module {
 public:
  using Module::forward;
  using Module::Module;
  virtual Variable forward(const Variable& x, const BlockCall& call) = 0;
};

struct AttentionOptions {
  std::int64_t layer = 0;
  std::int64_t heads = 1;
  std::int64_t key_heads = 1;
  double scale = 0;         ///< 1 / sqrt(size of a head) where 0
  std::int64_t window = 0;  ///< a position sees the last `window` ones; all where 0
  double dropout = 0;       ///< of the weights while training
};

/// Causal attention over q [B,T,H D], k and v [B,T,G D] -> [B,T,H D].
Variable attend(const Variable& q, const Variable& k, const Variable& v,
                const AttentionOptions& options, const BlockCall& call, bool training);

Variable activate(LmActivation activation, const Variable& x);
/// activation(layer(x)), the layer's own but for SiLU.
Variable activate(LmActivation activation, layers::Linear& layer, const Variable& x);
/// dropout(x, p) while training.
Variable drop(const Variable& x, double p, bool training);

/// Runs a list of blocks, each under checkpoint() where wanted and something is recorded.
Variable run(layers::Container& blocks, const Variable& x, const BlockCall& call,
             bool checkpointing);

}  // namespace tenon::models

#endif  // TENON_MODELS_LM_BLOCK_H_

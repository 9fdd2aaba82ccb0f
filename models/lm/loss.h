// The loss of a causal language model, without a [tokens, vocabulary] matrix in memory.
//
//   Tensor tokens = ...;                                     // [B,T] i64
//   Variable loss = causal_lm_loss(model, tokens);           // mean over B (T-1) predictions
//   loss.backward();
//
//   Tensor blocks = pack_blocks(ids, 128);                   // texts one behind the other, [N,128]
//   PaddedBatch batch = pad_batch(texts, /*pad=*/1);         // or side by side, with a mask
#ifndef TENON_MODELS_LM_LOSS_H_
#define TENON_MODELS_LM_LOSS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "models/lm/causal_lm.h"

namespace tenon::models {

/// A label that counts for nothing.
inline constexpr std::int64_t kIgnoredLabel = -100;

struct LinearLossOptions {
  /// Numbers of logits in memory at a time: rows are taken in chunks of this many / V, at least 16.
  std::int64_t chunk = std::int64_t{1} << 23;
};

/// Mean cross entropy of x W^T with `labels`, over those that are not kIgnoredLabel (NaN where none
/// is): x [N,D], weight [V,D], labels [N] i64 -> []. The logits of a chunk of rows are made, become
/// their own gradient and that of x and W, and are forgotten: memory is x's and W's, not N V.
/// Products run in the dtype of an Autocast, sums in f32. Throws IndexError for a label outside
/// [0,V).
Variable linear_cross_entropy(const Variable& x, const Variable& weight, const Tensor& labels,
                              const LinearLossOptions& options = {});

struct LmLossOptions {
  /// [B,T] bool, false for padding: neither seen nor predicted.
  Tensor mask{};
  /// [B,T] i64, what each position is to be predicted as by the one before it; `tokens` where
  /// undefined. kIgnoredLabel for positions that do not count, such as those of a prompt.
  Tensor labels{};
  LinearLossOptions linear{};
};

/// Mean of -log p(token t | tokens before it), t from 1, over the positions that count. The head
/// may have any operator: one that is not dense makes the logits of each chunk twice.
Variable causal_lm_loss(CausalLm& model, const Tensor& tokens, const LmLossOptions& options = {});

/// [N,length]: all ids in one row cut into blocks; what is left at the end is dropped. Throws
/// ValueError for fewer ids than a block has.
Tensor pack_blocks(std::span<const std::int32_t> ids, std::int64_t length);

struct PaddedBatch {
  Tensor tokens;  ///< [B,T] i64
  Tensor mask;    ///< [B,T] bool
};
/// Texts of different lengths, with `pad` behind the shorter ones. Throws ValueError for no texts
/// or an empty one.
PaddedBatch pad_batch(const std::vector<std::vector<std::int32_t>>& texts, std::int64_t pad);

}  // namespace tenon::models

#endif  // TENON_MODELS_LM_LOSS_H_

// Training a causal language model, or the adapters in it, on blocks of text.
//
//   Tensor blocks = models::pack_blocks(tokenizer.encode(text), 128);
//   const auto result = train_lm(*model, blocks, {.steps = 500, .batch_size = 8, .lr = 2e-4});
//
// AdamW with a linear warm-up and a linear fall to zero; gradients are clipped.
#ifndef TENON_FINETUNE_TRAIN_LM_H_
#define TENON_FINETUNE_TRAIN_LM_H_

#include <cstdint>
#include <functional>
#include <optional>

#include "absl/status/statusor.h"
#include "models/lm/causal_lm.h"
#include "models/lm/loss.h"

namespace tenon::finetune {

struct LmStep {
  std::int64_t step = 0;  ///< from 1
  double loss = 0;
  double lr = 0;
  double gradient_norm = 0;  ///< before clipping
};

struct TrainLmOptions {
  std::int64_t steps = 100;
  std::int64_t batch_size = 8;  ///< blocks that go through the model at once
  std::int64_t accumulate = 1;  ///< batches whose gradients make one step
  double lr = 2e-4;
  double weight_decay = 0.01;  ///< of matrices, not of biases and norms
  double max_norm = 1;         ///< of all gradients as one vector; 0 does not clip
  std::int64_t warmup = 0;     ///< steps until the rate is `lr`
  std::uint64_t seed = 1;      ///< of the order of blocks
  /// bf16 (or f16) products over f32 weights; none where empty.
  std::optional<DType> autocast = std::nullopt;
  bool checkpointing = false;  ///< CausalLm::set_checkpointing
  bool states_8bit = false;    ///< FusedOptimizer::keep_8bit_states, for a quarter of the memory
  models::LinearLossOptions linear = {};
  /// Called after each step; false ends the training.
  std::function<bool(const LmStep&)> on_step = {};
};

struct TrainLmResult {
  std::int64_t steps = 0;
  std::int64_t tokens = 0;  ///< that went through the model
  double seconds = 0;
  std::int64_t peak_bytes = 0;  ///< largest memory of tensors while training
  double last_loss = 0;         ///< mean over the last tenth of the steps
};

/// blocks [N,T] i64, on any device, gone through in random order, again and again. Trains the
/// parameters that require a gradient, in training mode (put back afterwards); the dropout of a
/// model that has one is drawn from default_generator(). AbortedError where a loss is not finite,
/// before its step. Throws ValueError for options out of range or where nothing is to be trained.
absl::StatusOr<TrainLmResult> train_lm(models::CausalLm& model, const Tensor& blocks,
                                       const TrainLmOptions& options = {});

}  // namespace tenon::finetune

#endif  // TENON_FINETUNE_TRAIN_LM_H_

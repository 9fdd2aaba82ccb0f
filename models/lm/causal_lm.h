// Language models that predict the next token: OPT, GPT-Neo, GPT-2, Llama and its kin.
//
//   absl::StatusOr<std::unique_ptr<CausalLm>> model = load_causal_lm("models/opt-125m");  //
//   folder.h Variable logits = (*model)->logits(tokens);            // [B,T] i64 -> [B,T,V]
//   Variable loss = causal_lm_loss(**model, tokens);       // loss.h
//   std::vector<std::int32_t> ids = generate(**model, prompt, {.max_new_tokens = 50});  //
//   generate.h
//
// Names of parameters are those of Transformers' models, and so are the numbers: a weight file of
// the Hub loads as it is. Every layer is a layers::Linear, so that its operator can be exchanged
// (//finetune quantizes and adapts them by name).
#ifndef TENON_MODELS_LM_CAUSAL_LM_H_
#define TENON_MODELS_LM_CAUSAL_LM_H_

#include <memory>

#include "layers/embedding.h"
#include "layers/linear.h"
#include "models/lm/config.h"
#include "models/lm/kv_cache.h"

namespace tenon::models {

using autograd::Variable;

struct BlockCall;
class RopeFrequencies;

struct LmCall {
  /// [B,T] bool, false for padding, which no position sees. Positions are counted over the others.
  /// Not together with a cache.
  Tensor mask{};
  /// Keys and values of earlier positions, which `tokens` follow; under NoGrad.
  KvCache* cache = nullptr;
};

class CausalLm : public layers::Module {
 public:
  ~CausalLm() override;

  const LmConfig& config() const { return config_; }

  /// tokens [B,T] i64 -> [B,T,D], after the last normalization. Throws ShapeError for another rank,
  /// for no tokens, and for more positions than the model has; IndexError for a token outside the
  /// vocabulary.
  Variable hidden(const Tensor& tokens, const LmCall& call = {});
  /// hidden [..,D] -> [..,V].
  Variable logits_of(const Variable& hidden) { return head()(hidden); }
  /// tokens [B,T] -> [B,T,V].
  Variable logits(const Tensor& tokens, const LmCall& call = {}) {
    return logits_of(hidden(tokens, call));
  }
  Variable forward(const Variable& tokens) override { return logits(tokens.value()); }

  /// Recompute each block during backward instead of keeping what it computed: memory for the
  /// inputs of the blocks alone, for a third more arithmetic. (Chen et al. 2016)
  void set_checkpointing(bool on) { checkpointing_ = on; }
  bool checkpointing() const { return checkpointing_; }

  virtual layers::Embedding& embedding() = 0;
  virtual layers::Linear& head() = 0;

 protected:
  explicit CausalLm(const LmConfig& config);

  /// The head's weight becomes the table's where `tied`. For the end of a constructor.
  void finish_construction();

 private:
  virtual Variable embed(const Tensor& tokens, const Tensor& positions) = 0;
  virtual Variable run_blocks(const Variable& x, const BlockCall& call) = 0;
  virtual Variable finish(const Variable& x) = 0;

  LmConfig config_;
  std::unique_ptr<RopeFrequencies> rope_frequencies_;
  bool checkpointing_ = false;
};

/// A model with first weights from default_generator(), N(0, init_deviation²) with biases of 0 and
/// norms of 1, or with none within layers::Placeholders. Throws ValueError for a config that makes
/// no sense.
std::unique_ptr<CausalLm> make_causal_lm(const LmConfig& config);

}  // namespace tenon::models

#endif  // TENON_MODELS_LM_CAUSAL_LM_H_

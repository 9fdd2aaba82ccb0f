// What GPT-2 and GPT-Neo are but for their blocks: tokens and learned positions, blocks, a norm.
#ifndef TENON_MODELS_LM_GPT_H_
#define TENON_MODELS_LM_GPT_H_

#include <cstdint>
#include <string>
#include <utility>

#include "layers/container.h"
#include "layers/embedding.h"
#include "layers/linear.h"
#include "layers/normalization.h"
#include "models/lm/block.h"

namespace tenon::models {

template <class GptBlock>
class Gpt final : public CausalLm {
 public:
  Gpt(const LmConfig& c, std::string name)
      : CausalLm(c),
        name_(std::move(name)),
        wte_(&transformer_, "wte",
             {.num_embeddings = c.vocab_size, .embedding_dim = c.hidden_size}),
        wpe_(&transformer_, "wpe", {.num_embeddings = c.positions, .embedding_dim = c.hidden_size}),
        h_(&transformer_, "h"),
        ln_f_(&transformer_, "ln_f", {.shape = {c.hidden_size}, .eps = c.norm_eps}),
        lm_head_(this, "lm_head",
                 {.in_features = c.hidden_size, .out_features = c.vocab_size, .bias = false}) {
    for (std::int64_t i = 0; i < c.layers; ++i) h_.template add<GptBlock>(c, i);
    finish_construction();
  }

  layers::Embedding& embedding() override { return wte_; }
  layers::Linear& head() override { return lm_head_; }
  std::string describe() const override { return name_; }

 private:
  Variable embed(const Tensor& tokens, const Tensor& positions) override {
    return drop(wte_(tokens) + wpe_(positions), config().dropout, training());
  }
  Variable run_blocks(const Variable& x, const BlockCall& call) override {
    return run(h_, x, call, checkpointing());
  }
  Variable finish(const Variable& x) override { return ln_f_(x); }

  std::string name_;
  layers::Module transformer_{this, "transformer"};
  layers::Embedding wte_;
  layers::Embedding wpe_;
  layers::ModuleList h_;
  layers::LayerNorm ln_f_;
  layers::Linear lm_head_;
};

}  // namespace tenon::models

#endif  // TENON_MODELS_LM_GPT_H_

#include "autograd/ops.h"
#include "layers/container.h"
#include "layers/normalization.h"
#include "models/lm/block.h"
#include "models/lm/families.h"

namespace tenon::models {
namespace {

using layers::Embedding;
using layers::Linear;
using layers::Module;
using layers::ModuleList;
using layers::RMSNorm;

struct LlamaAttention : Module {
  LlamaAttention(Module* parent, std::string_view name, const LmConfig& c, std::int64_t layer)
      : Module(parent, name),
        q_proj(this, "q_proj", input(c, c.heads)),
        k_proj(this, "k_proj", input(c, c.num_key_heads())),
        v_proj(this, "v_proj", input(c, c.num_key_heads())),
        o_proj(this, "o_proj",
               {.in_features = c.heads * c.size_of_head(),
                .out_features = c.hidden_size,
                .bias = c.attention_bias}),
        options{.layer = layer,
                .heads = c.heads,
                .key_heads = c.num_key_heads(),
                .dropout = c.attention_dropout} {}

  static layers::LinearOptions input(const LmConfig& c, std::int64_t heads) {
    return {.in_features = c.hidden_size,
            .out_features = heads * c.size_of_head(),
            .bias = c.query_bias || c.attention_bias};
  }

  using Module::forward;
  Variable forward(const Variable& x, const BlockCall& call) {
    return o_proj(attend(q_proj(x), k_proj(x), v_proj(x), options, call, training()));
  }

  Linear q_proj, k_proj, v_proj, o_proj;
  AttentionOptions options;
};

struct LlamaBlock final : Block {
  LlamaBlock(Module* parent, std::string_view name, const LmConfig& c, std::int64_t layer)
      : Block(parent, name),
        self_attn(this, "self_attn", c, layer),
        mlp(this, "mlp"),
        gate_proj(&mlp, "gate_proj", widening(c)),
        up_proj(&mlp, "up_proj", widening(c)),
        down_proj(
            &mlp, "down_proj",
            {.in_features = c.feed_forward, .out_features = c.hidden_size, .bias = c.mlp_bias}),
        input_layernorm(this, "input_layernorm", {.shape = {c.hidden_size}, .eps = c.norm_eps}),
        post_attention_layernorm(this, "post_attention_layernorm",
                                 {.shape = {c.hidden_size}, .eps = c.norm_eps}),
        activation(c.activation) {}

  static layers::LinearOptions widening(const LmConfig& c) {
    return {.in_features = c.hidden_size, .out_features = c.feed_forward, .bias = c.mlp_bias};
  }

  using Block::forward;
  Variable forward(const Variable& x, const BlockCall& call) override {
    const Variable y = x + self_attn.forward(input_layernorm(x), call);
    const Variable h = post_attention_layernorm(y);
    return y + down_proj(activate(activation, gate_proj, h) * up_proj(h));
  }

  LlamaAttention self_attn;
  Module mlp;
  Linear gate_proj, up_proj, down_proj;
  RMSNorm input_layernorm;
  RMSNorm post_attention_layernorm;
  LmActivation activation;
};

class Llama final : public CausalLm {
 public:
  explicit Llama(const LmConfig& c)
      : CausalLm(c),
        embed_tokens_(&model_, "embed_tokens",
                      {.num_embeddings = c.vocab_size, .embedding_dim = c.hidden_size}),
        layers_(&model_, "layers"),
        norm_(&model_, "norm", {.shape = {c.hidden_size}, .eps = c.norm_eps}),
        lm_head_(this, "lm_head",
                 {.in_features = c.hidden_size, .out_features = c.vocab_size, .bias = false}) {
    for (std::int64_t i = 0; i < c.layers; ++i) layers_.add<LlamaBlock>(c, i);
    finish_construction();
  }

  Embedding& embedding() override { return embed_tokens_; }
  Linear& head() override { return lm_head_; }
  std::string describe() const override { return "Llama"; }

 private:
  Variable embed(const Tensor& tokens, const Tensor&) override { return embed_tokens_(tokens); }
  Variable run_blocks(const Variable& x, const BlockCall& call) override {
    return run(layers_, x, call, checkpointing());
  }
  Variable finish(const Variable& x) override { return norm_(x); }

  Module model_{this, "model"};
  Embedding embed_tokens_;
  ModuleList layers_;
  RMSNorm norm_;
  Linear lm_head_;
};

}  // namespace

std::unique_ptr<CausalLm> make_llama(const LmConfig& config) {
  return std::make_unique<Llama>(config);
}

}  // namespace tenon::models

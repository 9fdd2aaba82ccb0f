#include "autograd/ops.h"
#include "layers/container.h"
#include "layers/normalization.h"
#include "models/lm/block.h"
#include "models/lm/families.h"

namespace tenon::models {
namespace {

using layers::Embedding;
using layers::LayerNorm;
using layers::Linear;
using layers::Module;
using layers::ModuleList;

struct GptNeoAttention : Module {
  GptNeoAttention(Module* parent, std::string_view name, const LmConfig& c, std::int64_t layer)
      : Module(parent, name),
        attention(this, "attention"),
        k_proj(&attention, "k_proj", square(c, false)),
        v_proj(&attention, "v_proj", square(c, false)),
        q_proj(&attention, "q_proj", square(c, false)),
        out_proj(&attention, "out_proj", square(c, true)),
        options{.layer = layer,
                .heads = c.heads,
                .key_heads = c.heads,
                .scale = 1,
                .window = c.local[static_cast<std::size_t>(layer)] ? c.window : 0,
                .dropout = c.attention_dropout} {}

  static layers::LinearOptions square(const LmConfig& c, bool bias) {
    return {.in_features = c.hidden_size, .out_features = c.hidden_size, .bias = bias};
  }

  using Module::forward;
  Variable forward(const Variable& x, const BlockCall& call) {
    return out_proj(attend(q_proj(x), k_proj(x), v_proj(x), options, call, training()));
  }

  Module attention;
  Linear k_proj, v_proj, q_proj, out_proj;
  AttentionOptions options;
};

struct GptNeoBlock final : Block {
  GptNeoBlock(Module* parent, std::string_view name, const LmConfig& c, std::int64_t layer)
      : Block(parent, name),
        ln_1(this, "ln_1", {.shape = {c.hidden_size}, .eps = c.norm_eps}),
        attn(this, "attn", c, layer),
        ln_2(this, "ln_2", {.shape = {c.hidden_size}, .eps = c.norm_eps}),
        mlp(this, "mlp"),
        c_fc(&mlp, "c_fc", {.in_features = c.hidden_size, .out_features = c.feed_forward}),
        c_proj(&mlp, "c_proj", {.in_features = c.feed_forward, .out_features = c.hidden_size}),
        config(c) {}

  using Block::forward;
  Variable forward(const Variable& x, const BlockCall& call) override {
    const Variable y = x + drop(attn.forward(ln_1(x), call), config.dropout, training());
    const Variable h = c_proj(activate(config.activation, c_fc, ln_2(y)));
    return y + drop(h, config.dropout, training());
  }

  LayerNorm ln_1;
  GptNeoAttention attn;
  LayerNorm ln_2;
  Module mlp;
  Linear c_fc, c_proj;
  LmConfig config;
};

class GptNeo final : public CausalLm {
 public:
  explicit GptNeo(const LmConfig& c)
      : CausalLm(c),
        wte_(&transformer_, "wte",
             {.num_embeddings = c.vocab_size, .embedding_dim = c.hidden_size}),
        wpe_(&transformer_, "wpe", {.num_embeddings = c.positions, .embedding_dim = c.hidden_size}),
        h_(&transformer_, "h"),
        ln_f_(&transformer_, "ln_f", {.shape = {c.hidden_size}, .eps = c.norm_eps}),
        lm_head_(this, "lm_head",
                 {.in_features = c.hidden_size, .out_features = c.vocab_size, .bias = false}) {
    for (std::int64_t i = 0; i < c.layers; ++i) h_.add<GptNeoBlock>(c, i);
    finish_construction();
  }

  Embedding& embedding() override { return wte_; }
  Linear& head() override { return lm_head_; }
  std::string describe() const override { return "GptNeo"; }

 private:
  Variable embed(const Tensor& tokens, const Tensor& positions) override {
    return drop(wte_(tokens) + wpe_(positions), config().dropout, training());
  }
  Variable run_blocks(const Variable& x, const BlockCall& call) override {
    return run(h_, x, call, checkpointing());
  }
  Variable finish(const Variable& x) override { return ln_f_(x); }

  Module transformer_{this, "transformer"};
  Embedding wte_;
  Embedding wpe_;
  ModuleList h_;
  LayerNorm ln_f_;
  Linear lm_head_;
};

}  // namespace

std::unique_ptr<CausalLm> make_gpt_neo(const LmConfig& config) {
  return std::make_unique<GptNeo>(config);
}

}  // namespace tenon::models

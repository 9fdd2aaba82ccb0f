#include "autograd/ops.h"
#include "layers/normalization.h"
#include "models/lm/block.h"
#include "models/lm/families.h"
#include "models/lm/gpt.h"

namespace tenon::models {
namespace {

using layers::LayerNorm;
using layers::Linear;
using layers::Module;

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

}  // namespace

std::unique_ptr<CausalLm> make_gpt_neo(const LmConfig& config) {
  return std::make_unique<Gpt<GptNeoBlock>>(config, "GptNeo");
}

}  // namespace tenon::models

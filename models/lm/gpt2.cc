#include <cmath>

#include "autograd/ops.h"
#include "layers/normalization.h"
#include "layers/placeholders.h"
#include "models/lm/block.h"
#include "models/lm/families.h"
#include "models/lm/gpt.h"
#include "models/lm/transposed_operator.h"

namespace tenon::models {
namespace {

using layers::LayerNorm;
using layers::Linear;
using layers::Module;

struct Conv1d final : Linear {
  Conv1d(Module* parent, std::string_view name, std::int64_t from, std::int64_t to)
      : Linear(parent, name, {.in_features = from, .out_features = to}) {
    Tensor weight =
        layers::Placeholders::wanted() ? layers::Placeholders::make({from, to}) : empty({from, to});
    exchange_operator(std::make_unique<TransposedOperator>(Variable(std::move(weight), true)));
  }
};

double scale_of(const LmConfig& c, std::int64_t layer) {
  const double divisor = c.scale_by_layer ? static_cast<double>(layer + 1) : 1;
  return 1 / (std::sqrt(static_cast<double>(c.size_of_head())) * divisor);
}

struct Gpt2Attention : Module {
  Gpt2Attention(Module* parent, std::string_view name, const LmConfig& c, std::int64_t layer)
      : Module(parent, name),
        c_attn(this, "c_attn", c.hidden_size, 3 * c.hidden_size),
        c_proj(this, "c_proj", c.hidden_size, c.hidden_size),
        options{.layer = layer,
                .heads = c.heads,
                .key_heads = c.heads,
                .scale = scale_of(c, layer),
                .dropout = c.attention_dropout} {}

  using Module::forward;
  Variable forward(const Variable& x, const BlockCall& call) {
    const Variable all = c_attn(x);
    const std::int64_t size = x.size(2);
    const auto part = [&](std::int64_t i) {
      return autograd::slice(all, 2, i * size, (i + 1) * size);
    };
    return c_proj(attend(part(0), part(1), part(2), options, call, training()));
  }

  Conv1d c_attn, c_proj;
  AttentionOptions options;
};

struct Gpt2Block final : Block {
  Gpt2Block(Module* parent, std::string_view name, const LmConfig& c, std::int64_t layer)
      : Block(parent, name),
        ln_1(this, "ln_1", {.shape = {c.hidden_size}, .eps = c.norm_eps}),
        attn(this, "attn", c, layer),
        ln_2(this, "ln_2", {.shape = {c.hidden_size}, .eps = c.norm_eps}),
        mlp(this, "mlp"),
        c_fc(&mlp, "c_fc", c.hidden_size, c.feed_forward),
        c_proj(&mlp, "c_proj", c.feed_forward, c.hidden_size),
        config(c) {}

  using Block::forward;
  Variable forward(const Variable& x, const BlockCall& call) override {
    const Variable y = x + drop(attn.forward(ln_1(x), call), config.dropout, training());
    const Variable h = c_proj(activate(config.activation, c_fc, ln_2(y)));
    return y + drop(h, config.dropout, training());
  }

  LayerNorm ln_1;
  Gpt2Attention attn;
  LayerNorm ln_2;
  Module mlp;
  Conv1d c_fc, c_proj;
  LmConfig config;
};

}  // namespace

std::unique_ptr<CausalLm> make_gpt2(const LmConfig& config) {
  return std::make_unique<Gpt<Gpt2Block>>(config, "Gpt2");
}

}  // namespace tenon::models

#include "autograd/ops.h"
#include "layers/container.h"
#include "layers/normalization.h"
#include "models/lm/block.h"
#include "models/lm/families.h"
#include "tensor/ops.h"

namespace tenon::models {
namespace {

using layers::Embedding;
using layers::LayerNorm;
using layers::Linear;
using layers::Module;
using layers::ModuleList;

/// The table of positions begins with two rows that no position uses.
constexpr std::int64_t kFirstPosition = 2;

struct OptAttention : Module {
  OptAttention(Module* parent, std::string_view name, const LmConfig& c, std::int64_t layer)
      : Module(parent, name),
        k_proj(this, "k_proj", square(c)),
        v_proj(this, "v_proj", square(c)),
        q_proj(this, "q_proj", square(c)),
        out_proj(this, "out_proj", square(c)),
        options{.layer = layer,
                .heads = c.heads,
                .key_heads = c.heads,
                .dropout = c.attention_dropout} {}

  static layers::LinearOptions square(const LmConfig& c) {
    return {.in_features = c.hidden_size, .out_features = c.hidden_size, .bias = c.linear_bias};
  }

  Variable forward(const Variable& x, const BlockCall& call) {
    return out_proj(attend(q_proj(x), k_proj(x), v_proj(x), options, call, training()));
  }
  using Module::forward;

  Linear k_proj, v_proj, q_proj, out_proj;
  AttentionOptions options;
};

struct OptBlock final : Block {
  OptBlock(Module* parent, std::string_view name, const LmConfig& c, std::int64_t layer)
      : Block(parent, name),
        self_attn(this, "self_attn", c, layer),
        self_attn_layer_norm(this, "self_attn_layer_norm", {.shape = {c.hidden_size}}),
        fc1(this, "fc1",
            {.in_features = c.hidden_size, .out_features = c.feed_forward, .bias = c.linear_bias}),
        fc2(this, "fc2",
            {.in_features = c.feed_forward, .out_features = c.hidden_size, .bias = c.linear_bias}),
        final_layer_norm(this, "final_layer_norm", {.shape = {c.hidden_size}}),
        config(c) {}

  using Block::forward;
  Variable forward(const Variable& x, const BlockCall& call) override {
    const auto attention = [&](const Variable& h) { return self_attn.forward(h, call); };
    const auto mlp = [&](const Variable& h) { return fc2(activate(config.activation, fc1, h)); };
    return half(half(x, self_attn_layer_norm, attention), final_layer_norm, mlp);
  }

  template <class F>
  Variable half(const Variable& x, LayerNorm& norm, const F& f) {
    const Variable y = x + drop(f(config.norm_first ? norm(x) : x), config.dropout, training());
    return config.norm_first ? y : norm(y);
  }

  OptAttention self_attn;
  LayerNorm self_attn_layer_norm;
  Linear fc1, fc2;
  LayerNorm final_layer_norm;
  LmConfig config;
};

class Opt final : public CausalLm {
 public:
  explicit Opt(const LmConfig& c)
      : CausalLm(c),
        embed_tokens_(&decoder_, "embed_tokens",
                      {.num_embeddings = c.vocab_size, .embedding_dim = c.width_of_embedding()}),
        embed_positions_(
            &decoder_, "embed_positions",
            {.num_embeddings = c.positions + kFirstPosition, .embedding_dim = c.hidden_size}),
        layers_(&decoder_, "layers"),
        lm_head_(
            this, "lm_head",
            {.in_features = c.width_of_embedding(), .out_features = c.vocab_size, .bias = false}) {
    if (c.width_of_embedding() != c.hidden_size) {
      project_out_ = projection("project_out", c.hidden_size, c.width_of_embedding());
      project_in_ = projection("project_in", c.width_of_embedding(), c.hidden_size);
    }
    if (c.final_norm) {
      final_layer_norm_ = std::make_unique<LayerNorm>(
          &decoder_, "final_layer_norm", layers::LayerNormOptions{.shape = {c.hidden_size}});
    }
    for (std::int64_t i = 0; i < c.layers; ++i) layers_.add<OptBlock>(c, i);
    finish_construction();
  }

  Embedding& embedding() override { return embed_tokens_; }
  Linear& head() override { return lm_head_; }
  std::string describe() const override { return "Opt"; }

 private:
  std::unique_ptr<Linear> projection(const char* name, std::int64_t from, std::int64_t to) {
    return std::make_unique<Linear>(
        &decoder_, name,
        layers::LinearOptions{.in_features = from, .out_features = to, .bias = false});
  }

  Variable embed(const Tensor& tokens, const Tensor& positions) override {
    const Variable words = embed_tokens_(tokens);
    const Variable x = (project_in_ ? (*project_in_)(words) : words) +
                       embed_positions_(positions + static_cast<double>(kFirstPosition));
    return drop(x, config().dropout, training());
  }

  Variable run_blocks(const Variable& x, const BlockCall& call) override {
    return run(layers_, x, call, checkpointing());
  }

  Variable finish(const Variable& x) override {
    const Variable y = final_layer_norm_ ? (*final_layer_norm_)(x) : x;
    return project_out_ ? (*project_out_)(y) : y;
  }

  Module model_{this, "model"};
  Module decoder_{&model_, "decoder"};
  Embedding embed_tokens_;
  Embedding embed_positions_;
  std::unique_ptr<Linear> project_out_;
  std::unique_ptr<Linear> project_in_;
  std::unique_ptr<LayerNorm> final_layer_norm_;
  ModuleList layers_;
  Linear lm_head_;
};

}  // namespace

std::unique_ptr<CausalLm> make_opt(const LmConfig& config) { return std::make_unique<Opt>(config); }

}  // namespace tenon::models

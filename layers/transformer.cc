#include "layers/transformer.h"

#include "autograd/ops.h"

namespace tenon::layers {
namespace {

using Options = TransformerLayerOptions;

MultiheadAttentionOptions attention_of(const Options& o) {
  return {.embed_dim = o.d_model, .num_heads = o.num_heads, .dropout = o.dropout};
}
LinearOptions inwards(const Options& o) {
  return {.in_features = o.d_model, .out_features = o.dim_feedforward};
}
LinearOptions outwards(const Options& o) {
  return {.in_features = o.dim_feedforward, .out_features = o.d_model};
}
LayerNormOptions norm_of(const Options& o) { return {.shape = {o.d_model}, .eps = o.eps}; }
DropoutOptions dropout_of(const Options& o) { return {.p = o.dropout}; }

Variable expand(const Variable& x, Linear& linear, FeedForwardActivation activation) {
  const bool relu = activation == FeedForwardActivation::kRelu;
  return linear(x, relu ? Activation::kRelu : Activation::kGelu);
}

/// norm(x + part(x)), or x + part(norm(x)).
template <class Part>
Variable add_part(const Variable& x, LayerNorm& norm, bool norm_first, const Part& part) {
  return norm_first ? x + part(norm(x)) : norm(x + part(x));
}

std::string describe_as(const char* name, const Options& o) {
  return std::string(name) + "(" + std::to_string(o.d_model) + ", " + std::to_string(o.num_heads) +
         " heads, feed-forward " + std::to_string(o.dim_feedforward) +
         (o.activation == FeedForwardActivation::kGelu ? " gelu" : "") +
         (o.norm_first ? ", norm first)" : ")");
}

}  // namespace

TransformerEncoderLayer::TransformerEncoderLayer(Module* parent, std::string_view name,
                                                 const Options& options)
    : Module(parent, name),
      options_(options),
      self_attn_(this, "self_attn", attention_of(options)),
      linear1_(this, "linear1", inwards(options)),
      dropout_(this, "dropout", dropout_of(options)),
      linear2_(this, "linear2", outwards(options)),
      norm1_(this, "norm1", norm_of(options)),
      norm2_(this, "norm2", norm_of(options)),
      dropout1_(this, "dropout1", dropout_of(options)),
      dropout2_(this, "dropout2", dropout_of(options)) {}

Variable TransformerEncoderLayer::attend(const Variable& x, const AttentionCall& call) {
  return dropout1_(self_attn_(x, x, x, call));
}

Variable TransformerEncoderLayer::feed_forward(const Variable& x) {
  return dropout2_(linear2_(dropout_(expand(x, linear1_, options_.activation))));
}

Variable TransformerEncoderLayer::forward(const Variable& x, const AttentionCall& call) {
  const bool first = options_.norm_first;
  const Variable y = add_part(x, norm1_, first, [&](const Variable& v) { return attend(v, call); });
  return add_part(y, norm2_, first, [&](const Variable& v) { return feed_forward(v); });
}

std::string TransformerEncoderLayer::describe() const {
  return describe_as("TransformerEncoderLayer", options_);
}

TransformerDecoderLayer::TransformerDecoderLayer(Module* parent, std::string_view name,
                                                 const Options& options)
    : Module(parent, name),
      options_(options),
      self_attn_(this, "self_attn", attention_of(options)),
      multihead_attn_(this, "multihead_attn", attention_of(options)),
      linear1_(this, "linear1", inwards(options)),
      dropout_(this, "dropout", dropout_of(options)),
      linear2_(this, "linear2", outwards(options)),
      norm1_(this, "norm1", norm_of(options)),
      norm2_(this, "norm2", norm_of(options)),
      norm3_(this, "norm3", norm_of(options)),
      dropout1_(this, "dropout1", dropout_of(options)),
      dropout2_(this, "dropout2", dropout_of(options)),
      dropout3_(this, "dropout3", dropout_of(options)) {}

Variable TransformerDecoderLayer::attend(const Variable& x, const AttentionCall& call) {
  return dropout1_(self_attn_(x, x, x, call));
}

Variable TransformerDecoderLayer::attend_to(const Variable& x, const Variable& memory,
                                            const AttentionCall& call) {
  return dropout2_(multihead_attn_(x, memory, memory, call));
}

Variable TransformerDecoderLayer::feed_forward(const Variable& x) {
  return dropout3_(linear2_(dropout_(expand(x, linear1_, options_.activation))));
}

Variable TransformerDecoderLayer::forward(const Variable& x, const Variable& memory,
                                          const DecoderCall& call) {
  const bool first = options_.norm_first;
  Variable y = add_part(x, norm1_, first, [&](const Variable& v) { return attend(v, call.self); });
  y = add_part(y, norm2_, first,
               [&](const Variable& v) { return attend_to(v, memory, call.memory); });
  return add_part(y, norm3_, first, [&](const Variable& v) { return feed_forward(v); });
}

std::string TransformerDecoderLayer::describe() const {
  return describe_as("TransformerDecoderLayer", options_);
}

}  // namespace tenon::layers

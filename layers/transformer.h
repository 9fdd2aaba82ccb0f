// The blocks of a transformer.
//
//   TransformerEncoderLayer block({.d_model = 512, .num_heads = 8});
//   Variable y = block(x);                               // [B,T,512] -> the same shape
//   Variable z = block(x, {.causal = true});             // a language model's
//   TransformerDecoderLayer decoder({.d_model = 512, .num_heads = 8});
//   Variable w = decoder(x, memory, {.self = {.causal = true}});
//
// The batch comes first. Names, order and first values of the parameters are those of PyTorch's
// TransformerEncoderLayer and TransformerDecoderLayer, and so are the results. (Vaswani et al.
// 2017, "Attention is all you need", §3.1; norm_first: Xiong et al. 2020, "On layer normalization
// in the transformer architecture", figure 1b)
#ifndef TENON_LAYERS_TRANSFORMER_H_
#define TENON_LAYERS_TRANSFORMER_H_

#include "layers/dropout.h"
#include "layers/linear.h"
#include "layers/multihead_attention.h"
#include "layers/normalization.h"

namespace tenon::layers {

enum class FeedForwardActivation : std::uint8_t { kRelu, kGelu };

struct TransformerLayerOptions {
  std::int64_t d_model = 0;
  std::int64_t num_heads = 1;
  std::int64_t dim_feedforward = 2048;
  double dropout = 0.1;  ///< of attention weights, within the feed-forward part and after each part
  FeedForwardActivation activation = FeedForwardActivation::kRelu;
  double eps = 1e-5;
  bool norm_first = false;  ///< normalizes what goes into each part, not what comes out
};

/// x + attention(x), then x + linear2(activation(linear1(x))), each followed by a LayerNorm, or
/// preceded by it where norm_first. Throws ValueError for options that make no sense; forward
/// throws ShapeError for x that is not [B,T,d_model].
class TransformerEncoderLayer : public Module {
 public:
  using Options = TransformerLayerOptions;

  explicit TransformerEncoderLayer(const TransformerLayerOptions& options)
      : TransformerEncoderLayer(nullptr, "", options) {}
  TransformerEncoderLayer(Module* parent, std::string_view name,
                          const TransformerLayerOptions& options);

  Variable forward(const Variable& x) override { return forward(x, {}); }
  Variable forward(const Variable& x, const AttentionCall& call);
  using Module::operator();
  Variable operator()(const Variable& x, const AttentionCall& call) {
    return observed(forward(x, call));
  }
  std::string describe() const override;

 private:
  Variable attend(const Variable& x, const AttentionCall& call);
  Variable feed_forward(const Variable& x);

  TransformerLayerOptions options_;
  MultiheadAttention self_attn_;
  Linear linear1_;
  Dropout dropout_;
  Linear linear2_;
  LayerNorm norm1_, norm2_;
  Dropout dropout1_, dropout2_;
};

/// What the queries of a decoder may see of their own sequence, and of the memory.
struct DecoderCall {
  AttentionCall self{};
  AttentionCall memory{};
};

/// As the encoder's, with attention to `memory` [B,S,d_model] between the two parts.
class TransformerDecoderLayer : public Module {
 public:
  using Options = TransformerLayerOptions;

  explicit TransformerDecoderLayer(const TransformerLayerOptions& options)
      : TransformerDecoderLayer(nullptr, "", options) {}
  TransformerDecoderLayer(Module* parent, std::string_view name,
                          const TransformerLayerOptions& options);

  using Module::forward;
  Variable forward(const Variable& x, const Variable& memory, const DecoderCall& call = {});
  Variable operator()(const Variable& x, const Variable& memory, const DecoderCall& call = {}) {
    return observed(forward(x, memory, call));
  }
  std::string describe() const override;

 private:
  Variable attend(const Variable& x, const AttentionCall& call);
  Variable attend_to(const Variable& x, const Variable& memory, const AttentionCall& call);
  Variable feed_forward(const Variable& x);

  TransformerLayerOptions options_;
  MultiheadAttention self_attn_;
  MultiheadAttention multihead_attn_;
  Linear linear1_;
  Dropout dropout_;
  Linear linear2_;
  LayerNorm norm1_, norm2_, norm3_;
  Dropout dropout1_, dropout2_, dropout3_;
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_TRANSFORMER_H_

// Multi-head attention.
//
//   MultiheadAttention attention({.embed_dim = 512, .num_heads = 8});
//   Variable y = attention(x);                                       // x [B,T,512] -> [B,T,512]
//   Variable z = attention(x, memory, memory);                       // memory [B,S,512]
//   Variable w = attention(x, x, x, {.causal = true});
#ifndef TENON_LAYERS_MULTIHEAD_ATTENTION_H_
#define TENON_LAYERS_MULTIHEAD_ATTENTION_H_

#include <array>

#include "layers/linear.h"
#include "layers/module.h"

namespace tenon::layers {

struct MultiheadAttentionOptions {
  std::int64_t embed_dim = 0;
  std::int64_t num_heads = 1;
  std::int64_t key_dim = 0;    ///< of the keys' elements; embed_dim where 0
  std::int64_t value_dim = 0;  ///< of the values'
  double dropout = 0;          ///< of the attention weights while training
  bool bias = true;
};

/// What a query may see.
struct AttentionCall {
  /// Broadcasts to [B,H,T,S]: bool, true for keys that are seen (PyTorch's modules take the
  /// opposite, its functions this), or of the dtype of x, added to the scores.
  Tensor mask{};
  /// [B,S] bool, true for keys that are there, false for padding.
  Tensor key_mask{};
  /// Position t sees no key after t.
  bool causal = false;
};

/// softmax(q k^T / sqrt(E/H)) v for each of H heads, with q, k and v projected from query [B,T,E],
/// key [B,S,K] and value [B,S,V], and projected once more -> [B,T,E]; the batch comes first. A
/// query that sees nothing gives the bias. Parameters in PyTorch's layout: "in_proj_weight" [3E,E]
/// (q, k, v one below the other; Xavier's uniform rule at first), or where K or V is not E,
/// "q_proj_weight" [E,E], "k_proj_weight" [E,K] and "v_proj_weight" [E,V]; "in_proj_bias" [3E],
/// "out_proj.weight" [E,E], "out_proj.bias" [E] (zeros at first). Throws ValueError for heads that
/// do not divide embed_dim, sizes below 0 or dropout outside [0,1); forward throws ShapeError.
/// (Vaswani et al. 2017, "Attention is all you need", §3.2.2)
class MultiheadAttention : public Module {
 public:
  using Options = MultiheadAttentionOptions;

  explicit MultiheadAttention(const MultiheadAttentionOptions& options)
      : options_(options), out_proj_(this, "out_proj", projection(options)) {
    init();
  }
  MultiheadAttention(Module* parent, std::string_view name,
                     const MultiheadAttentionOptions& options)
      : Module(parent, name), options_(options), out_proj_(this, "out_proj", projection(options)) {
    init();
  }

  /// Self-attention: query, key and value are x.
  Variable forward(const Variable& x) override { return forward(x, x, x); }
  Variable forward(const Variable& query, const Variable& key, const Variable& value,
                   const AttentionCall& call = {});

  using Module::operator();
  Variable operator()(const Variable& query, const Variable& key, const Variable& value,
                      const AttentionCall& call = {}) {
    return observed(forward(query, key, value, call));
  }

  const MultiheadAttentionOptions& options() const { return options_; }
  Linear& out_proj() { return out_proj_; }
  /// Those of attention to the sequence itself.
  double flops(const Shape& result) const override;
  std::string describe() const override;

 private:
  static LinearOptions projection(const MultiheadAttentionOptions& options);
  void init();
  void init_projections();
  void check_inputs(const Variable& query, const Variable& key, const Variable& value,
                    const AttentionCall& call) const;
  std::vector<Variable> project(const Variable& query, const Variable& key,
                                const Variable& value) const;

  MultiheadAttentionOptions options_;
  Variable in_proj_weight_;               // or these three
  std::array<Variable, 3> proj_weights_;  // of q, k and v
  Variable in_proj_bias_;
  Linear out_proj_;
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_MULTIHEAD_ATTENTION_H_

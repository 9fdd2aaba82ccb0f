#include "models/lm/block.h"

#include "autograd/ops.h"
#include "models/lm/internal/consecutive.h"
#include "models/lm/rope.h"
#include "tensor/ops.h"

namespace tenon::models {
namespace {

namespace ag = autograd;

/// [B,T,H D] -> [B,H,T,D], a view.
Variable as_heads(const Variable& x, std::int64_t heads) {
  return ag::transpose(ag::reshape(x, {x.size(0), x.size(1), heads, x.size(2) / heads}), 1, 2);
}

/// [T,S] bool: query i, at position i + offset, sees key j where j > i + offset - window. Keys
/// after the query are for `causal`.
Tensor window_mask(std::int64_t queries, std::int64_t keys, std::int64_t offset,
                   std::int64_t window, Device device) {
  const Tensor first = internal::consecutive(offset - window + 1, queries, device).unsqueeze(1);
  return tenon::ge(internal::consecutive(0, keys, device).unsqueeze(0), first);
}

Tensor mask_of(const AttentionOptions& options, const BlockCall& call, std::int64_t queries,
               std::int64_t keys, Device device) {
  if (options.window == 0 || keys <= options.window) return call.key_mask;
  const Tensor window = window_mask(queries, keys, call.offset, options.window, device);
  if (!call.key_mask.defined()) return window;
  return tenon::where(call.key_mask, window, zeros({}, window.options()));
}

}  // namespace

Variable attend(const Variable& q, const Variable& k, const Variable& v,
                const AttentionOptions& options, const BlockCall& call, bool training) {
  Variable queries = as_heads(q, options.heads);
  Variable keys = as_heads(k, options.key_heads);
  Variable values = as_heads(v, options.key_heads);
  if (call.cos.defined()) {
    queries = rope(queries, call.cos, call.sin);
    keys = rope(keys, call.cos, call.sin);
  }
  if (call.cache) {
    auto [all_keys, all_values] = call.cache->append(options.layer, keys.value(), values.value());
    keys = Variable(std::move(all_keys));
    values = Variable(std::move(all_values));
  }
  const Variable y = ag::scaled_dot_product_attention(
      queries, keys, values, mask_of(options, call, queries.size(2), keys.size(2), q.device()),
      {.causal = true, .offset = call.offset, .scale = options.scale},
      training ? options.dropout : 0);
  return ag::reshape(ag::transpose(y, 1, 2), q.shape());
}

Variable activate(LmActivation activation, const Variable& x) {
  switch (activation) {
    case LmActivation::kRelu:
      return ag::relu(x);
    case LmActivation::kGelu:
      return ag::gelu(x);
    case LmActivation::kGeluTanh:
      return ag::gelu_tanh(x);
    case LmActivation::kSilu:
      break;
  }
  return ag::silu(x);
}

Variable activate(LmActivation activation, layers::Linear& layer, const Variable& x) {
  switch (activation) {
    case LmActivation::kRelu:
      return layer(x, Activation::kRelu);
    case LmActivation::kGelu:
      return layer(x, Activation::kGelu);
    case LmActivation::kGeluTanh:
      return layer(x, Activation::kGeluTanh);
    case LmActivation::kSilu:
      break;
  }
  return activate(activation, layer(x));
}

Variable drop(const Variable& x, double p, bool training) {
  return training && p > 0 ? ag::dropout(x, p) : x;
}

Variable run(layers::Container& blocks, const Variable& x, const BlockCall& call,
             bool checkpointing) {
  Variable y = x;
  for (int i = 0; i < blocks.size(); ++i) {
    auto& block = dynamic_cast<Block&>(blocks[i]);
    if (checkpointing && !call.cache) {
      y = ag::checkpoint(
          [&block, call](const Variable& input) { return block.forward(input, call); }, y);
    } else {
      y = block.forward(y, call);
    }
  }
  return y;
}

}  // namespace tenon::models

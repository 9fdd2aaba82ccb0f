#include "autograd/ops/attention.h"

#include <cmath>
#include <utility>

#include "autograd/autocast.h"
#include "autograd/ops.h"
#include "autograd/record.h"

// The fused derivative has no derivative itself. Where backward is being recorded it is composed of
// simpler functions instead.

namespace tenon::autograd {
namespace {

/// What is added to the scores, finite, and 1 or 0 where a key is seen or not: both broadcast to
/// [B,H,T,S], undefined where nothing is hidden.
struct Hiding {
  Tensor added;
  Tensor seen;
};

/// -1e30 in f32's range, or most of f16's: exp() of it is 0.
double very_negative(DType dtype) { return dtype == DType::kF16 ? -3e4 : -1e30; }

Tensor causal_mask(std::int64_t queries, std::int64_t keys, std::int64_t offset) {
  const Tensor query = arange(0, static_cast<double>(queries), 1, {.dtype = DType::kI64});
  const Tensor key = arange(0, static_cast<double>(keys), 1, {.dtype = DType::kI64});
  return tenon::le(key, (query + static_cast<double>(offset)).unsqueeze(1));
}

Hiding hiding(const Variable& q, const Variable& k, const Tensor& mask,
              const AttentionParams& params) {
  const DType dtype = q.dtype();
  Tensor seen, added;
  if (params.causal) seen = causal_mask(q.size(2), k.size(2), params.offset);
  if (mask.defined()) {
    const bool boolean = mask.dtype() == DType::kBool;
    const Tensor shown = boolean ? mask : tenon::gt(mask, -INFINITY);
    if (!boolean) added = tenon::where(shown, mask, zeros_like(mask));
    const Tensor both = seen.defined() ? shown.to(dtype) * seen.to(dtype) : shown.to(dtype);
    seen = tenon::ne(both, 0.0);
  }
  if (!seen.defined()) return {};
  const Tensor factor = seen.to(dtype);
  const Tensor hidden = (1.0 - factor) * very_negative(dtype);
  return {added.defined() ? hidden + added : hidden, factor};
}

/// x [B,G,S,D] with each head repeated for the query heads that it serves: [B,H,S,D].
Variable repeat_heads(const Variable& x, std::int64_t heads) {
  const std::int64_t b = x.size(0), g = x.size(1), s = x.size(2), d = x.size(3);
  if (g == heads) return x;
  const Variable one = reshape(x, {b, g, 1, s, d});
  return reshape(expand(one, {b, g, heads / g, s, d}), {b, heads, s, d});
}

/// The weights [B,H,T,S]; rows that see nothing are zeros.
Variable attention_weights(const Variable& q, const Variable& keys, const Hiding& hide,
                           double scale) {
  Variable scores = mul(matmul(q, transpose(keys, -2, -1)), scale);
  if (hide.added.defined()) scores = add(scores, hide.added);
  const Variable weights = softmax(scores, -1);
  return hide.seen.defined() ? mul(weights, hide.seen) : weights;
}

double scale_of(const AttentionParams& params, std::int64_t width) {
  if (params.scale != 0) return params.scale;
  return width == 0 ? 1 : 1 / std::sqrt(static_cast<double>(width));
}

/// The gradients in differentiable steps.
void composed_grads(Gradients& g, const Variable& q, const Variable& k, const Variable& v,
                    const Tensor& mask, const AttentionParams& params) {
  const std::int64_t b = k.size(0), heads = k.size(1), served = heads == 0 ? 1 : q.size(1) / heads;
  const double scale = scale_of(params, q.size(3));
  const Variable keys = repeat_heads(k, q.size(1)), values = repeat_heads(v, q.size(1));
  const Variable weights = attention_weights(q, keys, hiding(q, k, mask, params), scale);
  const Variable& grad = g.output();
  const Variable product = mul(weights, matmul(grad, transpose(values, -2, -1)));
  const Variable slopes = mul(sub(product, mul(weights, sum(product, {-1}, true))), scale);
  const auto sum_heads = [&](const Variable& x) {
    return sum(reshape(x, {b, heads, served, x.size(2), x.size(3)}), {2});
  };
  if (g.needs(0)) g.set(0, matmul(slopes, keys));
  if (g.needs(1)) g.set(1, sum_heads(matmul(transpose(slopes, -2, -1), q)));
  if (g.needs(2)) g.set(2, sum_heads(matmul(transpose(weights, -2, -1), grad)));
}

/// All of it in differentiable steps, with dropout of the weights.
Variable composed(const Variable& q, const Variable& k, const Variable& v, const Tensor& mask,
                  const AttentionParams& params, double p) {
  const Variable weights = attention_weights(
      q, repeat_heads(k, q.size(1)), hiding(q, k, mask, params), scale_of(params, q.size(3)));
  return matmul(dropout(weights, p), repeat_heads(v, q.size(1)));
}

}  // namespace

Variable scaled_dot_product_attention(const Variable& q, const Variable& k, const Variable& v,
                                      const Tensor& mask, const AttentionParams& params,
                                      double dropout) {
  if (autocasting()) {
    const bool added = mask.defined() && is_floating(mask.dtype());
    return autocast(
        autocast_precision("scaled_dot_product_attention"),
        [&](const Variable& low_q, const Variable& low_k, const Variable& low_v) {
          return scaled_dot_product_attention(
              low_q, low_k, low_v, added ? mask.to(low_q.dtype()) : mask, params, dropout);
        },
        q, k, v);
  }
  if (!(dropout >= 0 && dropout < 1)) {
    throw ValueError("[scaled_dot_product_attention] expected dropout in [0, 1), got " +
                     std::to_string(dropout));
  }
  if (dropout > 0) return composed(q, k, v, mask, params, dropout);
  Attention result =
      tenon::scaled_dot_product_attention(q.value(), k.value(), v.value(), mask, params);
  if (!recording(q, k, v)) return std::move(result.y);
  const SavedVariable saved_y = save_output(result.y);
  return record(
      "scaled_dot_product_attention", result.y,
      [params, mask, q = save(q), k = save(k), v = save(v), y = saved_y,
       logsumexp = std::move(result.logsumexp)](Gradients& g) {
        const Variable &queries = q.get(g), &keys = k.get(g), &values = v.get(g);
        if (g.create_graph()) return composed_grads(g, queries, keys, values, mask, params);
        AttentionGrads grads = tenon::scaled_dot_product_attention_grad(
            g.output().value(), queries.value(), keys.value(), values.value(), mask, params,
            {y.get(g).value(), logsumexp});
        g.set(0, std::move(grads.q));
        g.set(1, std::move(grads.k));
        g.set(2, std::move(grads.v));
      },
      q, k, v);
}

}  // namespace tenon::autograd

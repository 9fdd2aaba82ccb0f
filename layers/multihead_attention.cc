#include "layers/multihead_attention.h"

#include <limits>
#include <vector>

#include "autograd/ops.h"
#include "init/init.h"

namespace tenon::layers {
namespace {

namespace ag = autograd;

/// [B,T,E] -> [B,H,T,E/H], a view.
Variable as_heads(const Variable& x, std::int64_t heads) {
  return ag::transpose(ag::reshape(x, {x.size(0), x.size(1), heads, x.size(2) / heads}), 1, 2);
}

/// Both masks in one that broadcasts to [B,H,T,S].
Tensor combined_mask(const AttentionCall& call) {
  if (!call.key_mask.defined()) return call.mask;
  const Tensor present = call.key_mask.unsqueeze(1).unsqueeze(1);
  if (!call.mask.defined()) return present;
  if (call.mask.dtype() == DType::kBool) {
    return tenon::where(present, call.mask, zeros({}, {.dtype = DType::kBool}));
  }
  return tenon::where(present, call.mask,
                      full({}, -std::numeric_limits<double>::infinity(), call.mask.options()));
}

}  // namespace

LinearOptions MultiheadAttention::projection(const MultiheadAttentionOptions& options) {
  // A size that makes no sense is refused by init(), under this module's own name.
  const std::int64_t size = options.embed_dim < 1 ? 1 : options.embed_dim;
  return {.in_features = size, .out_features = size, .bias = options.bias};
}

void MultiheadAttention::init() {
  const MultiheadAttentionOptions& o = options_;
  if (o.embed_dim < 1 || o.num_heads < 1 || o.embed_dim % o.num_heads != 0) {
    throw ValueError(where() + "expected num_heads that divide embed_dim, got " +
                     std::to_string(o.num_heads) + " and " + std::to_string(o.embed_dim));
  }
  if (!(o.dropout >= 0 && o.dropout < 1)) {
    throw ValueError(where() + "expected dropout in [0,1), got " + std::to_string(o.dropout));
  }
  if (o.key_dim < 0 || o.value_dim < 0) {
    throw ValueError(where() + "expected key_dim and value_dim of at least 0, got " +
                     std::to_string(o.key_dim) + " and " + std::to_string(o.value_dim));
  }
  if (o.key_dim == 0) options_.key_dim = o.embed_dim;
  if (o.value_dim == 0) options_.value_dim = o.embed_dim;
  init_projections();
  if (!o.bias) return;
  in_proj_bias_ = parameter("in_proj_bias", zeros({3 * o.embed_dim}));
  out_proj_.bias().value().fill_(0);
}

void MultiheadAttention::init_projections() {
  const MultiheadAttentionOptions& o = options_;
  const auto xavier = [&](const char* name, std::int64_t rows, std::int64_t columns) {
    const Tensor weight = empty({rows, columns});
    init::xavier_uniform_(weight, default_generator());
    return parameter(name, weight);
  };
  if (o.key_dim == o.embed_dim && o.value_dim == o.embed_dim) {
    in_proj_weight_ = xavier("in_proj_weight", 3 * o.embed_dim, o.embed_dim);
    return;
  }
  proj_weights_ = {xavier("q_proj_weight", o.embed_dim, o.embed_dim),
                   xavier("k_proj_weight", o.embed_dim, o.key_dim),
                   xavier("v_proj_weight", o.embed_dim, o.value_dim)};
}

void MultiheadAttention::check_inputs(const Variable& query, const Variable& key,
                                      const Variable& value, const AttentionCall& call) const {
  const MultiheadAttentionOptions& o = options_;
  const auto fits = [](const Variable& x, std::int64_t width) {
    return x.ndim() == 3 && x.size(2) == width;
  };
  const bool all = fits(query, o.embed_dim) && fits(key, o.key_dim) && fits(value, o.value_dim) &&
                   query.size(0) == key.size(0) && key.size(0) == value.size(0) &&
                   key.size(1) == value.size(1);
  if (!all) {
    throw ShapeError(where() + "expected query [B,T," + std::to_string(o.embed_dim) +
                     "], key [B,S," + std::to_string(o.key_dim) + "] and value [B,S," +
                     std::to_string(o.value_dim) + "], got " + to_string(query.shape()) + ", " +
                     to_string(key.shape()) + " and " + to_string(value.shape()));
  }
  if (!call.key_mask.defined()) return;
  const Shape wanted = {key.size(0), key.size(1)};
  if (call.key_mask.dtype() != DType::kBool || call.key_mask.shape() != wanted) {
    throw ShapeError(where() + "expected a bool key_mask " + to_string(wanted) + ", got " +
                     std::string(tenon::name(call.key_mask.dtype())) + " " +
                     to_string(call.key_mask.shape()));
  }
}

/// q, k and v [B,..,E], in as few products as the inputs allow.
std::vector<Variable> MultiheadAttention::project(const Variable& query, const Variable& key,
                                                  const Variable& value) const {
  const bool packed = in_proj_weight_.defined();
  if (packed && key.impl() == value.impl() && query.impl() == key.impl()) {
    return ag::chunk(ag::linear(query, in_proj_weight_, in_proj_bias_), 3, 2);
  }
  const std::vector<Variable> weights =
      packed ? ag::chunk(in_proj_weight_, 3, 0)
             : std::vector<Variable>(proj_weights_.begin(), proj_weights_.end());
  const std::vector<Variable> biases =
      in_proj_bias_.defined() ? ag::chunk(in_proj_bias_, 3, 0) : std::vector<Variable>(3);
  return {ag::linear(query, weights[0], biases[0]), ag::linear(key, weights[1], biases[1]),
          ag::linear(value, weights[2], biases[2])};
}

Variable MultiheadAttention::forward(const Variable& query, const Variable& key,
                                     const Variable& value, const AttentionCall& call) {
  check_inputs(query, key, value, call);
  const std::vector<Variable> projected = project(query, key, value);
  const std::int64_t heads = options_.num_heads;
  const Variable y = ag::scaled_dot_product_attention(
      as_heads(projected[0], heads), as_heads(projected[1], heads), as_heads(projected[2], heads),
      combined_mask(call), {.causal = call.causal}, training() ? options_.dropout : 0.0);
  return out_proj_(ag::reshape(ag::transpose(y, 1, 2), query.shape()));
}

double MultiheadAttention::flops(const Shape& result) const {
  const auto b = static_cast<double>(result[0]), t = static_cast<double>(result[1]);
  const auto e = static_cast<double>(result[2]);
  const auto widths = e + static_cast<double>(options_.key_dim + options_.value_dim);
  return 2 * b * t * e * (widths + 2 * t);
}

std::string MultiheadAttention::describe() const {
  return "MultiheadAttention(" + std::to_string(options_.embed_dim) + ", " +
         std::to_string(options_.num_heads) + " heads" + (options_.bias ? "" : ", no bias") + ")";
}

}  // namespace tenon::layers

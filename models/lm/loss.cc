#include "models/lm/loss.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "autograd/autocast.h"
#include "autograd/ops.h"
#include "autograd/record.h"
#include "tensor/ops.h"

namespace tenon::models {
namespace {

namespace ag = autograd;

constexpr std::int64_t kLeastRows = 16;

std::int64_t rows_of_chunk(std::int64_t vocabulary, const LinearLossOptions& options) {
  return std::max(kLeastRows, options.chunk / vocabulary);
}

/// How many labels count, f32 [] where they are: the host need not know.
Tensor count_labels(const Tensor& labels) {
  return tenon::sum(tenon::ne(labels, static_cast<double>(kIgnoredLabel))).to(DType::kF32);
}

/// The loss, and the gradients that were computed on the way.
struct Fused {
  Tensor loss;
  Tensor x_grad;
  Tensor weight_grad;
};

struct Wanted {
  bool x = false;
  bool weight = false;
};

Fused run_chunks(const Tensor& x, const Tensor& weight, const Tensor& labels, Wanted wanted,
                 std::int64_t rows) {
  const Tensor scale = tenon::reciprocal(count_labels(labels));
  Fused out{.loss = zeros({}, scale.options()), .x_grad = {}, .weight_grad = {}};
  if (wanted.x) out.x_grad = empty_like(x);
  for (std::int64_t begin = 0; begin < x.size(0); begin += rows) {
    const std::int64_t size = std::min(rows, x.size(0) - begin);
    const Tensor part = x.narrow(0, begin, size);
    const Tensor part_labels = labels.narrow(0, begin, size);
    const CrossEntropyParams sum{.ignore_index = kIgnoredLabel, .reduction = Reduction::kSum};
    const Tensor logits = tenon::linear(part, weight).to(DType::kF32);
    out.loss = out.loss + tenon::cross_entropy(logits, part_labels, sum);
    if (!wanted.x && !wanted.weight) continue;
    const Tensor grad =
        tenon::cross_entropy_grad(scale, logits, part_labels, sum).to(weight.dtype());
    if (wanted.x) out.x_grad.narrow(0, begin, size).copy_(tenon::matmul(grad, weight));
    if (wanted.weight) {
      const Tensor product = tenon::matmul(grad.t(), part).to(DType::kF32);
      out.weight_grad = out.weight_grad.defined() ? out.weight_grad + product : product;
    }
  }
  out.loss = out.loss * scale;
  return out;
}

/// The same with every intermediate recorded, where the gradient is to have one itself.
std::vector<Variable> recorded_grads(const Variable& x, const Variable& weight,
                                     const Tensor& labels, const Variable& upstream) {
  const Variable loss =
      ag::cross_entropy(ag::linear(x, weight), labels, {.ignore_index = kIgnoredLabel});
  const std::array<Variable, 2> inputs = {x, weight};
  return ag::grad({&loss, 1}, inputs, {&upstream, 1}, {.create_graph = true, .allow_unused = true});
}

Variable fused_loss(const Variable& x, const Variable& weight, const Tensor& labels,
                    const LinearLossOptions& options) {
  const bool records = ag::recording(x, weight);
  const Wanted wanted{.x = records && ag::requires_grad(x),
                      .weight = records && ag::requires_grad(weight)};
  Fused out = run_chunks(x.value().contiguous(), weight.value(), labels, wanted,
                         rows_of_chunk(weight.size(0), options));
  return ag::record(
      "linear_cross_entropy", out.loss,
      [dx = out.x_grad, dw = out.weight_grad, x = ag::save(x), weight = ag::save(weight),
       labels](ag::Gradients& g) {
        if (g.create_graph()) {
          const auto grads = recorded_grads(x.get(g), weight.get(g), labels, g.output());
          if (g.needs(0)) g.set(0, grads[0]);
          if (g.needs(1)) g.set(1, grads[1]);
          return;
        }
        const Tensor& upstream = g.output().value();
        if (g.needs(0)) g.set(0, tenon::mul(dx, upstream.to(dx.dtype())));
        if (g.needs(1)) g.set(1, tenon::mul(dw, upstream).to(g.dtype(1)));
      },
      x, weight);
}

/// For a head that is no dense matrix: each chunk under checkpoint(), which makes it again for
/// backward.
Variable checkpointed_loss(CausalLm& model, const Variable& x, const Tensor& labels,
                           const LinearLossOptions& options) {
  const std::int64_t rows = rows_of_chunk(model.config().vocab_size, options);
  const Tensor count = count_labels(labels);
  Variable total(zeros({}, count.options()));
  for (std::int64_t begin = 0; begin < x.size(0); begin += rows) {
    const std::int64_t size = std::min(rows, x.size(0) - begin);
    const Tensor part = labels.narrow(0, begin, size);
    total = total + ag::checkpoint(
                        [&model, part](const Variable& h) {
                          return ag::cross_entropy(
                              ag::to(model.logits_of(h), DType::kF32), part,
                              {.ignore_index = kIgnoredLabel, .reduction = Reduction::kSum});
                        },
                        ag::slice(x, 0, begin, begin + size));
  }
  return total / Variable(count);
}

/// What each position but the last of a row predicts, [B (T-1)].
Tensor shifted_labels(const Tensor& tokens, const LmLossOptions& options) {
  Tensor labels = options.labels.defined() ? options.labels : tokens;
  if (labels.shape() != tokens.shape() || labels.dtype() != DType::kI64) {
    throw ShapeError("[causal_lm_loss] expected i64 labels " + to_string(tokens.shape()) +
                     ", got " + to_string(labels.shape()));
  }
  if (options.mask.defined()) {
    labels = tenon::where(options.mask, labels,
                          full({}, static_cast<double>(kIgnoredLabel), labels.options()));
  }
  return labels.slice(1, 1).contiguous().reshape({-1});
}

}  // namespace

Variable linear_cross_entropy(const Variable& x, const Variable& weight, const Tensor& labels,
                              const LinearLossOptions& options) {
  if (x.ndim() != 2 || weight.ndim() != 2 || x.size(1) != weight.size(1) || labels.ndim() != 1 ||
      labels.size(0) != x.size(0)) {
    throw ShapeError("[linear_cross_entropy] expected x [N,D], weight [V,D] and labels [N], got " +
                     to_string(x.shape()) + ", " + to_string(weight.shape()) + " and " +
                     to_string(labels.shape()));
  }
  if (!ag::autocasting()) return fused_loss(x, weight, labels, options);
  return ag::autocast(
      ag::Precision::kLow,
      [&](const Variable& low_x, const Variable& low_weight) {
        return fused_loss(low_x, low_weight, labels, options);
      },
      x, weight);
}

Variable causal_lm_loss(CausalLm& model, const Tensor& tokens, const LmLossOptions& options) {
  if (tokens.ndim() != 2 || tokens.size(1) < 2) {
    throw ShapeError("[causal_lm_loss] expected tokens [B,T] with T of at least 2, got " +
                     to_string(tokens.shape()));
  }
  const Tensor labels = shifted_labels(tokens, options);
  const Variable hidden = model.hidden(tokens, {.mask = options.mask});
  const std::int64_t length = tokens.size(1);
  const Variable rows = ag::reshape(ag::slice(hidden, 1, 0, length - 1), {-1, hidden.size(2)});
  auto* dense = dynamic_cast<layers::DenseOperator*>(&model.head().linear_operator());
  if (!dense) return checkpointed_loss(model, rows, labels, options.linear);
  return linear_cross_entropy(rows, dense->weight(), labels, options.linear);
}

Tensor pack_blocks(std::span<const std::int32_t> ids, std::int64_t length) {
  const auto blocks = length < 1 ? 0 : static_cast<std::int64_t>(ids.size()) / length;
  if (blocks < 1) {
    throw ValueError("[pack_blocks] expected at least one block of " + std::to_string(length) +
                     " ids, got " + std::to_string(ids.size()) + " ids");
  }
  const Tensor tokens = empty({blocks, length}, {.dtype = DType::kI64});
  std::copy_n(ids.begin(), blocks * length, tokens.data<std::int64_t>());
  return tokens;
}

PaddedBatch pad_batch(const std::vector<std::vector<std::int32_t>>& texts, std::int64_t pad) {
  std::size_t longest = 0;
  for (const auto& text : texts) {
    if (text.empty()) throw ValueError("[pad_batch] expected texts of at least one token");
    longest = std::max(longest, text.size());
  }
  if (texts.empty()) throw ValueError("[pad_batch] expected at least one text");
  const Shape shape = {static_cast<std::int64_t>(texts.size()), static_cast<std::int64_t>(longest)};
  PaddedBatch batch{.tokens = full(shape, static_cast<double>(pad), {.dtype = DType::kI64}),
                    .mask = zeros(shape, {.dtype = DType::kBool})};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    std::copy(texts[i].begin(), texts[i].end(), batch.tokens.data<std::int64_t>() + i * longest);
    std::fill_n(batch.mask.data<bool>() + i * longest, texts[i].size(), true);
  }
  return batch;
}

}  // namespace tenon::models

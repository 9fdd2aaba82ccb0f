#include "regularize/pruning.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "regularize/internal/check.h"
#include "tensor/ops.h"

namespace tenon::regularize {
namespace {

using Scores = std::vector<double>;
using Flags = std::vector<float>;  // 1 kept, 0 masked

// Zeroes `amount` of the flags that are not 0: those of the lowest scores, of equal ones the first.
void drop_lowest(const Scores& scores, double amount, Flags& flags) {
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < flags.size(); ++i) {
    if (flags[i] != 0) kept.push_back(i);
  }
  const auto count =
      static_cast<std::ptrdiff_t>(std::nearbyint(amount * static_cast<double>(kept.size())));
  const auto lower = [&](std::size_t a, std::size_t b) {
    return scores[a] != scores[b] ? scores[a] < scores[b] : a < b;
  };
  if (count < std::ssize(kept))
    std::nth_element(kept.begin(), kept.begin() + count, kept.end(), lower);
  for (std::ptrdiff_t i = 0; i < count; ++i) flags[kept[static_cast<std::size_t>(i)]] = 0;
}

Scores to_scores(const Tensor& x) { return x.to(DType::kF64).to(kCpu).to_vector<double>(); }
Flags flags_of(const Masks::Entry& entry) {
  return entry.mask.value().to(DType::kF32).to(kCpu).to_vector<float>();
}

Scores magnitudes(const Tensor& w) { return to_scores(abs(w)); }

Scores random_scores(std::int64_t count, Generator& generator) {
  return to_scores(rand({count}, generator, {.dtype = DType::kF64}));
}

void store(Masks& masks, std::size_t index, const Flags& flags) {
  const Masks::Entry& entry = masks.entries()[index];
  masks.set(index, from_vector(flags, entry.parameter.shape()).to(entry.parameter.device()));
}

// Scores every element of a parameter.
using Score = std::function<Scores(const Tensor& parameter)>;

void prune_each(const char* op, Masks& masks, std::span<const double> amounts, const Score& score) {
  for (const double amount : amounts) internal::require_share(op, "an amount", amount);
  for (std::size_t i = 0; i < masks.entries().size(); ++i) {
    Flags flags = flags_of(masks.entries()[i]);
    drop_lowest(score(masks.entries()[i].parameter.value()), amounts[i], flags);
    store(masks, i, flags);
  }
}

void prune_each(const char* op, Masks& masks, double amount, const Score& score) {
  internal::require_share(op, "an amount", amount);
  prune_each(op, masks, std::vector<double>(masks.entries().size(), amount), score);
}

void prune_together(const char* op, Masks& masks, double amount, const Score& score) {
  internal::require_share(op, "an amount", amount);
  Scores scores;
  Flags flags;
  for (const Masks::Entry& entry : masks.entries()) {
    const Scores more = score(entry.parameter.value());
    const Flags more_flags = flags_of(entry);
    scores.insert(scores.end(), more.begin(), more.end());
    flags.insert(flags.end(), more_flags.begin(), more_flags.end());
  }
  drop_lowest(scores, amount, flags);
  auto next = flags.begin();
  for (std::size_t i = 0; i < masks.entries().size(); ++i) {
    const auto end = next + masks.entries()[i].parameter.numel();
    store(masks, i, Flags(next, end));
    next = end;
  }
}

// All dimensions but one.
std::vector<int> others(int ndim, int dim) {
  std::vector<int> dims;
  for (int d = 0; d < ndim; ++d) {
    if (d != dim) dims.push_back(d);
  }
  return dims;
}

Tensor channel_norms(const Tensor& w, int dim, ChannelNorm norm) {
  const std::vector<int> dims = others(w.ndim(), dim);
  switch (norm) {
    case ChannelNorm::kL1:
      return sum(abs(w), dims);
    case ChannelNorm::kL2:
      return sqrt(sum(square(w), dims));
    case ChannelNorm::kMax:
      break;
  }
  return max(abs(w), dims);
}

// Scores the channels of a parameter.
using ChannelScore = std::function<Scores(const Tensor& parameter, int dim)>;

void prune_channels_by(const char* op, Masks& masks, double amount, int dim,
                       const ChannelScore& score) {
  internal::require_share(op, "an amount", amount);
  for (std::size_t i = 0; i < masks.entries().size(); ++i) {
    const Masks::Entry& entry = masks.entries()[i];
    const Tensor& w = entry.parameter.value();
    if (w.ndim() < 2) continue;
    const int d = normalize_dim(dim, w.ndim(), op);
    const std::vector<int> dims = others(w.ndim(), d);
    const Tensor present = max(entry.mask.value(), dims).to(DType::kF32);
    Flags channels = present.to(kCpu).to_vector<float>();
    drop_lowest(score(w, d), amount, channels);
    Shape shape = Shape::filled(w.ndim(), 1);
    shape[d] = w.size(d);
    const Tensor kept = from_vector(channels, shape).to(entry.parameter.device());
    masks.set(i, entry.mask.value() * kept);
  }
}

}  // namespace

void prune_l1(Masks& masks, double amount) { prune_each("prune_l1", masks, amount, magnitudes); }

void prune_l1_each(Masks& masks, std::span<const double> amounts) {
  const std::size_t entries = masks.entries().size();
  if (amounts.size() != entries) {
    throw ValueError("[prune_l1_each] expected an amount for each of " + std::to_string(entries) +
                     " parameters, got " + std::to_string(amounts.size()));
  }
  prune_each("prune_l1_each", masks, amounts, magnitudes);
}

void prune_global_l1(Masks& masks, double amount) {
  prune_together("prune_global_l1", masks, amount, magnitudes);
}

void prune_random(Masks& masks, double amount, Generator& generator) {
  prune_each("prune_random", masks, amount,
             [&](const Tensor& w) { return random_scores(w.numel(), generator); });
}

void prune_global_random(Masks& masks, double amount, Generator& generator) {
  prune_together("prune_global_random", masks, amount,
                 [&](const Tensor& w) { return random_scores(w.numel(), generator); });
}

void prune_channels(Masks& masks, double amount, const ChannelOptions& options) {
  prune_channels_by("prune_channels", masks, amount, options.dim, [&](const Tensor& w, int dim) {
    return to_scores(channel_norms(w, dim, options.norm));
  });
}

void prune_random_channels(Masks& masks, double amount, int dim, Generator& generator) {
  prune_channels_by("prune_random_channels", masks, amount, dim,
                    [&](const Tensor& w, int d) { return random_scores(w.size(d), generator); });
}

double amount_to_reach(const Masks& masks, double sparsity) {
  internal::require_share("amount_to_reach", "a sparsity", sparsity);
  const double now = masks.sparsity();
  return now >= sparsity ? 0 : (sparsity - now) / (1 - now);
}

}  // namespace tenon::regularize

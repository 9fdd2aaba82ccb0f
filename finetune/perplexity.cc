#include "finetune/perplexity.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "models/lm/loss.h"

namespace tenon::finetune {
namespace {

PerplexityOptions completed(const models::CausalLm& model, std::span<const std::int32_t> ids,
                            PerplexityOptions options) {
  const auto require = [](bool ok, const std::string& what) {
    if (!ok) throw ValueError("[perplexity] expected " + what);
  };
  const std::int64_t positions = model.config().positions;
  if (options.context == 0) options.context = positions;
  if (options.stride == 0) options.stride = std::max<std::int64_t>(options.context / 2, 1);
  require(ids.size() >= 2, "at least two ids, got " + std::to_string(ids.size()));
  require(options.context >= 2 && options.context <= positions,
          "a context from 2 to " + std::to_string(positions) + ", got " +
              std::to_string(options.context));
  require(options.stride >= 1 && options.stride < options.context,
          "a stride from 1 to " + std::to_string(options.context - 1) + ", got " +
              std::to_string(options.stride));
  return options;
}

/// Mean -log p of the last `count` tokens of a window.
double window_loss(models::CausalLm& model, std::span<const std::int32_t> window,
                   std::int64_t count) {
  const std::vector<std::int64_t> tokens(window.begin(), window.end());
  std::vector<std::int64_t> labels = tokens;
  std::fill(labels.begin(), labels.end() - count, models::kIgnoredLabel);
  const Shape shape = {1, static_cast<std::int64_t>(tokens.size())};
  const Device device = model.embedding().weight().device();
  return models::causal_lm_loss(model, from_vector(tokens, shape).to(device),
                                {.labels = from_vector(labels, shape).to(device)})
      .item<double>();
}

}  // namespace

std::string to_string(const Perplexity& p) {
  char text[128];
  std::snprintf(text, sizeof text, "perplexity %.4g (context %lld, stride %lld, %lld tokens)",
                p.value, static_cast<long long>(p.context), static_cast<long long>(p.stride),
                static_cast<long long>(p.tokens));
  return text;
}

Perplexity perplexity(models::CausalLm& model, std::span<const std::int32_t> ids,
                      const PerplexityOptions& given) {
  const PerplexityOptions options = completed(model, ids, given);
  const autograd::NoGrad guard;
  const bool was_training = model.training();
  model.eval();
  const auto size = static_cast<std::int64_t>(ids.size());
  double sum = 0;
  std::int64_t done = 1;  // tokens up to here are predicted; the first never is
  for (std::int64_t begin = 0; done < size; begin += options.stride) {
    const std::int64_t end = std::min(begin + options.context, size);
    const std::int64_t count = end - done;
    const auto window =
        ids.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
    sum += window_loss(model, window, count) * static_cast<double>(count);
    done = end;
  }
  if (was_training) model.train();
  const double loss = sum / static_cast<double>(size - 1);
  return {.value = std::exp(loss),
          .loss = loss,
          .tokens = size - 1,
          .context = options.context,
          .stride = options.stride};
}

}  // namespace tenon::finetune

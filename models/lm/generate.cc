#include "models/lm/generate.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "autograd/ops.h"

namespace tenon::models {
namespace {

/// A token with its score, or its probability.
struct Candidate {
  std::int32_t token;
  float value;
};

void check(const CausalLm& model, std::span<const std::int32_t> prompt,
           const GenerateOptions& options) {
  const auto require = [](bool ok, const std::string& what) {
    if (!ok) throw ValueError("[generate] expected " + what);
  };
  const auto length = static_cast<std::int64_t>(prompt.size());
  require(length >= 1, "a prompt of at least one token, got none");
  require(length <= model.config().positions, "a prompt of at most " +
                                                  std::to_string(model.config().positions) +
                                                  " tokens, got " + std::to_string(length));
  require(options.temperature >= 0 && std::isfinite(options.temperature), "temperature from 0");
  require(options.top_p > 0 && options.top_p <= 1, "top_p in (0,1]");
  require(options.top_k >= 0, "top_k from 0");
  require(options.repetition_penalty > 0, "repetition_penalty above 0");
  require(options.max_new_tokens >= 0, "max_new_tokens from 0");
}

std::vector<Candidate> penalized(std::span<const float> scores, std::span<const std::int32_t> text,
                                 double penalty) {
  std::vector<Candidate> candidates(scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    candidates[i] = {static_cast<std::int32_t>(i), scores[i]};
  }
  if (penalty == 1) return candidates;
  for (const std::int32_t token : std::unordered_set<std::int32_t>(text.begin(), text.end())) {
    float& score = candidates[static_cast<std::size_t>(token)].value;
    score = static_cast<float>(score > 0 ? score / penalty : score * penalty);
  }
  return candidates;
}

/// Of equal scores the smaller token comes first, so that the choice is the same everywhere.
bool better(const Candidate& a, const Candidate& b) {
  return a.value != b.value ? a.value > b.value : a.token < b.token;
}

/// Scores of candidates in falling order become probabilities.
void softmax(std::vector<Candidate>& candidates, double temperature) {
  const double best = candidates.front().value;
  double sum = 0;
  for (Candidate& candidate : candidates) {
    candidate.value = static_cast<float>(std::exp((candidate.value - best) / temperature));
    sum += candidate.value;
  }
  for (Candidate& candidate : candidates) {
    candidate.value = static_cast<float>(candidate.value / sum);
  }
}

/// How many of the first candidates reach the probability.
std::size_t nucleus(const std::vector<Candidate>& candidates, double probability) {
  double sum = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    sum += candidates[i].value;
    if (sum >= probability) return i + 1;
  }
  return candidates.size();
}

std::int32_t draw(std::span<const Candidate> candidates, Generator& generator) {
  double sum = 0;
  for (const Candidate& candidate : candidates) sum += candidate.value;
  double left = static_cast<double>(generator.next_u32()) * 0x1p-32 * sum;
  for (const Candidate& candidate : candidates) {
    left -= candidate.value;
    if (left < 0) return candidate.token;
  }
  return candidates.back().token;
}

bool ends_with(const std::vector<std::int32_t>& text, const std::vector<std::int32_t>& end) {
  return !end.empty() && text.size() >= end.size() &&
         std::equal(end.rbegin(), end.rend(), text.rbegin());
}

bool is_end(const CausalLm& model, const std::vector<std::int32_t>& text,
            const GenerateOptions& options) {
  const auto& eos = model.config().eos;
  if (options.stop_at_eos && std::find(eos.begin(), eos.end(), text.back()) != eos.end()) {
    return true;
  }
  return std::any_of(options.stop.begin(), options.stop.end(),
                     [&](const auto& stop) { return ends_with(text, stop); });
}

Tensor row_of(std::span<const std::int32_t> tokens) {
  const std::vector<std::int64_t> wide(tokens.begin(), tokens.end());
  return from_vector(wide, Shape{1, static_cast<std::int64_t>(wide.size())});
}

/// Scores of the token after the last of `tokens`.
std::vector<float> next_scores(CausalLm& model, std::span<const std::int32_t> tokens,
                               KvCache& cache) {
  const Tensor row = row_of(tokens).to(model.embedding().weight().device());
  const Variable hidden = model.hidden(row, {.cache = &cache});
  const Variable last = autograd::select(hidden, 1, hidden.size(1) - 1);
  return model.logits_of(last).value().to(DType::kF32).to_vector<float>();
}

/// Evaluation mode while it lives.
class EvaluationMode {
 public:
  explicit EvaluationMode(CausalLm& model) : model_(model), before_(model.training()) {
    if (before_) model.eval();
  }
  ~EvaluationMode() {
    if (before_) model_.train();
  }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;

 private:
  CausalLm& model_;
  bool before_;
};

}  // namespace

std::int32_t choose_token(std::span<const float> scores, std::span<const std::int32_t> text,
                          const GenerateOptions& options, Generator& generator) {
  std::vector<Candidate> candidates = penalized(scores, text, options.repetition_penalty);
  if (options.temperature == 0) {
    return std::min_element(candidates.begin(), candidates.end(), better)->token;
  }
  const auto all = static_cast<std::int64_t>(candidates.size());
  const auto kept = options.top_k == 0 ? all : std::min(options.top_k, all);
  std::partial_sort(candidates.begin(), candidates.begin() + kept, candidates.end(), better);
  candidates.resize(static_cast<std::size_t>(kept));
  softmax(candidates, options.temperature);
  const std::size_t count =
      options.top_p < 1 ? nucleus(candidates, options.top_p) : candidates.size();
  return draw(std::span(candidates).first(count), generator);
}

std::vector<std::int32_t> generate(CausalLm& model, std::span<const std::int32_t> prompt,
                                   const GenerateOptions& options) {
  check(model, prompt, options);
  const autograd::NoGrad guard;
  const EvaluationMode mode(model);
  Generator& generator = options.generator ? *options.generator : default_generator();
  const auto length = static_cast<std::int64_t>(prompt.size());
  const std::int64_t room = model.config().positions - length + 1;
  const std::int64_t count = std::min(options.max_new_tokens, room);
  KvCache cache(model.config(), length + std::max<std::int64_t>(count, 1));
  std::vector<std::int32_t> text(prompt.begin(), prompt.end());
  std::size_t seen = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto scores = next_scores(model, std::span(text).subspan(seen), cache);
    seen = text.size();
    text.push_back(choose_token(scores, text, options, generator));
    const bool goes_on = !options.on_token || options.on_token(text.back());
    if (!goes_on || is_end(model, text, options)) break;
  }
  return {text.begin() + length, text.end()};
}

}  // namespace tenon::models

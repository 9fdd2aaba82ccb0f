#include "models/lm/causal_lm.h"

#include "autograd/ops.h"
#include "layers/placeholders.h"
#include "models/lm/block.h"
#include "models/lm/families.h"
#include "models/lm/internal/consecutive.h"
#include "models/lm/rope.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::models {
namespace {

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

/// Where each token stands among those that are there: [B,T] i64, or [1,T] without a mask.
Tensor positions_of(const Tensor& tokens, const LmCall& call, std::int64_t offset) {
  if (!call.mask.defined()) {
    return internal::consecutive(offset, tokens.size(1), tokens.device()).unsqueeze(0);
  }
  // Padding takes the place of the token before it, or the first; nobody sees it.
  return maximum(cumsum(call.mask.to(DType::kI64), 1) - 1.0, 0.0);
}

void check_call(const CausalLm& model, const Tensor& tokens, const LmCall& call) {
  const std::string who = "[" + model.describe() + "] ";
  if (tokens.ndim() != 2 || tokens.dtype() != DType::kI64 || tokens.numel() == 0) {
    throw ShapeError(who + "expected tokens [B,T] i64 with at least one, got " +
                     std::string(tenon::name(tokens.dtype())) + " " + to_string(tokens.shape()));
  }
  const std::int64_t offset = call.cache ? call.cache->length() : 0;
  if (offset + tokens.size(1) > model.config().positions) {
    throw ShapeError(who + "expected at most " + std::to_string(model.config().positions) +
                     " positions, got " + std::to_string(offset + tokens.size(1)));
  }
  if (call.cache && autograd::grad_enabled()) {
    throw AutogradError(who + "expected NoGrad with a cache: its positions have no gradient");
  }
  if (!call.mask.defined()) return;
  if (call.cache) throw ValueError(who + "expected a mask or a cache, got both");
  if (call.mask.shape() != tokens.shape() || call.mask.dtype() != DType::kBool) {
    throw ShapeError(who + "expected a bool mask " + to_string(tokens.shape()) + ", got " +
                     std::string(tenon::name(call.mask.dtype())) + " " +
                     to_string(call.mask.shape()));
  }
}

}  // namespace

CausalLm::CausalLm(const LmConfig& config)
    : config_(config),
      rope_frequencies_(std::make_unique<RopeFrequencies>(config.rope, config.size_of_head())) {}
CausalLm::~CausalLm() = default;

Variable CausalLm::hidden(const Tensor& tokens, const LmCall& call) {
  check_call(*this, tokens, call);
  const std::int64_t offset = call.cache ? call.cache->length() : 0;
  const Tensor positions = positions_of(tokens, call, offset);
  BlockCall inner{.cache = call.cache, .offset = offset};
  if (call.mask.defined()) inner.key_mask = call.mask.unsqueeze(1).unsqueeze(1);
  if (config_.family == Family::kLlama) {
    auto [cos, sin] = rope_table(rope_frequencies_->on(tokens.device()), positions);
    inner.cos = cos.unsqueeze(1);
    inner.sin = sin.unsqueeze(1);
  }
  const Variable x = run_blocks(embed(tokens, positions), inner);
  if (call.cache) call.cache->advance(tokens.size(1));
  return finish(x);
}

void CausalLm::finish_construction() {
  if (!config_.tied) return;
  head().exchange_operator(std::make_unique<layers::DenseOperator>(embedding().weight()));
}

namespace {

std::unique_ptr<CausalLm> make_family(const LmConfig& config) {
  switch (config.family) {
    case Family::kOpt:
      return make_opt(config);
    case Family::kGptNeo:
      return make_gpt_neo(config);
    case Family::kGpt2:
      return make_gpt2(config);
    case Family::kLlama:
      break;
  }
  return make_llama(config);
}

void initialize(const CausalLm& model) {
  for (const auto& [name, parameter] : model.named_parameters()) {
    if (parameter.ndim() >= 2) {
      parameter.set_value(
          tenon::normal(parameter.shape(), 0, model.config().init_deviation, default_generator()));
    } else if (ends_with(name, ".bias")) {
      parameter.set_value(zeros(parameter.shape()));
    }
  }
}

}  // namespace

std::unique_ptr<CausalLm> make_causal_lm(const LmConfig& config) {
  check_lm_config(config);
  const bool wants_weights = !layers::Placeholders::wanted();
  // Weights that would be replaced at once are not made.
  const layers::Placeholders scope;
  auto model = make_family(config);
  if (wants_weights) initialize(*model);
  return model;
}

}  // namespace tenon::models

// Text from a language model, token by token.
//
//   std::vector<std::int32_t> ids = generate(model, tokenizer.encode("Once upon a time"), {
//       .max_new_tokens = 100, .temperature = 0.8, .top_p = 0.95,
//       .on_token = [&](std::int32_t id) { std::cout << tokenizer.bytes_of(id) << std::flush;
//                                          return true; }});
#ifndef TENON_MODELS_LM_GENERATE_H_
#define TENON_MODELS_LM_GENERATE_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "models/lm/causal_lm.h"
#include "tensor/random.h"

namespace tenon::models {

/// The choice of a token is made in this order: repetition penalty, temperature, top_k, top_p.
struct GenerateOptions {
  std::int64_t max_new_tokens = 64;
  /// Scores are divided by it; 0 takes the most likely token always (greedy).
  double temperature = 0;
  std::int64_t top_k = 0;  ///< choose among the k most likely tokens; all where 0
  /// Choose among the fewest most likely tokens whose probabilities reach this sum (Holtzman et al.
  /// 2020, "The curious case of neural text degeneration", §3.1).
  double top_p = 1;
  /// Divides positive and multiplies negative scores of tokens that the text has already (Keskar et
  /// al. 2019, "CTRL", §4.1).
  double repetition_penalty = 1;
  /// Any of these ends the text, and is its end. The model's own end tokens do so too.
  std::vector<std::vector<std::int32_t>> stop = {};
  bool stop_at_eos = true;
  /// Called with each new token; false ends the text.
  std::function<bool(std::int32_t)> on_token = {};
  Generator* generator = nullptr;  ///< default_generator() where null
};

/// The tokens that follow `prompt`, the prompt left out. Ends where the model has no positions
/// left. Runs in evaluation mode without recording, and leaves the mode as it was. Throws
/// ValueError for an empty prompt, one longer than the model's positions, or options out of range.
std::vector<std::int32_t> generate(CausalLm& model, std::span<const std::int32_t> prompt,
                                   const GenerateOptions& options = {});

/// The choice of one token from scores [V] after the tokens of `text`: what generate() does at each
/// step.
std::int32_t choose_token(std::span<const float> scores, std::span<const std::int32_t> text,
                          const GenerateOptions& options, Generator& generator);

}  // namespace tenon::models

#endif  // TENON_MODELS_LM_GENERATE_H_

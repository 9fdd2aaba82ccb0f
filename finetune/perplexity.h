// How well a language model predicts a text.
//
//   Perplexity p = perplexity(model, tokenizer.encode(text), {.context = 1024, .stride = 512});
//   std::puts(to_string(p).c_str());   // perplexity 29.94 (context 1024, stride 512, 287643
//   tokens)
//
// Numbers of different tokenizers, contexts or strides cannot be compared: state them beside it.
#ifndef TENON_FINETUNE_PERPLEXITY_H_
#define TENON_FINETUNE_PERPLEXITY_H_

#include <cstdint>
#include <span>
#include <string>

#include "models/lm/causal_lm.h"

namespace tenon::finetune {

struct PerplexityOptions {
  std::int64_t context = 0;  ///< tokens of a window; the model's positions where 0
  /// Tokens that each window goes on by, and predicts: the smaller, the more each prediction sees,
  /// and the longer it takes. Half a context where 0.
  std::int64_t stride = 0;
};

struct Perplexity {
  double value = 0;         ///< exp(loss)
  double loss = 0;          ///< mean -log p of the tokens that were predicted
  std::int64_t tokens = 0;  ///< how many: all but the first
  std::int64_t context = 0;
  std::int64_t stride = 0;
};
std::string to_string(const Perplexity& perplexity);

/// Goes over `ids` with a window; each token but the first is predicted once, by the first window
/// that reaches it. In evaluation mode, without recording; the mode is put back. Throws ValueError
/// for fewer than two ids, a context below 2 or beyond the model's positions, and a stride that is
/// not from 1 to the context less one.
Perplexity perplexity(models::CausalLm& model, std::span<const std::int32_t> ids,
                      const PerplexityOptions& options = {});

}  // namespace tenon::finetune

#endif  // TENON_FINETUNE_PERPLEXITY_H_

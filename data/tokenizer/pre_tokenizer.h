// Cuts text into the words that byte-pair encoding works on, before it does.
//
// The rules are regular expressions in the files that describe tokenizers. Here each is a scanner
// written by hand, some twenty times as fast as an engine for such expressions.
#ifndef TENON_DATA_TOKENIZER_PRE_TOKENIZER_H_
#define TENON_DATA_TOKENIZER_PRE_TOKENIZER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/tokenizer/unicode_classes.h"

namespace tenon::data::text {

/// A way to cut. The expressions are those of the models' own files.
enum class SplitRule : std::uint8_t {
  /// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
  kGpt2,
  /// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*
  /// |\s*[\r\n]+|\s+(?!\S)|\s+
  kLlama3,
  /// As kLlama3, but \p{N} for one digit at a time.
  kQwen2,
  kDigits,     ///< each number by itself
  kDigitRuns,  ///< numbers side by side together
  kLiteral,    ///< at a given text, which is left out
};

struct SplitStep {
  SplitRule rule = SplitRule::kGpt2;
  std::string literal{};  ///< of kLiteral

  bool operator==(const SplitStep&) const = default;
};

/// The expression of kGpt2, kLlama3 and kQwen2, as files spell it.
std::string_view expression_of(SplitRule rule);

/// Bytes of the first word of `text`, which must not be empty, by one of the rules with an
/// expression.
std::size_t first_word(SplitRule rule, std::string_view text);

/// Calls emit(word) for each word of `text` in order: cut by the first step, each piece by the
/// second, and so on. Without steps, `text` is one word.
template <class Emit>
void split_words(const std::vector<SplitStep>& steps, std::string_view text, const Emit& emit,
                 std::size_t step = 0);

// Implementation.

/// The next piece of `text` by one step, moved off its front, and whether it is kept.
std::pair<std::string_view, bool> next_piece(const SplitStep& step, std::string_view& text);

template <class Emit>
void split_words(const std::vector<SplitStep>& steps, std::string_view text, const Emit& emit,
                 std::size_t step) {
  if (step == steps.size()) {
    if (!text.empty()) emit(text);
    return;
  }
  while (!text.empty()) {
    const auto [piece, kept] = next_piece(steps[step], text);
    if (kept) split_words(steps, piece, emit, step + 1);
  }
}

}  // namespace tenon::data::text

#endif  // TENON_DATA_TOKENIZER_PRE_TOKENIZER_H_

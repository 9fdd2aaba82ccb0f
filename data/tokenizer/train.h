// Learns a byte-level vocabulary from text, for experiments too small for a published one.
//
//   Tokenizer tokenizer = train_bpe(shakespeare, {.vocab_size = 2048});
//   std::vector<std::int32_t> ids = tokenizer.encode(shakespeare);
//   absl::Status saved = save_tokenizer("model/tokenizer.json", tokenizer);
//
// The method of Sennrich et al. 2016 (§3.2) over bytes: the pair of neighbours that is most
// frequent within words becomes a token, again and again.
#ifndef TENON_DATA_TOKENIZER_TRAIN_H_
#define TENON_DATA_TOKENIZER_TRAIN_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/tokenizer/tokenizer.h"

namespace tenon::data {

struct BpeTrainingOptions {
  std::int32_t vocab_size = 1024;  ///< fewer where the text has too few pairs
  std::int64_t min_count = 2;      ///< pairs that are rarer become no token
  std::vector<std::string> special_tokens{"<|endoftext|>"};  ///< ids from 0 on
};

/// Words are cut as GPT-2 cuts them. Tokens: the special ones, the 256 bytes, and what is learned,
/// in that order; among pairs of equal count the one with the smaller ids comes first, so the
/// result is that of Hugging Face's trainer with the whole byte alphabet. Time grows with the
/// number of different words. Throws ValueError for a vocab_size below 256 + the special tokens, or
/// special tokens that are empty or come twice.
Tokenizer train_bpe(std::span<const std::string_view> texts,
                    const BpeTrainingOptions& options = {});
inline Tokenizer train_bpe(std::string_view text, const BpeTrainingOptions& options = {}) {
  return train_bpe(std::span(&text, 1), options);
}

}  // namespace tenon::data

#endif  // TENON_DATA_TOKENIZER_TRAIN_H_

// A long sequence of tokens as blocks of one length: what language models are trained on.
//
//   TokenBlocks blocks(tokenizer.encode(text), {.length = 128});
//   DataLoader loader(blocks, {.batch_size = 8, .shuffle = true});
//   for (const Batch& batch : loader) loss = model(batch.inputs, batch.targets);   // i64 [8,128]
#ifndef TENON_DATA_TEXT_TOKEN_BLOCKS_H_
#define TENON_DATA_TEXT_TOKEN_BLOCKS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "data/dataset.h"

namespace tenon::data {

struct TokenBlockOptions {
  std::int64_t length = 128;  ///< T: tokens of a block
  std::int64_t stride = 0;    ///< from one block's begin to the next one's; 0 for `length`
};

/// Block i holds the tokens from i * stride on; targets are the tokens one place later. Tokens at
/// the end that fill no block are left out. Kept as 32-bit numbers.
class TokenBlocks final : public Dataset {
 public:
  /// Throws ValueError for a length below 1, a negative stride, or fewer than length + 1 tokens.
  explicit TokenBlocks(std::vector<std::int32_t> tokens, const TokenBlockOptions& options = {});

  /// (tokens - 1 - length) / stride + 1
  std::int64_t size() const override { return size_; }
  /// inputs and targets [B,T] i64. Throws IndexError.
  Batch get(std::span<const std::int64_t> indices) const override;

  std::span<const std::int32_t> tokens() const { return tokens_; }
  std::int64_t length() const { return length_; }

 private:
  std::vector<std::int32_t> tokens_;
  std::int64_t length_;
  std::int64_t stride_;
  std::int64_t size_;
};

/// Documents one after the other, each followed by `separator`, such as the token <|endoftext|>.
std::vector<std::int32_t> join_documents(std::span<const std::vector<std::int32_t>> documents,
                                         std::int32_t separator);

}  // namespace tenon::data

#endif  // TENON_DATA_TEXT_TOKEN_BLOCKS_H_

// Token sequences of different lengths as one tensor.
//
//   PaddedTokens batch = pad_tokens({ids0, ids1}, {.pad = 1});    // ids [2,T], mask [2,T]
#ifndef TENON_DATA_TOKENIZER_PADDING_H_
#define TENON_DATA_TOKENIZER_PADDING_H_

#include <cstdint>
#include <span>
#include <vector>

#include "tensor/tensor.h"

namespace tenon::data {

struct PaddingOptions {
  std::int32_t pad = 0;          ///< the token that fills up
  bool left = false;             ///< fills up before the sequences, as generation wants it
  std::int64_t length = 0;       ///< T; 0 for that of the longest sequence
  std::int64_t multiple_of = 1;  ///< T is rounded up to one
  bool truncate = false;         ///< longer sequences lose their ends, else they are errors
};

struct PaddedTokens {
  Tensor ids;   ///< [B,T] i64
  Tensor mask;  ///< [B,T] bool: true where a token is, false where `pad` fills up
};

/// Throws ValueError for a sequence longer than `length` that is not to be truncated, no sequences,
/// or lengths and multiples below 0 and 1.
PaddedTokens pad_tokens(std::span<const std::vector<std::int32_t>> sequences,
                        const PaddingOptions& options = {});
inline PaddedTokens pad_tokens(std::initializer_list<std::vector<std::int32_t>> sequences,
                               const PaddingOptions& options = {}) {
  return pad_tokens(std::span(sequences.begin(), sequences.size()), options);
}

}  // namespace tenon::data

#endif  // TENON_DATA_TOKENIZER_PADDING_H_

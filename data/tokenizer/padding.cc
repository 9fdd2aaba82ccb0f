#include "data/tokenizer/padding.h"

#include <algorithm>
#include <string>

#include "tensor/error.h"

namespace tenon::data {
namespace {

void check(bool fine, const std::string& expected) {
  if (!fine) throw ValueError("[pad_tokens] expected " + expected);
}

}  // namespace

PaddedTokens pad_tokens(std::span<const std::vector<std::int32_t>> sequences,
                        const PaddingOptions& options) {
  check(!sequences.empty(), "sequences, got none");
  check(options.length >= 0 && options.multiple_of >= 1,
        "a length from 0 and a multiple from 1, got " + std::to_string(options.length) + " and " +
            std::to_string(options.multiple_of));
  std::int64_t longest = 0;
  for (const auto& ids : sequences) longest = std::max(longest, std::int64_t(ids.size()));
  std::int64_t length = options.length > 0 ? options.length : longest;
  length = (length + options.multiple_of - 1) / options.multiple_of * options.multiple_of;
  check(longest <= length || options.truncate, "sequences of at most " + std::to_string(length) +
                                                   " tokens (or truncate), got " +
                                                   std::to_string(longest));
  const Shape shape{static_cast<std::int64_t>(sequences.size()), length};
  PaddedTokens padded{.ids = full(shape, options.pad, {.dtype = DType::kI64}),
                      .mask = zeros(shape, {.dtype = DType::kBool})};
  auto* ids = padded.ids.data<std::int64_t>();
  auto* mask = padded.mask.data<bool>();
  for (const auto& sequence : sequences) {
    const std::int64_t count = std::min(std::int64_t(sequence.size()), length);
    const std::int64_t begin = options.left ? length - count : 0;
    std::copy_n(sequence.begin(), count, ids + begin);
    std::fill_n(mask + begin, count, true);
    ids += length;
    mask += length;
  }
  return padded;
}

}  // namespace tenon::data

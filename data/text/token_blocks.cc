#include "data/text/token_blocks.h"

#include <algorithm>
#include <string>
#include <utility>

#include "tensor/error.h"

namespace tenon::data {
namespace {

std::int64_t count_of(const std::vector<std::int32_t>& tokens) {
  return static_cast<std::int64_t>(tokens.size());
}

}  // namespace

TokenBlocks::TokenBlocks(std::vector<std::int32_t> tokens, const TokenBlockOptions& options)
    : tokens_(std::move(tokens)),
      length_(options.length),
      stride_(options.stride == 0 ? options.length : options.stride) {
  if (length_ < 1 || stride_ < 1) {
    throw ValueError("[token_blocks] expected a length from 1 and a stride from 0, got " +
                     std::to_string(options.length) + " and " + std::to_string(options.stride));
  }
  if (count_of(tokens_) <= length_) {
    throw ValueError("[token_blocks] expected more than " + std::to_string(length_) +
                     " tokens (a block and its last target), got " +
                     std::to_string(tokens_.size()));
  }
  size_ = (count_of(tokens_) - 1 - length_) / stride_ + 1;
}

Batch TokenBlocks::get(std::span<const std::int64_t> indices) const {
  const auto count = static_cast<std::int64_t>(indices.size());
  Batch batch{.inputs = empty({count, length_}, {.dtype = DType::kI64}),
              .targets = empty({count, length_}, {.dtype = DType::kI64}),
              .indices = from_span(indices)};
  auto* inputs = batch.inputs.data<std::int64_t>();
  auto* targets = batch.targets.data<std::int64_t>();
  for (const std::int64_t index : indices) {
    if (index < 0 || index >= size_) {
      throw IndexError("[token_blocks] expected an index in [0, " + std::to_string(size_) +
                       "), got " + std::to_string(index));
    }
    const std::int32_t* const tokens = tokens_.data() + index * stride_;
    inputs = std::copy_n(tokens, length_, inputs);
    targets = std::copy_n(tokens + 1, length_, targets);
  }
  return batch;
}

std::vector<std::int32_t> join_documents(std::span<const std::vector<std::int32_t>> documents,
                                         std::int32_t separator) {
  std::size_t total = documents.size();
  for (const auto& document : documents) total += document.size();
  std::vector<std::int32_t> tokens;
  tokens.reserve(total);
  for (const auto& document : documents) {
    tokens.insert(tokens.end(), document.begin(), document.end());
    tokens.push_back(separator);
  }
  return tokens;
}

}  // namespace tenon::data

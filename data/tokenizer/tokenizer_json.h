// Hugging Face's tokenizer.json as a TokenizerSpec, both ways.
#ifndef TENON_DATA_TOKENIZER_TOKENIZER_JSON_H_
#define TENON_DATA_TOKENIZER_TOKENIZER_JSON_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "data/tokenizer/spec.h"

namespace tenon::data::text {

/// Errors name the key, as "model.merges[17]".
absl::StatusOr<TokenizerSpec> parse_tokenizer_json(std::string_view text);
/// … and the file.
absl::StatusOr<TokenizerSpec> read_tokenizer_json(const std::string& path);

/// The text of a tokenizer.json from which Hugging Face's tokenizers make the same tokenizer.
std::string format_tokenizer_json(const TokenizerSpec& spec);

}  // namespace tenon::data::text

#endif  // TENON_DATA_TOKENIZER_TOKENIZER_JSON_H_

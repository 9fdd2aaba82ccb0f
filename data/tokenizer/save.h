// Writes tokenizers for others to read.
//
//   absl::Status saved = save_tokenizer("model/tokenizer.json", tokenizer);
#ifndef TENON_DATA_TOKENIZER_SAVE_H_
#define TENON_DATA_TOKENIZER_SAVE_H_

#include <string>

#include "absl/status/status.h"
#include "data/tokenizer/tokenizer.h"

namespace tenon::data {

/// A `tokenizer.json` that load_tokenizer and Hugging Face's tokenizers and Transformers read,
/// written atomically. Errors of the system.
absl::Status save_tokenizer(const std::string& path, const Tokenizer& tokenizer);

}  // namespace tenon::data

#endif  // TENON_DATA_TOKENIZER_SAVE_H_

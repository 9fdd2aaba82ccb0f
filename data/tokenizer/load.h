// Reads tokenizers from the files that come with models.
//
//   absl::StatusOr<Tokenizer> gpt2 = load_tokenizer("models/gpt2");          // a folder
//   absl::StatusOr<Tokenizer> same = load_bpe_tokenizer("vocab.json", "merges.txt");
//
// Errors name the file and the byte, line or key: InvalidArgument for what is damaged or
// contradicts itself - JSON that is none, deeper than 64 levels or with a key twice; an id twice; a
// merge twice or of tokens that are not there; text that is not UTF-8 - and Unimplemented for parts
// that Tenon does not have (a model other than BPE; the normalizers NFC and Lowercase; other
// pre-tokenizers than ByteLevel, Metaspace, Digits and the expressions of GPT-2, Llama 3 and
// Qwen2).
#ifndef TENON_DATA_TOKENIZER_LOAD_H_
#define TENON_DATA_TOKENIZER_LOAD_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/tokenizer/tokenizer.h"

namespace tenon::data {

/// The tokenizer of a Hugging Face folder: `tokenizer.json`; where there is none, `vocab.json` and
/// `merges.txt`, with the special tokens that `special_tokens_map.json` and `tokenizer_config.json`
/// name. Also takes the path of a tokenizer.json itself.
absl::StatusOr<Tokenizer> load_tokenizer(const std::string& path);

struct BpeFileOptions {
  /// Tokens that are found in texts as they are and marked as special. Those that the vocabulary
  /// lacks are left aside.
  std::vector<std::string> special_tokens{"<|endoftext|>"};
  /// Put before every text: "</s>" for OPT. Must be in the vocabulary.
  std::vector<std::string> before{};
};

/// GPT-2's pair of files: `vocab.json`, an object of token -> id, and `merges.txt`, two tokens a
/// line in the order in which they were learned, after a line "#version".
absl::StatusOr<Tokenizer> load_bpe_tokenizer(const std::string& vocab_path,
                                             const std::string& merges_path,
                                             const BpeFileOptions& options = {});

/// The tokenizer of llama2.c (`tokenizer.bin`, `tok512.bin`): i32 longest token, then for each
/// token f32 score, i32 length, bytes. Token 1 is put before every text.
absl::StatusOr<Tokenizer> load_llama2c_tokenizer(const std::string& path);

}  // namespace tenon::data

#endif  // TENON_DATA_TOKENIZER_LOAD_H_

// Text to token ids and back, with the vocabularies of published language models: byte-level
// byte-pair encoding (GPT-2, OPT, GPT-Neo, Qwen2, SmolLM2) and Llama's.
//
//   absl::StatusOr<Tokenizer> tokenizer = load_tokenizer("models/gpt2");   // data/tokenizer/load.h
//   if (!tokenizer.ok()) return tokenizer.status();
//   std::vector<std::int32_t> ids = tokenizer->encode("Hello world");      // {15496, 995}
//   std::string text = tokenizer->decode(ids);                             // "Hello world"
//
// The ids are those that Hugging Face's tokenizers gives for the same files.
#ifndef TENON_DATA_TOKENIZER_TOKENIZER_H_
#define TENON_DATA_TOKENIZER_TOKENIZER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::data {

namespace text {
struct TokenizerSpec;
}

struct EncodeOptions {
  /// Puts the tokens before and after the text that the tokenizer's file asks for, such as <s>.
  bool add_special = true;
  /// Reads "<|endoftext|>" in a text as that token. False for texts of strangers; tokens that are
  /// added but not special are found all the same.
  bool parse_special = true;
};

struct DecodeOptions {
  bool skip_special = false;  ///< leaves special tokens out
};

/// May be used from several threads at once. Moving is cheap, copying is not possible.
class Tokenizer {
 public:
  /// Checked by the readers of data/tokenizer/load.h, which are the way to make one.
  explicit Tokenizer(text::TokenizerSpec spec);
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  /// Bytes of any kind; what is not UTF-8 is taken byte by byte. About 100 MB/s of English text on
  /// one core: words seen before are remembered.
  std::vector<std::int32_t> encode(std::string_view text, const EncodeOptions& options = {}) const;

  /// The bytes that the tokens stand for. Byte-level tokenizers give back exactly what was encoded
  /// (those with the normalizer NFC, its form C); Llama's too, but for a space at the very front of
  /// the text in those that add one only where there is none. A token may end in the middle of a
  /// character. Throws IndexError for an id outside [0, size()).
  std::string decode(std::span<const std::int32_t> ids, const DecodeOptions& options = {}) const;
  /// The bytes of one token, for printing text as it is generated. Throws IndexError.
  std::string_view bytes_of(std::int32_t id) const;

  /// One more than the largest id. Some ids below may have no token.
  std::int32_t size() const;
  /// The id of a token spelled as in the tokenizer's file: "Ġthe", "▁the", "</s>".
  std::optional<std::int32_t> find(std::string_view spelling) const;
  bool is_special(std::int32_t id) const;
  /// What encode() puts before and after a text.
  std::span<const std::int32_t> before() const;
  std::span<const std::int32_t> after() const;

  /// What it was made of; data/tokenizer/save.h writes it.
  const text::TokenizerSpec& spec() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tenon::data

#endif  // TENON_DATA_TOKENIZER_TOKENIZER_H_

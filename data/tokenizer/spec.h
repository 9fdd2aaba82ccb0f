// Everything that makes one tokenizer different from another, as the readers of files find it.
#ifndef TENON_DATA_TOKENIZER_SPEC_H_
#define TENON_DATA_TOKENIZER_SPEC_H_

#include <cstdint>
#include <string>
#include <vector>

#include "data/tokenizer/added_tokens.h"
#include "data/tokenizer/bpe.h"
#include "data/tokenizer/pre_tokenizer.h"

namespace tenon::data::text {

/// What the symbols of a word are before any is merged.
enum class Alphabet : std::uint8_t {
  kBytes,       ///< bytes, each spelled by a printable character (byte_alphabet.h): GPT-2
  kCharacters,  ///< Unicode characters, spaces spelled "▁": Llama
};

/// When a space is put before the text.
enum class SpacePrefix : std::uint8_t {
  kNever,
  kAlways,     ///< before every stretch of text between added tokens
  kUnlessOne,  ///< … that does not begin with a space already
  kFirst,      ///< as kUnlessOne, at the beginning of the text only
};

inline constexpr std::int32_t kNoToken = -1;

struct TokenizerSpec {
  Alphabet alphabet = Alphabet::kBytes;
  std::vector<std::string> tokens{};  ///< by id, spelled as in the file; empty where there is none
  MergeTable merges{};
  std::vector<AddedToken> added{};
  bool nfc = false;  ///< texts are put in Unicode's form C first (nfc.h)
  std::vector<SplitStep> steps{};
  SpacePrefix space_prefix = SpacePrefix::kNever;
  bool strip_prefix = false;        ///< decoding drops one space at the beginning
  bool split_spaces = false;        ///< kCharacters: a word begins at every space
  bool byte_fallback = false;       ///< kCharacters: unknown ones are spelled by <0x00> … <0xFF>
  bool fuse_unknown = false;        ///< one unknown token for several in a row
  bool whole_words_first = false;   ///< a word that is a token is not taken apart
  std::int32_t unknown = kNoToken;  ///< for symbols without a token; without it they are dropped
  std::vector<std::int32_t> before{};  ///< what is put before a text, such as <s>
  std::vector<std::int32_t> after{};   ///< and after it
};

}  // namespace tenon::data::text

#endif  // TENON_DATA_TOKENIZER_SPEC_H_

// How byte-level tokenizers spell bytes in their files: each as one printable character (Radford et
// al. 2019, "Language models are unsupervised multitask learners", §2.2, and their encoder.py). A
// space is "Ġ", a line end "Ċ".
#ifndef TENON_DATA_TOKENIZER_BYTE_ALPHABET_H_
#define TENON_DATA_TOKENIZER_BYTE_ALPHABET_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::data::text {

/// The character that stands for a byte, in UTF-8.
const std::string& spelled(std::uint8_t byte);
/// The bytes that a spelling stands for; nothing where a character stands for none.
std::optional<std::string> unspelled(std::string_view spelling);
/// Each byte of `bytes` spelled.
std::string spelled(std::string_view bytes);

}  // namespace tenon::data::text

#endif  // TENON_DATA_TOKENIZER_BYTE_ALPHABET_H_

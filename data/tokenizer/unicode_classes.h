// Letters, numbers and white space among Unicode's characters, and the bytes that spell them.
#ifndef TENON_DATA_TOKENIZER_UNICODE_CLASSES_H_
#define TENON_DATA_TOKENIZER_UNICODE_CLASSES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tenon::data::text {

/// What a regular expression asks of a character: \p{L}, \p{N}, \s or none of them.
enum class CharClass : std::uint8_t { kOther, kLetter, kNumber, kSpace };

/// A character at the front of a text. A byte that begins no valid UTF-8 sequence (RFC 3629, §4)
/// is a character of its own: kInvalid, one byte long.
struct Char {
  static constexpr std::uint32_t kInvalid = 0xffffffff;
  std::uint32_t code = kInvalid;
  std::uint32_t size = 1;
};

/// The first character of the bytes [p, end), which must not be empty.
Char decode_utf8(const char* p, const char* end);
/// The bytes that spell a character below 0x110000.
std::string encode_utf8(std::uint32_t code);
/// Whether all of `text` is valid UTF-8; else `offset` is that of the first byte that is not.
bool is_utf8(std::string_view text, std::size_t& offset);

/// The class of a character of any kind.
CharClass class_of(std::uint32_t code);

/// The class of each ASCII character.
extern const std::array<CharClass, 128> kAsciiClasses;

/// Where runs of one class begin, in ascending order: code * 4 + class. Generated.
std::span<const std::uint32_t> unicode_runs();

}  // namespace tenon::data::text

#endif  // TENON_DATA_TOKENIZER_UNICODE_CLASSES_H_

#include "data/tokenizer/unicode_classes.h"

#include <algorithm>
#include <vector>

namespace tenon::data::text {
namespace {

constexpr std::uint32_t kPlane = 0x10000;

CharClass search(std::uint32_t code) {
  const auto runs = unicode_runs();
  const auto next = std::upper_bound(runs.begin(), runs.end(), code * 4 + 3);
  return next == runs.begin() ? CharClass::kOther : static_cast<CharClass>(*(next - 1) % 4);
}

// Of the first plane, where nearly all text is, each character's class.
std::vector<CharClass> make_first_plane() {
  std::vector<CharClass> classes(kPlane);
  for (std::uint32_t code = 0; code < kPlane; ++code) classes[code] = search(code);
  return classes;
}

std::array<CharClass, 128> make_ascii() {
  std::array<CharClass, 128> classes{};
  for (std::uint32_t code = 0; code < 128; ++code) classes[code] = search(code);
  return classes;
}

bool is_continuation(unsigned char byte) { return (byte & 0xc0) == 0x80; }

}  // namespace

const std::array<CharClass, 128> kAsciiClasses = make_ascii();

CharClass class_of(std::uint32_t code) {
  static const std::vector<CharClass> first_plane = make_first_plane();
  if (code < kPlane) return first_plane[code];
  return code == Char::kInvalid ? CharClass::kOther : search(code);
}

Char decode_utf8(const char* p, const char* end) {
  const auto at = [p](int i) { return static_cast<unsigned char>(p[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return {lead, 1};
  const std::uint32_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (lead < 0xc2 || lead > 0xf4 || end - p < static_cast<std::ptrdiff_t>(size)) return {};
  std::uint32_t code = lead & (0x7fu >> size);
  for (std::uint32_t i = 1; i < size; ++i) {
    if (!is_continuation(at(static_cast<int>(i)))) return {};
    code = code << 6 | (at(static_cast<int>(i)) & 0x3fu);
  }
  // Spelled longer than need be, half of a pair for UTF-16, or beyond the last plane.
  const bool too_long = (size == 3 && code < 0x800) || (size == 4 && code < kPlane);
  if (too_long || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff) return {};
  return {code, size};
}

std::string encode_utf8(std::uint32_t code) {
  const auto tail = [code](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xc0 | code >> 6), tail(0)};
  if (code < kPlane) return {static_cast<char>(0xe0 | code >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xf0 | code >> 18), tail(12), tail(6), tail(0)};
}

bool is_utf8(std::string_view text, std::size_t& offset) {
  for (offset = 0; offset < text.size();) {
    const Char c = decode_utf8(text.data() + offset, text.data() + text.size());
    if (c.code == Char::kInvalid) return false;
    offset += c.size;
  }
  return true;
}

}  // namespace tenon::data::text

#include "data/tokenizer/byte_alphabet.h"

#include <array>

#include "data/tokenizer/unicode_classes.h"

namespace tenon::data::text {
namespace {

constexpr std::uint32_t kFirstStandIn = 256;

// Printable ones of Latin-1 stand for themselves, the others for characters from 256 on, in order.
constexpr bool is_printable(std::uint32_t byte) {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

struct Tables {
  std::array<std::string, 256> spelling;
  std::array<std::int16_t, kFirstStandIn + 68> byte_of;

  Tables() {
    byte_of.fill(-1);
    std::uint32_t next = kFirstStandIn;
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t code = is_printable(byte) ? byte : next++;
      spelling[byte] = encode_utf8(code);
      byte_of[code] = static_cast<std::int16_t>(byte);
    }
  }
};

const Tables& tables() {
  static const Tables instance;
  return instance;
}

}  // namespace

const std::string& spelled(std::uint8_t byte) { return tables().spelling[byte]; }

std::string spelled(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += spelled(static_cast<std::uint8_t>(byte));
  return text;
}

std::optional<std::string> unspelled(std::string_view spelling) {
  const Tables& t = tables();
  std::string bytes;
  for (const char* p = spelling.data(); p != spelling.data() + spelling.size();) {
    const Char c = decode_utf8(p, spelling.data() + spelling.size());
    if (c.code >= t.byte_of.size() || t.byte_of[c.code] < 0) return std::nullopt;
    bytes += static_cast<char>(t.byte_of[c.code]);
    p += c.size;
  }
  return bytes;
}

}  // namespace tenon::data::text

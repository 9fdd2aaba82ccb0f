#include "data/tokenizer/nfc.h"

#include <gtest/gtest.h>

#include <string>

namespace tenon::data::text {
namespace {

std::string bytes(const char8_t* text) { return reinterpret_cast<const char*>(text); }

// From Unicode Standard Annex 15, figures 3 to 6, and its conformance test.
TEST(NormalizeNfc, ComposesAndOrders) {
  const auto expect = [](const char8_t* from, const char8_t* to) {
    EXPECT_EQ(normalize_nfc(bytes(from)), bytes(to));
    EXPECT_EQ(normalize_nfc(bytes(to)), bytes(to));
  };
  expect(u8"\u212b", u8"\u00c5");  // Angstrom: a character of its own no more
  expect(u8"\u2126", u8"\u03a9");  // Ohm
  expect(u8"A\u030a", u8"\u00c5");
  expect(u8"s\u0323\u0307", u8"\u1e69");
  expect(u8"s\u0307\u0323", u8"\u1e69");       // whatever the order of the marks
  expect(u8"\u1e9b\u0323", u8"\u1e9b\u0323");  // no character for both
  expect(u8"d\u0307\u0323", u8"\u1e0d\u0307");
  expect(u8"\ufb01", u8"\ufb01");        // a ligature is only compatible
  expect(u8"\u0958", u8"\u0915\u093c");  // excluded from composition
  expect(u8"\u1100\u1161", u8"\uac00");  // Hangul, by arithmetic
  expect(u8"\u1100\u1161\u11a8", u8"\uac01");
  expect(u8"\uac00\u11a8", u8"\uac01");
  expect(u8"\uac01\u11a8", u8"\uac01\u11a8");
  expect(u8"a\u0315\u0300\u05ae\u0300b", u8"\u00e0\u05ae\u0300\u0315b");
  expect(u8"\U0001d15e", u8"\U0001d157\U0001d165");
  expect(u8"\u09c7\u09be", u8"\u09cb");  // both are no marks
}

TEST(NormalizeNfc, LeavesOtherTextAndBytesAlone) {
  for (const std::string& text :
       {std::string(), std::string("plain \0 text", 12), bytes(u8"na\u00efve"),
        std::string("\xff\xcc"), std::string("e\xcc"), std::string("\xed\xa0\x80\xcc\x81")}) {
    EXPECT_EQ(normalize_nfc(text), text);
  }
  EXPECT_EQ(normalize_nfc("\xffz\xcc\x81\xfe"), "\xff\xc5\xba\xfe");
}

}  // namespace
}  // namespace tenon::data::text

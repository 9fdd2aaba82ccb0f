// Numbers of a table's fields.
#ifndef TENON_DATA_CSV_NUMBER_H_
#define TENON_DATA_CSV_NUMBER_H_

#include <cstdint>
#include <string_view>

namespace tenon::data::csv {

/// The whole of `field` as a decimal number, correctly rounded: an optional sign, digits with or
/// without a point, an exponent. False for anything else, and for what is not finite.
bool parse_real(std::string_view field, double& value);

/// The whole of `field` as an integer in [low, high], with an optional sign.
bool parse_integer(std::string_view field, std::int64_t low, std::int64_t high,
                   std::int64_t& value);

/// Digits at the front of [p, end) that make a number below 10^15, which every type but u8 and i32
/// holds exactly: returns where they end and their value. Where there are none, or more, the
/// result is `p`.
inline const char* short_digits(const char* p, const char* end, std::int64_t& value) {
  constexpr std::ptrdiff_t kMaxDigits = 15;
  const char* const begin = p;
  std::int64_t number = 0;
  for (; p != end; ++p) {
    const unsigned digit = static_cast<unsigned char>(*p) - unsigned{'0'};
    if (digit > 9) break;
    number = number * 10 + digit;
    if (p - begin == kMaxDigits) return begin;
  }
  value = number;
  return p;
}

}  // namespace tenon::data::csv

#endif  // TENON_DATA_CSV_NUMBER_H_

#include "data/csv/number.h"

#include <charconv>
#include <cmath>
#include <cstddef>

namespace tenon::data::csv {
namespace {

// std::from_chars takes a minus but no plus.
std::string_view without_plus(std::string_view field) {
  const bool plus = field.size() > 1 && field[0] == '+' && field[1] != '-';
  return plus ? field.substr(1) : field;
}

template <class T>
bool parse_whole(std::string_view field, T& value) {
  field = without_plus(field);
  const char* const end = field.data() + field.size();
  const auto [stop, error] = std::from_chars(field.data(), end, value);
  return error == std::errc() && stop == end;
}

}  // namespace

bool parse_real(std::string_view field, double& value) {
  return parse_whole(field, value) && std::isfinite(value);
}

bool parse_integer(std::string_view field, std::int64_t low, std::int64_t high,
                   std::int64_t& value) {
  return parse_whole(field, value) && value >= low && value <= high;
}

}  // namespace tenon::data::csv

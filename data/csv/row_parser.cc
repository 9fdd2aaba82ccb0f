#include "data/csv/row_parser.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "absl/strings/escaping.h"
#include "data/csv/number.h"

namespace tenon::data::csv {
namespace {

constexpr std::size_t kShown = 40;  // bytes of a field that a message shows

std::string quoted(std::string_view field) {
  const auto shown = field.substr(0, kShown);
  return "'" + absl::CHexEscape({shown.data(), shown.size()}) +
         (shown.size() < field.size() ? "…'" : "'");
}

std::string plain(double value) {
  const bool integral = std::abs(value) < 1e15 && value == std::floor(value);
  return integral ? std::to_string(static_cast<std::int64_t>(value)) : std::to_string(value);
}

bool stands_for_missing(std::string_view field) {
  return field.empty() || field == "NA" || field == "NaN" || field == "nan";
}

// The range of a column: the schema's and the type's.
template <class T>
std::pair<double, double> range_of(const CsvColumn& column) {
  if (std::is_floating_point_v<T>) return {column.low, column.high};
  return {std::max(column.low, static_cast<double>(std::numeric_limits<T>::min())),
          std::min(column.high, static_cast<double>(std::numeric_limits<T>::max()))};
}

// What a number of the column must be, in words.
template <class T>
std::string describe(const CsvColumn& column) {
  const std::string what = std::is_floating_point_v<T> ? "a number" : "an integer";
  const auto [low, high] = range_of<T>(column);
  const bool wide_low = low <= -9e18;
  const bool wide_high = high >= 9e18;
  if (wide_low && wide_high) return what;
  if (wide_high) return what + " from " + plain(low);
  if (wide_low) return what + " up to " + plain(high);
  return what + " from " + plain(low) + " to " + plain(high);
}

template <class T>
bool convert(std::string_view field, T& out) {
  if constexpr (std::is_floating_point_v<T>) {
    double value = 0;
    if (!parse_real(field, value)) return false;
    out = static_cast<T>(value);
    return std::isfinite(out);
  } else {
    std::int64_t value = 0;
    using Limits = std::numeric_limits<T>;
    if (!parse_integer(field, Limits::min(), Limits::max(), value)) return false;
    out = static_cast<T>(value);
    return true;
  }
}

}  // namespace

RowParser::RowParser(const CsvSchema& schema, std::vector<CsvSink> sinks)
    : schema_(schema), sinks_(std::move(sinks)) {
  for (const CsvColumn& column : schema.columns) num_columns_ += column.count;
}

std::string RowParser::place(const CsvColumn& column) const {
  return "column " + std::to_string(column_ + 1) + " (" + column.name + "): ";
}

bool RowParser::fail(std::string what) {
  error_ = std::move(what);
  return false;
}

bool RowParser::at_row_end() const {
  if (p_ == end_ || *p_ == '\n') return true;
  return *p_ == '\r' && (p_ + 1 == end_ || p_[1] == '\n');
}

void RowParser::next_row() {
  if (p_ != end_ && *p_ == '\r') ++p_;
  if (p_ != end_) ++p_;
}

// Counts what the row has, for the message.
bool RowParser::fail_columns() {
  p_ = row_begin_;
  std::int64_t columns = 1;
  for (std::string_view field; take_field(field) && !at_row_end(); ++p_) ++columns;
  return fail("expected " + std::to_string(num_columns_) + " columns, got " +
              std::to_string(columns));
}

// Steps over what separates this field from the next, or stops at the row's end after the last.
bool RowParser::end_field() {
  ++column_;
  if (column_ == num_columns_) return at_row_end() || fail_columns();
  if (p_ == end_ || *p_ != schema_.separator) return fail_columns();
  ++p_;
  return true;
}

bool RowParser::take_quoted(std::string_view& field) {
  scratch_.clear();
  ++p_;
  while (true) {
    const auto* quote =
        static_cast<const char*>(std::memchr(p_, '"', static_cast<std::size_t>(end_ - p_)));
    if (quote == nullptr) {
      return fail("column " + std::to_string(column_ + 1) + ": expected a closing quote");
    }
    scratch_.append(p_, quote);
    p_ = quote + 1;
    if (p_ == end_ || *p_ != '"') break;
    scratch_ += '"';
    ++p_;
  }
  field = scratch_;
  if (at_row_end() || *p_ == schema_.separator) return true;
  return fail("column " + std::to_string(column_ + 1) +
              ": expected a separator after the closing quote, got " + quoted({p_, 1}));
}

// The text of the field at p_, without quotes; it is good until the next call. Stops at what ends
// the field.
bool RowParser::take_field(std::string_view& field) {
  if (p_ != end_ && *p_ == '"') return take_quoted(field);
  const char* const begin = p_;
  while (!at_row_end() && *p_ != schema_.separator) {
    // Rows were told apart on the promise that quotes come in pairs around fields.
    if (*p_ == '"') {
      return fail("column " + std::to_string(column_ + 1) +
                  ": expected quotes around the field or none, got one inside");
    }
    ++p_;
  }
  field = {begin, static_cast<std::size_t>(p_ - begin)};
  return true;
}

template <class T>
bool RowParser::parse_field_number(const CsvColumn& column, T& out) {
  std::string_view field;
  if (!take_field(field)) return false;
  if (column.missing && stands_for_missing(field)) {
    out = static_cast<T>(*column.missing);
    return true;
  }
  const auto [low, high] = range_of<T>(column);
  if (convert(field, out) && static_cast<double>(out) >= low && static_cast<double>(out) <= high) {
    return true;
  }
  return fail(place(column) + "expected " + describe<T>(column) + ", got " + quoted(field));
}

template <class T>
bool RowParser::parse_numbers(const CsvColumn& column, T* out) {
  const auto [low, high] = range_of<T>(column);
  const char separator = schema_.separator;
  for (std::int64_t k = 0; k < column.count; ++k) {
    // Most fields are a few digits between two separators.
    std::int64_t value = 0;
    const char* const stop = short_digits(p_, end_, value);
    const auto number = static_cast<double>(value);
    if (stop != p_ && stop != end_ && *stop == separator && number >= low && number <= high) {
      out[k] = static_cast<T>(value);
      p_ = stop;
    } else if (!parse_field_number(column, out[k])) {
      return false;
    }
    if (!end_field()) return false;
  }
  return true;
}

// Four columns at a time where eight bytes are left: digit, separator, digit, separator …
bool RowParser::parse_one_hot(const CsvColumn& column, std::int64_t& out) {
  constexpr std::uint64_t kOnes = 0x0001000100010001;
  const std::uint64_t zeros =
      kOnes *
      ('0' | static_cast<std::uint64_t>(static_cast<unsigned char>(schema_.separator)) << 8);
  std::int64_t found = 0;
  std::int64_t k = 0;
  const auto set = [&](std::int64_t index) {
    out = index;
    ++found;
  };
  while (k < column.count) {
    std::uint64_t four = 0;
    if (end_ - p_ >= 8) std::memcpy(&four, p_, 8);
    // The last field of a row has no separator behind it, so it is never among the four.
    if (k + 4 <= column.count && ((four ^ zeros) & ~kOnes) == 0) {
      if (column_ + 4 >= num_columns_) {
        column_ += 4;
        return fail_columns();
      }
      for (std::uint64_t ones = four ^ zeros; ones != 0; ones &= ones - 1) {
        set(k + __builtin_ctzll(ones) / 16);
      }
      p_ += 8;
      k += 4;
      column_ += 4;
      continue;
    }
    std::string_view field;
    if (!take_field(field)) return false;
    if (field == "1") {
      set(k);
    } else if (field != "0") {
      return fail(place(column) + "expected 0 or 1, got " + quoted(field));
    }
    if (!end_field()) return false;
    ++k;
  }
  if (found == 1) return true;
  return fail("columns " + std::to_string(column_ - column.count + 1) + " to " +
              std::to_string(column_) + " (" + column.name +
              "): expected one of them to be 1, got " + std::to_string(found));
}

bool RowParser::parse_category(const CsvColumn& column, std::int64_t& out) {
  std::string_view field;
  if (!take_field(field)) return false;
  const auto& names = column.categories;
  const auto name = std::find(names.begin(), names.end(), field);
  if (name == names.end()) {
    return fail(place(column) + "expected one of " + std::to_string(names.size()) +
                " categories, got " + quoted(field));
  }
  out = name - names.begin();
  return end_field();
}

bool RowParser::parse_text(std::string& out) {
  std::string_view field;
  if (!take_field(field)) return false;
  out = field;
  return end_field();
}

bool RowParser::skip(std::int64_t count) {
  for (std::string_view field; count > 0; --count) {
    if (!take_field(field) || !end_field()) return false;
  }
  return true;
}

bool RowParser::parse_group(const CsvColumn& column, const CsvSink& sink, std::int64_t row) {
  const auto at = [&]<class T>(T) { return static_cast<T*>(sink.elements) + row * column.count; };
  switch (column.type) {
    case CsvType::kF32:
      return parse_numbers(column, at(float{}));
    case CsvType::kF64:
      return parse_numbers(column, at(double{}));
    case CsvType::kI64:
      return parse_numbers(column, at(std::int64_t{}));
    case CsvType::kI32:
      return parse_numbers(column, at(std::int32_t{}));
    case CsvType::kU8:
      return parse_numbers(column, at(std::uint8_t{}));
    case CsvType::kCategory:
      return parse_category(column, static_cast<std::int64_t*>(sink.elements)[row]);
    case CsvType::kOneHot:
      return parse_one_hot(column, static_cast<std::int64_t*>(sink.elements)[row]);
    case CsvType::kText:
      return parse_text(sink.text[row]);
    case CsvType::kSkip:
      return skip(column.count);
  }
  return false;
}

bool RowParser::parse_row(std::int64_t row) {
  row_begin_ = p_;
  column_ = 0;
  if (num_columns_ > 1 && at_row_end()) return fail_columns();
  for (std::size_t i = 0; i < sinks_.size(); ++i) {
    if (!parse_group(schema_.columns[i], sinks_[i], row)) return false;
  }
  next_row();
  return true;
}

absl::Status RowParser::parse(std::string_view text, std::int64_t first, std::int64_t capacity,
                              std::int64_t first_number) {
  p_ = text.data();
  end_ = p_ + text.size();
  for (std::int64_t row = first; p_ != end_ && row < first + capacity; ++row) {
    if (!parse_row(row)) {
      return absl::InvalidArgumentError("row " + std::to_string(row - first + first_number) + ", " +
                                        error_);
    }
  }
  return absl::OkStatus();
}

absl::Status RowParser::check_header(std::string_view& text) {
  p_ = row_begin_ = text.data();
  end_ = p_ + text.size();
  column_ = 0;
  bool ok = true;
  for (const CsvColumn& column : schema_.columns) {
    std::string_view field;
    if (column.count > 1 || column.type == CsvType::kSkip) {
      ok = skip(column.count);
    } else if ((ok = take_field(field))) {
      ok = field == column.name ? end_field()
                                : fail(place(column) + "expected this name, got " + quoted(field));
    }
    if (!ok) return absl::InvalidArgumentError("row 1, " + error_);
  }
  next_row();
  text.remove_prefix(static_cast<std::size_t>(p_ - text.data()));
  return absl::OkStatus();
}

}  // namespace tenon::data::csv

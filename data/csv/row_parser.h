// Turns rows of text into the elements of columns.
#ifndef TENON_DATA_CSV_ROW_PARSER_H_
#define TENON_DATA_CSV_ROW_PARSER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "data/csv/schema.h"

namespace tenon::data::csv {

/// Where the elements of a CsvColumn go: element (row, k) is number row * count + k of `elements`,
/// or string `row` of `text`. A one-hot group has one element a row.
struct CsvSink {
  void* elements = nullptr;
  std::string* text = nullptr;
};

/// Writes to memory that others own; several may write to different rows at once.
class RowParser {
 public:
  /// `sinks[i]` belongs to schema.columns[i].
  RowParser(const CsvSchema& schema, std::vector<CsvSink> sinks);

  /// Columns of the file.
  std::int64_t num_columns() const { return num_columns_; }

  /// Parses all of `text`, whose first row goes to row `first` of the sinks, at most `capacity`
  /// rows. An error says "row R, column C (name): …", with `first_number` as the first row's
  /// number.
  absl::Status parse(std::string_view text, std::int64_t first, std::int64_t capacity,
                     std::int64_t first_number);

  /// Compares a header with the schema's names and moves `text` behind it.
  absl::Status check_header(std::string_view& text);

 private:
  bool parse_row(std::int64_t row);
  bool parse_group(const CsvColumn& column, const CsvSink& sink, std::int64_t row);
  template <class T>
  bool parse_numbers(const CsvColumn& column, T* out);
  template <class T>
  bool parse_field_number(const CsvColumn& column, T& out);
  bool parse_one_hot(const CsvColumn& column, std::int64_t& out);
  bool parse_category(const CsvColumn& column, std::int64_t& out);
  bool parse_text(std::string& out);
  bool skip(std::int64_t count);

  bool take_field(std::string_view& field);
  bool take_quoted(std::string_view& field);
  bool end_field();
  bool at_row_end() const;
  void next_row();
  bool fail(std::string what);
  bool fail_columns();
  std::string place(const CsvColumn& column) const;

  const CsvSchema& schema_;
  std::vector<CsvSink> sinks_;
  std::int64_t num_columns_ = 0;
  const char* p_ = nullptr;
  const char* end_ = nullptr;
  const char* row_begin_ = nullptr;
  std::int64_t column_ = 0;  // of the field at p_, from 0
  std::string scratch_;      // a quoted field's text
  std::string error_;
};

}  // namespace tenon::data::csv

#endif  // TENON_DATA_CSV_ROW_PARSER_H_

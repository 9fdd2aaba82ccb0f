// A table of results, for the terminal, for a README and for a spreadsheet.
//
//   Table table({"init", "published %", "here %"});
//   table.add_row({"He", "97.8", percent(accuracy)});
//   std::fputs(table.to_text().c_str(), stdout);
//   absl::Status written = table.write(options.output("table"));   // table.csv, table.md
#ifndef TENON_EXAMPLES_COMMON_TABLE_H_
#define TENON_EXAMPLES_COMMON_TABLE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tenon::examples {

class Table {
 public:
  explicit Table(std::vector<std::string> head);

  /// Throws ShapeError where the row is not as long as the head.
  void add_row(std::vector<std::string> row);

  /// The first column to the left, the others to the right, two spaces between.
  std::string to_text() const;
  std::string to_markdown() const;
  std::string to_csv() const;
  /// Writes `<base>.csv` and `<base>.md`, each whole or not at all.
  absl::Status write(const std::string& base) const;

 private:
  std::vector<std::vector<std::string>> rows_;  // the head is the first
};

/// The cells of CSV text, as to_csv() writes it (RFC 4180). DataLossError with the line where
/// quotes are not closed, or a row is not as long as the first.
absl::StatusOr<std::vector<std::vector<std::string>>> parse_csv(std::string_view text);

/// "0.034" for 3 digits after the point; "nan", "inf" where it is not finite.
std::string fixed(double value, int digits);
/// A share from 0 to 1 in percent: 0.9781 -> "97.81".
std::string percent(double share, int digits = 2);

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_COMMON_TABLE_H_

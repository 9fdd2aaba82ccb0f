// What the columns of a CSV table are: declared by the reader's caller, never guessed from the
// file.
//
//   const CsvSchema iris{.columns = {{.name = "measures", .type = CsvType::kF32, .count = 4},
//                                    {.name = "species", .type = CsvType::kCategory,
//                                     .categories = {"setosa", "versicolor", "virginica"}}},
//                        .header = true};
#ifndef TENON_DATA_CSV_SCHEMA_H_
#define TENON_DATA_CSV_SCHEMA_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace tenon::data {

enum class CsvType : std::uint8_t {
  kF32,       ///< a decimal number, read as f64 and rounded once more
  kF64,       ///< a decimal number, correctly rounded
  kI64,       ///< an integer
  kI32,       ///< an integer
  kU8,        ///< an integer from 0 to 255
  kCategory,  ///< one of `categories` -> its index, i64
  kOneHot,    ///< `count` columns, one of them 1 and the others 0 -> its index, i64
  kText,      ///< any text -> a string
  kSkip,      ///< not looked at
};

/// A column, or several of one type side by side.
struct CsvColumn {
  std::string name{};
  CsvType type = CsvType::kF32;
  /// So many columns of the file: a tensor [N,count] where above 1, else [N]. kOneHot gives [N].
  std::int64_t count = 1;
  /// Smallest and largest number allowed.
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  /// What an empty field stands for, and one of NA, NaN, nan; without it they are errors. Numbers
  /// only.
  std::optional<double> missing{};
  std::vector<std::string> categories{};  ///< of kCategory
};

struct CsvSchema {
  std::vector<CsvColumn> columns{};
  char separator = ',';
  /// The first row holds names. Those of columns with count 1 must be the schema's.
  bool header = false;
};

}  // namespace tenon::data

#endif  // TENON_DATA_CSV_SCHEMA_H_

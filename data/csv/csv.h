// Tables of comma-separated values (RFC 4180), read into tensors at the speed of memory.
//
//   CsvSchema schema{.columns = {{.name = "x", .type = CsvType::kF32, .count = 3},
//                                {.name = "label", .type = CsvType::kI64, .low = 0, .high = 9}}};
//   absl::StatusOr<CsvTable> table = read_csv("points.csv.gz", schema);
//   if (!table.ok()) return table.status();   // "points.csv.gz: row 17, column 4 (label): expected
//   …" Tensor x = table->tensor("x");            // f32 [N,3]
//
// Fields may be quoted, with "" for a quote inside; a quoted one may hold separators and line ends.
// Rows end with LF or CR LF, the last one also with the file. A byte order mark of UTF-8 is
// skipped. Spaces belong to their field.
#ifndef TENON_DATA_CSV_CSV_H_
#define TENON_DATA_CSV_CSV_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "data/csv/schema.h"
#include "tensor/tensor.h"

namespace tenon::data {

/// The columns of N rows.
class CsvTable {
 public:
  std::int64_t rows() const { return rows_; }
  /// The numbers of the column of that name: [N], or [N,count]; dtypes are at CsvType. Throws
  /// ValueError where the schema has no such column, or it is text or skipped.
  const Tensor& tensor(std::string_view name) const;
  /// The strings of a kText column, row by row. Throws ValueError.
  const std::vector<std::string>& text(std::string_view name) const;

  /// One for each column of the schema; what does not apply is undefined or empty.
  struct Column {
    std::string name{};
    CsvType type = CsvType::kF32;
    Tensor tensor{};
    std::vector<std::string> text{};
  };

 private:
  friend class CsvTableBuilder;
  const Column& find(std::string_view name, const char* method) const;

  std::int64_t rows_ = 0;
  std::vector<Column> columns_{};
};

struct CsvOptions {
  /// Threads that parse; 0 for as many as tensors compute with. The result is the same.
  int threads = 0;
  /// More bytes than this, unpacked, are ResourceExhausted.
  std::uint64_t max_bytes = std::uint64_t{16} << 30;
};

/// Reads a file, memory-mapped where it is plain, unpacked piece by piece where it is gzipped (told
/// by its first bytes). Errors name the file, the row (from 1, a header included) and the column
/// (from 1, and its name): InvalidArgument for a wrong number of columns, text where a number
/// should be, a number out of range, an unknown category, two or no ones in a one-hot group, a
/// quote that is not closed, a file without rows; those of GzipReader. Throws ValueError for a
/// schema that contradicts itself: no columns, a count below 1, kText with a count above 1, two of
/// one name …
absl::StatusOr<CsvTable> read_csv(const std::string& path, const CsvSchema& schema,
                                  const CsvOptions& options = {});

/// The same for text in memory; `origin` is what errors call it.
absl::StatusOr<CsvTable> parse_csv(std::string_view text, const std::string& origin,
                                   const CsvSchema& schema, const CsvOptions& options = {});

}  // namespace tenon::data

#endif  // TENON_DATA_CSV_CSV_H_

#include "data/csv/csv.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <unordered_set>
#include <utility>

#include "absl/strings/match.h"
#include "data/csv/row_parser.h"
#include "data/csv/rows.h"
#include "data/gzip.h"
#include "tensor/build_info.h"
#include "tensor/error.h"
#include "tensor/io/file_checks.h"
#include "tensor/io/mapped_file.h"
#include "tensor/ops.h"

namespace tenon::data {
namespace {

using csv::CsvSink;
using csv::RowParser;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
// Bytes that are unpacked between two rounds of parsing, and that are worth a thread of their own.
constexpr std::size_t kPiece = std::size_t{8} << 20;
constexpr std::size_t kBytesPerThread = 1 << 16;
constexpr std::int64_t kMaxColumns = 1 << 20;

[[noreturn]] void refuse(const std::string& what) { throw ValueError("[read_csv] " + what); }

bool is_number(CsvType type) { return type <= CsvType::kU8; }

void check_column(const CsvColumn& column) {
  const std::string who = "column '" + column.name + "'";
  if (column.count < 1 || column.count > kMaxColumns) {
    refuse("expected a count from 1 to " + std::to_string(kMaxColumns) + " for " + who + ", got " +
           std::to_string(column.count));
  }
  const bool single = column.type == CsvType::kText || column.type == CsvType::kCategory;
  if (single && column.count != 1) {
    refuse("expected count 1 for " + who + " of text, got " + std::to_string(column.count));
  }
  if ((column.type == CsvType::kCategory) == column.categories.empty()) {
    refuse("expected categories for " + who + " where, and only where, it is of type kCategory");
  }
  if (column.missing && !is_number(column.type)) {
    refuse("expected no value for missing numbers in " + who + ", which has no numbers");
  }
}

void check_schema(const CsvSchema& schema) {
  if (schema.columns.empty()) refuse("expected a schema with columns, got none");
  if (std::string_view("\"\r\n").find(schema.separator) != std::string_view::npos) {
    refuse("expected a separator other than quotes and line ends");
  }
  std::unordered_set<std::string_view> names;
  std::int64_t total = 0;
  for (const CsvColumn& column : schema.columns) {
    check_column(column);
    total += column.count;
    if (column.type != CsvType::kSkip && !names.insert(column.name).second) {
      refuse("expected names that differ, got '" + column.name + "' twice");
    }
  }
  if (total > kMaxColumns) refuse("expected at most " + std::to_string(kMaxColumns) + " columns");
}

std::optional<DType> dtype_of(CsvType type) {
  switch (type) {
    case CsvType::kF32:
      return DType::kF32;
    case CsvType::kF64:
      return DType::kF64;
    case CsvType::kI32:
      return DType::kI32;
    case CsvType::kU8:
      return DType::kU8;
    case CsvType::kI64:
    case CsvType::kCategory:
    case CsvType::kOneHot:
      return DType::kI64;
    case CsvType::kText:
    case CsvType::kSkip:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

/// Grows a table piece of text by piece of text.
class CsvTableBuilder {
 public:
  CsvTableBuilder(const CsvSchema& schema, const CsvOptions& options)
      : schema_(schema), threads_(options.threads > 0 ? options.threads : num_threads()) {
    check_schema(schema);
    for (const CsvColumn& column : schema.columns) row_bytes_ += column.count;
  }

  /// Adds whole rows. The first call's text begins the file.
  absl::Status add(std::string_view text) {
    if (!started_) {
      if (auto status = start(text); !status.ok()) return status;
    }
    if (text.empty()) return absl::OkStatus();
    return add_rows(text);
  }

  absl::StatusOr<CsvTable> finish() {
    if (rows_ == 0) return absl::InvalidArgumentError("expected rows, got none");
    CsvTable table;
    table.rows_ = rows_;
    for (std::size_t i = 0; i < schema_.columns.size(); ++i) {
      CsvTable::Column column{.name = schema_.columns[i].name, .type = schema_.columns[i].type};
      for (std::vector<CsvTable::Column>& piece : pieces_) {
        std::move(piece[i].text.begin(), piece[i].text.end(), std::back_inserter(column.text));
      }
      column.tensor = joined(i);
      table.columns_.push_back(std::move(column));
    }
    return table;
  }

 private:
  absl::Status start(std::string_view& text) {
    started_ = true;
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    if (!schema_.header || text.empty()) return absl::OkStatus();
    next_number_ = 2;
    return RowParser(schema_, {}).check_header(text);
  }

  // A row of k columns has at least k bytes, its line end included. Where the line ends claim more
  // rows than that leaves room for, one is too short: it is found before memory runs out.
  absl::Status add_rows(std::string_view text) {
    const auto room = static_cast<std::int64_t>(text.size()) / row_bytes_ + 1;
    const int threads = std::min(threads_, static_cast<int>(text.size() / kBytesPerThread) + 1);
    auto parts = csv::split_rows(text, threads);
    std::vector<std::int64_t> counts;
    std::int64_t total = 0;
    for (const std::string_view part : parts) {
      counts.push_back(csv::count_rows(part));
      total += counts.back();
    }
    if (total > room) {
      parts = {text};
      counts = {room};
      total = room;
    }
    return parse_parts(parts, counts, make_columns(total), total);
  }

  std::vector<CsvSink> make_columns(std::int64_t rows) {
    std::vector<CsvTable::Column>& columns = pieces_.emplace_back();
    std::vector<CsvSink> sinks;
    for (const CsvColumn& column : schema_.columns) {
      CsvTable::Column& made = columns.emplace_back();
      CsvSink& sink = sinks.emplace_back();
      if (column.type == CsvType::kText) made.text.resize(static_cast<std::size_t>(rows));
      sink.text = made.text.data();
      const auto dtype = dtype_of(column.type);
      if (!dtype) continue;
      const bool wide = column.count > 1 && column.type != CsvType::kOneHot;
      made.tensor = empty(wide ? Shape{rows, column.count} : Shape{rows}, {.dtype = *dtype});
      sink.elements = made.tensor.raw_data();
    }
    return sinks;
  }

  // The first part with an error has the first row with one.
  absl::Status parse_parts(const std::vector<std::string_view>& parts,
                           const std::vector<std::int64_t>& counts,
                           const std::vector<CsvSink>& sinks, std::int64_t total) {
    std::vector<absl::Status> statuses(parts.size());
    std::vector<std::thread> helpers;
    std::int64_t first = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto parse = [this, &parts, &counts, &sinks, &statuses, i, first] {
        RowParser parser(schema_, sinks);
        statuses[i] = parser.parse(parts[i], first, counts[i], next_number_ + first);
      };
      first += counts[i];
      if (i + 1 < parts.size()) {
        helpers.emplace_back(parse);
      } else {
        parse();
      }
    }
    for (std::thread& helper : helpers) helper.join();
    for (const absl::Status& status : statuses) {
      if (!status.ok()) return status;
    }
    rows_ += total;
    next_number_ += total;
    return absl::OkStatus();
  }

  Tensor joined(std::size_t i) const {
    std::vector<Tensor> tensors;
    for (const auto& piece : pieces_) {
      if (piece[i].tensor.defined()) tensors.push_back(piece[i].tensor);
    }
    if (tensors.empty()) return {};
    return tensors.size() == 1 ? tensors[0] : cat(tensors, 0);
  }

  const CsvSchema& schema_;
  int threads_;
  std::int64_t row_bytes_ = 0;  // the least
  bool started_ = false;
  std::int64_t rows_ = 0;
  std::int64_t next_number_ = 1;  // of the next row, for messages
  std::vector<std::vector<CsvTable::Column>> pieces_;
};

namespace {

absl::Status too_large(std::uint64_t max_bytes) {
  return absl::ResourceExhaustedError("unpacks to more than the limit of " +
                                      std::to_string(max_bytes) + " bytes");
}

// Whole rows are parsed as soon as they are unpacked; the rest waits for the next piece.
absl::Status add_gzipped(GzipReader& reader, std::uint64_t max_bytes, CsvTableBuilder& builder) {
  std::string waiting;
  while (true) {
    const std::size_t before = waiting.size();
    waiting.resize(before + kPiece);
    const auto count = reader.read(waiting.data() + before, kPiece);
    if (!count.ok()) return count.status();
    waiting.resize(before + *count);
    if (reader.offset() > max_bytes) return too_large(max_bytes);
    const bool at_end = *count < kPiece;
    const std::size_t rows = at_end ? waiting.size() : csv::whole_rows(waiting);
    if (auto status = builder.add(std::string_view(waiting).substr(0, rows)); !status.ok()) {
      return status;
    }
    if (at_end) return absl::OkStatus();
    waiting.erase(0, rows);
  }
}

// The builder's table, or the error, with the file's name before it.
absl::StatusOr<CsvTable> finished(const std::string& origin, const absl::Status& status,
                                  CsvTableBuilder& builder) {
  auto table = status.ok() ? builder.finish() : absl::StatusOr<CsvTable>(status);
  const bool named = absl::StartsWith(table.status().message(), origin);
  if (table.ok() || named) return table;
  return internal::with_path(origin, table.status());
}

}  // namespace

const CsvTable::Column& CsvTable::find(std::string_view name, const char* method) const {
  const auto column = std::find_if(columns_.begin(), columns_.end(), [&](const Column& candidate) {
    return candidate.type != CsvType::kSkip && candidate.name == name;
  });
  if (column != columns_.end()) return *column;
  refuse(std::string(method) + ": expected a column of the schema, got '" + std::string(name) +
         "'");
}

const Tensor& CsvTable::tensor(std::string_view name) const {
  const Column& column = find(name, "tensor");
  if (!column.tensor.defined())
    refuse("tensor: expected numbers, column '" + column.name + "' is text");
  return column.tensor;
}

const std::vector<std::string>& CsvTable::text(std::string_view name) const {
  const Column& column = find(name, "text");
  if (column.type != CsvType::kText)
    refuse("text: expected text, column '" + column.name + "' is none");
  return column.text;
}

absl::StatusOr<CsvTable> parse_csv(std::string_view text, const std::string& origin,
                                   const CsvSchema& schema, const CsvOptions& options) {
  CsvTableBuilder builder(schema, options);
  return finished(
      origin, text.size() > options.max_bytes ? too_large(options.max_bytes) : builder.add(text),
      builder);
}

absl::StatusOr<CsvTable> read_csv(const std::string& path, const CsvSchema& schema,
                                  const CsvOptions& options) {
  auto reader = GzipReader::open(path);
  if (!reader.ok()) return reader.status();
  if (reader->is_gzipped()) {
    CsvTableBuilder builder(schema, options);
    return finished(path, add_gzipped(*reader, options.max_bytes, builder), builder);
  }
  const auto file = MappedFile::open(path);
  if (!file.ok()) return file.status();
  return parse_csv((*file)->bytes(), path, schema, options);
}

}  // namespace tenon::data

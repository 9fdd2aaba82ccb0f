#include "examples/common/table.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "tensor/error.h"
#include "tensor/io/atomic_file.h"

namespace tenon::examples {
namespace {

// Characters, not bytes: "±" counts as one.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// As RFC 4180 has it.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n") == text.npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

std::string markdown_cell(const std::string& text) {
  std::string cell;
  for (const char c : text) cell += c == '|' ? "\\|" : std::string(1, c);
  return cell;
}

}  // namespace

Table::Table(std::vector<std::string> head) : rows_{std::move(head)} {}

void Table::add_row(std::vector<std::string> row) {
  if (row.size() != rows_[0].size()) {
    throw ShapeError("[Table.add_row] expected " + std::to_string(rows_[0].size()) +
                     " cells as in the head, got " + std::to_string(row.size()));
  }
  rows_.push_back(std::move(row));
}

std::string Table::to_text() const {
  std::vector<std::size_t> widths(rows_[0].size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width_of(row[c]));
  }
  std::string text;
  for (const auto& row : rows_) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string space(widths[c] - width_of(row[c]), ' ');
      text += c == 0 ? row[c] + space : "  " + space + row[c];
    }
    text += '\n';
  }
  return text;
}

std::string Table::to_markdown() const {
  std::string text;
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    for (const std::string& cell : rows_[r]) text += "| " + markdown_cell(cell) + " ";
    text += "|\n";
    if (r > 0) continue;
    for (std::size_t c = 0; c < rows_[0].size(); ++c) text += c == 0 ? "|---" : "|---:";
    text += "|\n";
  }
  return text;
}

std::string Table::to_csv() const {
  std::string text;
  for (const auto& row : rows_) {
    for (std::size_t c = 0; c < row.size(); ++c) text += (c == 0 ? "" : ",") + csv_field(row[c]);
    text += '\n';
  }
  return text;
}

absl::Status Table::write(const std::string& base) const {
  if (absl::Status status = write_file(base + ".csv", to_csv()); !status.ok()) return status;
  return write_file(base + ".md", to_markdown());
}

absl::StatusOr<std::vector<std::vector<std::string>>> parse_csv(std::string_view text) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row;
  std::string cell;
  const auto end_row = [&] {
    row.push_back(std::exchange(cell, {}));
    rows.push_back(std::exchange(row, {}));
    return rows.back().size() == rows.front().size();
  };
  const auto damaged = [&](const std::string& what) {
    return absl::DataLossError("row " + std::to_string(rows.size()) + ": " + what);
  };
  const auto uneven = [&] {
    return damaged("expected " + std::to_string(rows.front().size()) + " cells, got " +
                   std::to_string(rows.back().size()));
  };
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool doubled = quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"';
    if (doubled) ++i;
    if (c == '"' && !doubled) {
      quoted = !quoted;
    } else if (quoted || (c != ',' && c != '\n')) {
      cell += c;
    } else if (c == ',') {
      row.push_back(std::exchange(cell, {}));
    } else if (!end_row()) {
      return uneven();
    }
  }
  if (quoted) return damaged("expected a closing quotation mark, got the end");
  if ((!row.empty() || !cell.empty()) && !end_row()) return uneven();
  return rows;
}

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string percent(double share, int digits) { return fixed(100 * share, digits); }

}  // namespace tenon::examples

#include "data/csv/rows.h"

#include <algorithm>

namespace tenon::data::csv {
namespace {

bool has_quotes(std::string_view text) { return text.find('"') != std::string_view::npos; }

struct QuotedRows {
  std::int64_t count = 0;
  std::size_t end = 0;  // of the last whole row
};

// A doubled quote inside of quotes closes and opens them again, which leaves the state as it was.
QuotedRows scan_quoted(std::string_view text) {
  QuotedRows rows;
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') inside = !inside;
    if (text[i] == '\n' && !inside) {
      ++rows.count;
      rows.end = i + 1;
    }
  }
  return rows;
}

}  // namespace

std::int64_t count_rows(std::string_view text) {
  if (text.empty()) return 0;
  if (has_quotes(text)) {
    const QuotedRows rows = scan_quoted(text);
    return rows.count + (rows.end < text.size() ? 1 : 0);
  }
  return std::count(text.begin(), text.end(), '\n') + (text.back() == '\n' ? 0 : 1);
}

std::size_t whole_rows(std::string_view text) {
  if (has_quotes(text)) return scan_quoted(text).end;
  const std::size_t last = text.rfind('\n');
  return last == std::string_view::npos ? 0 : last + 1;
}

std::vector<std::string_view> split_rows(std::string_view text, int parts) {
  if (has_quotes(text)) return {text};
  std::vector<std::string_view> pieces;
  for (; parts > 1 && !text.empty(); --parts) {
    const std::size_t middle = text.size() / static_cast<std::size_t>(parts);
    const std::size_t line_end = text.find('\n', middle);
    if (line_end == std::string_view::npos) break;
    pieces.push_back(text.substr(0, line_end + 1));
    text.remove_prefix(line_end + 1);
  }
  if (!text.empty()) pieces.push_back(text);
  return pieces;
}

}  // namespace tenon::data::csv

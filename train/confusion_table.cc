// The confusion matrix as people read it.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "tensor/error.h"
#include "train/metrics.h"

namespace tenon::train {
namespace {

using Row = std::vector<std::string>;

// Columns, not bytes: what continues a UTF-8 character takes none.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, width_of(text)), ' ') + text;
}

std::string percent(double part) {
  if (std::isnan(part)) return "-";
  if (part == 1) return "100";
  char text[16];
  std::snprintf(text, sizeof text, "%.1f", 100 * part);
  return text;
}

// A zero says more where the eye can skip it.
std::string cell(std::int64_t count) { return count == 0 ? "." : std::to_string(count); }

std::vector<Row> make_rows(const ConfusionMatrix& matrix, const std::vector<std::string>& names) {
  const int classes = matrix.classes();
  Row head{"true"};
  head.insert(head.end(), names.begin(), names.end());
  head.emplace_back("recall %");
  std::vector<Row> rows{head};
  for (int truth = 0; truth < classes; ++truth) {
    Row row{names[static_cast<std::size_t>(truth)]};
    for (int c = 0; c < classes; ++c) row.push_back(cell(matrix.count(truth, c)));
    row.push_back(percent(matrix.recall(truth)));
    rows.push_back(row);
  }
  Row last{"precision %"};
  for (int c = 0; c < classes; ++c) last.push_back(percent(matrix.precision(c)));
  last.push_back(percent(matrix.value()));
  rows.push_back(last);
  return rows;
}

}  // namespace

std::string to_string(const ConfusionMatrix& matrix, std::span<const std::string> names) {
  const auto classes = static_cast<std::size_t>(matrix.classes());
  std::vector<std::string> labels(names.begin(), names.end());
  for (std::size_t c = 0; labels.size() < classes && names.empty(); ++c) {
    labels.push_back(std::to_string(c));
  }
  if (labels.size() != classes) {
    throw ValueError("[confusion_matrix] expected " + std::to_string(classes) + " names, got " +
                     std::to_string(labels.size()));
  }
  const std::vector<Row> rows = make_rows(matrix, labels);
  // The class columns share one width, so that the diagonal is straight.
  std::size_t first = 0, cells = 0, last = 0;
  for (const Row& row : rows) {
    first = std::max(first, width_of(row.front()));
    last = std::max(last, width_of(row.back()));
    for (std::size_t c = 1; c <= classes; ++c) cells = std::max(cells, width_of(row[c]));
  }
  std::string table = std::string(first, ' ') + "  predicted\n";
  for (const Row& row : rows) {
    table += padded(row.front(), first);
    for (std::size_t c = 1; c <= classes; ++c) table += " " + padded(row[c], cells);
    table += "  " + padded(row.back(), last) + "\n";
  }
  return table;
}

}  // namespace tenon::train

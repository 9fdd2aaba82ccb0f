// Module's table of layers.

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "layers/module.h"

namespace tenon::layers {
namespace {

using Row = std::array<std::string, 4>;

/// "62,006".
std::string with_commas(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

/// "488.3 KiB".
std::string readable_bytes(std::size_t bytes) {
  constexpr std::array<const char*, 4> kUnits = {"B", "KiB", "MiB", "GiB"};
  auto amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < kUnits.size(); ++unit) amount /= 1024;
  std::string text = std::to_string(amount);
  text.resize(text.find('.') + (unit == 0 ? 0 : 2));
  return text + " " + kUnits[unit];
}

/// How many characters it takes on a screen: UTF-8's continuation bytes take none.
std::size_t columns_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string render(const std::vector<Row>& rows) {
  std::array<std::size_t, 4> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], columns_of(row[i]));
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - columns_of(row[i]), ' ');
      const bool is_number = i + 1 == row.size();
      line += is_number ? padding + row[i] : row[i] + padding + "  ";
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

Row row_of(const std::string& path, const Module& module, const NamedVariables& own) {
  std::string shapes;
  std::int64_t count = 0;
  for (const auto& [name, variable] : own) {
    shapes += (shapes.empty() ? "" : ", ") + name + " " + to_string(variable.shape());
    count += variable.numel();
  }
  return {path.empty() ? "(root)" : path, module.describe(), shapes,
          own.empty() ? "" : with_commas(count)};
}

}  // namespace

std::string Module::summary() const {
  std::vector<Row> rows = {{"layer", "kind", "parameters", "count"}};
  for (const auto& [path, module] : named_modules()) {
    rows.push_back(row_of(path, *module, module->parameters_));
  }
  std::size_t bytes = 0;
  for (const Variable& parameter : parameters()) bytes += parameter.value().bytes();
  const std::int64_t total = num_parameters();
  const std::int64_t frozen = total - num_parameters(/*trainable_only=*/true);
  return render(rows) + with_commas(total) + " parameters (" + readable_bytes(bytes) + "), " +
         (frozen == 0 ? "all" : with_commas(total - frozen)) + " trainable\n";
}

}  // namespace tenon::layers

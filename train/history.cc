#include "train/history.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <utility>

#include "tensor/io/atomic_file.h"

namespace tenon::train {
namespace {

std::string shortest(double value) {
  if (std::isnan(value)) return "nan";
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return std::string(digits, end);
}

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> fields(1);
  for (const char c : line) {
    if (c == ',') {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

template <class T>
bool parse(const std::string& text, T& value) {
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  return result.ec == std::errc() && result.ptr == end;
}

absl::Status bad_line(const std::string& path, std::size_t line, const std::string& what) {
  return absl::DataLossError(path + ": line " + std::to_string(line) + ": " + what);
}

// One line of the file under the names of the header; false where it is none.
bool parse_record(const std::string& line, const std::vector<std::string>& header,
                  EpochRecord& record) {
  const std::vector<std::string> fields = split(line);
  if (fields.size() != header.size() || !parse(fields[0], record.epoch)) return false;
  for (std::size_t i = 1; i < fields.size(); ++i) {
    if (fields[i].empty()) continue;
    record.values.push_back({.name = header[i]});
    if (!parse(fields[i], record.values.back().value)) return false;
  }
  return true;
}

}  // namespace

double EpochRecord::value(std::string_view name) const {
  const auto found = std::find_if(values.begin(), values.end(),
                                  [&](const NamedValue& v) { return v.name == name; });
  return found == values.end() ? std::numeric_limits<double>::quiet_NaN() : found->value;
}

absl::StatusOr<double> monitored(const EpochRecord& record, std::string_view name) {
  std::string known;
  for (const NamedValue& v : record.values) {
    if (v.name == name) return v.value;
    known += (known.empty() ? "" : ", ") + v.name;
  }
  return absl::FailedPreconditionError("expected \"" + std::string(name) +
                                       "\" among the records, got " + known);
}

std::vector<std::string> names(const History& history) {
  std::vector<std::string> all;
  for (const EpochRecord& record : history) {
    for (const NamedValue& v : record.values) {
      if (std::find(all.begin(), all.end(), v.name) == all.end()) all.push_back(v.name);
    }
  }
  return all;
}

std::vector<double> column(const History& history, std::string_view name) {
  std::vector<double> values;
  for (const EpochRecord& record : history) values.push_back(record.value(name));
  return values;
}

std::string to_csv(const History& history) {
  const std::vector<std::string> columns = names(history);
  std::string csv = "epoch";
  for (const std::string& name : columns) csv += "," + name;
  csv += '\n';
  for (const EpochRecord& record : history) {
    csv += std::to_string(record.epoch);
    for (const std::string& name : columns) {
      csv += ',';
      for (const NamedValue& v : record.values) {
        if (v.name == name) csv += shortest(v.value);
      }
    }
    csv += '\n';
  }
  return csv;
}

absl::Status write_csv(const History& history, const std::string& path) {
  return write_file(path, to_csv(history));
}

absl::StatusOr<History> read_csv(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(path + ": cannot be opened");
  std::string line;
  if (!std::getline(file, line)) return bad_line(path, 1, "expected a header, got an empty file");
  const std::vector<std::string> header = split(line);
  if (header[0] != "epoch") return bad_line(path, 1, "expected a header that begins with \"epoch\"");
  History history;
  for (std::size_t number = 2; std::getline(file, line); ++number) {
    EpochRecord record;
    if (!parse_record(line, header, record)) {
      return bad_line(path, number,
                      "expected an epoch and " + std::to_string(header.size() - 1) +
                          " numbers separated by commas");
    }
    history.push_back(std::move(record));
  }
  return history;
}

}  // namespace tenon::train

#include "data/digits.h"

#include <charconv>
#include <cstdint>
#include <string_view>
#include <vector>

#include "data/gzip.h"

namespace tenon::data {
namespace {

constexpr std::int64_t kSide = 8;
constexpr std::size_t kPixels = kSide * kSide;
constexpr int kMaxPixel = 16;
constexpr int kMaxLabel = 9;
// The real file has 264,712 bytes: this allows for a larger one, and stops what only looks like it.
constexpr std::size_t kMaxBytes = std::size_t{64} << 20;

struct Position {
  const std::string& path;
  std::size_t line;  // from 1

  absl::Status error(const std::string& what) const {
    return absl::InvalidArgumentError(path + ":" + std::to_string(line) + ": " + what);
  }
};

// Takes the text up to `end` off the front of `rest`, or all of it.
std::string_view take_until(std::string_view& rest, char end) {
  const std::size_t length = rest.find(end);
  const std::string_view taken = rest.substr(0, length);
  rest.remove_prefix(length == std::string_view::npos ? rest.size() : length + 1);
  return taken;
}

// A line's values; they are checked one by one so that a message can name the column.
absl::Status parse_line(std::string_view line, const Position& position,
                        std::vector<std::uint8_t>& values) {
  std::size_t columns = 0;
  std::size_t commas = 0;
  for (const char c : line) commas += c == ',';
  if (commas != kPixels) {
    return position.error("expected 65 columns, got " + std::to_string(commas + 1));
  }
  for (; columns <= kPixels; ++columns) {
    const std::string_view field = take_until(line, ',');
    const int limit = columns < kPixels ? kMaxPixel : kMaxLabel;
    int value = -1;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    const bool whole = error == std::errc() && end == field.data() + field.size();
    if (!whole || value < 0 || value > limit) {
      return position.error("expected an integer from 0 to " + std::to_string(limit) +
                            " in column " + std::to_string(columns + 1) + ", got '" +
                            std::string(field.substr(0, 40)) + "'");
    }
    values.push_back(static_cast<std::uint8_t>(value));
  }
  return absl::OkStatus();
}

LabeledImages to_tensors(const std::vector<std::uint8_t>& values) {
  const auto rows = static_cast<std::int64_t>(values.size() / (kPixels + 1));
  const auto table = from_vector(values, Shape{rows, kPixels + 1});
  return {.images = table.slice(1, 0, kPixels).contiguous().view({rows, 1, kSide, kSide}),
          .labels = table.select(1, kPixels).to(DType::kI64).contiguous()};
}

}  // namespace

absl::StatusOr<LabeledImages> load_digits(const std::string& path) {
  const auto text = read_maybe_gzipped(path, kMaxBytes);
  if (!text.ok()) return text.status();
  std::string_view rest = *text;
  if (rest.empty()) {
    return absl::InvalidArgumentError(path + ": expected lines of 65 columns, got an empty file");
  }
  std::vector<std::uint8_t> values;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    std::string_view line = take_until(rest, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (auto status = parse_line(line, {path, number}, values); !status.ok()) return status;
  }
  return to_tensors(values);
}

}  // namespace tenon::data

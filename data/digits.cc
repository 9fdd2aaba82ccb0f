#include "data/digits.h"

#include <cstdint>

#include "data/csv/csv.h"

namespace tenon::data {
namespace {

constexpr std::int64_t kSide = 8;
// The real file has 264,712 bytes: this allows for a larger one, and stops what only looks like it.
constexpr std::uint64_t kMaxBytes = std::uint64_t{64} << 20;

CsvSchema schema() {
  return {
      .columns = {
          {.name = "pixels", .type = CsvType::kU8, .count = kSide * kSide, .low = 0, .high = 16},
          {.name = "label", .type = CsvType::kI64, .low = 0, .high = 9}}};
}

}  // namespace

absl::StatusOr<LabeledImages> load_digits(const std::string& path) {
  const auto table = read_csv(path, schema(), {.max_bytes = kMaxBytes});
  if (!table.ok()) return table.status();
  return LabeledImages{.images = table->tensor("pixels").view({table->rows(), 1, kSide, kSide}),
                       .labels = table->tensor("label")};
}

}  // namespace tenon::data

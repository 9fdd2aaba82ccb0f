#include "tensor/io/file_checks.h"

#include <algorithm>

namespace tenon::internal {

std::optional<std::size_t> checked_bytes(const Shape& shape, DType dtype) {
  auto bytes = static_cast<std::int64_t>(size_of(dtype));
  bool empty = false;
  for (const std::int64_t size : shape) {
    empty = empty || size == 0;
    if (__builtin_mul_overflow(bytes, std::max<std::int64_t>(size, 1), &bytes)) return std::nullopt;
  }
  return empty ? 0 : static_cast<std::size_t>(bytes);
}

absl::Status check_bools(const MappedFile& file, std::size_t offset, std::int64_t count) {
  return check_bools(file.bytes().substr(offset, static_cast<std::size_t>(count)), offset);
}

absl::Status check_bools(std::string_view bytes, std::size_t offset) {
  const auto bad = std::find_if(bytes.begin(), bytes.end(),
                                [](char c) { return static_cast<unsigned char>(c) > 1; });
  if (bad == bytes.end()) return absl::OkStatus();
  return absl::DataLossError(
      "expected a bool, 0 or 1, at byte " +
      std::to_string(offset + static_cast<std::size_t>(bad - bytes.begin())) + ", got " +
      std::to_string(static_cast<unsigned char>(*bad)));
}

absl::Status with_path(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(), path + ": " + std::string(status.message()));
}

}  // namespace tenon::internal

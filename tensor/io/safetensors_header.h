// The JSON header of a safetensors file, as text.
#ifndef TENON_TENSOR_IO_SAFETENSORS_HEADER_H_
#define TENON_TENSOR_IO_SAFETENSORS_HEADER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace tenon::internal {

/// Where a tensor lies, in bytes from the end of the header.
struct SafetensorsEntry {
  std::string name;
  DType dtype = DType::kF32;
  Shape shape{};
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries{};  ///< in the order of the text
  std::map<std::string, std::string> metadata{};
};

/// Reads and checks a header whose tensors take `data_bytes`: each entry is complete, its offsets
/// agree with its dtype and shape, and together they cover all bytes exactly once.
absl::StatusOr<SafetensorsHeader> parse_safetensors_header(std::string_view text,
                                                           std::uint64_t data_bytes);

/// The text for a header, padded with spaces so that the elements, which follow it and the 8 bytes
/// of its length, begin at a multiple of 64 bytes. Throws ValueError for strings that are no UTF-8.
std::string format_safetensors_header(const SafetensorsHeader& header);

}  // namespace tenon::internal

#endif  // TENON_TENSOR_IO_SAFETENSORS_HEADER_H_

// Checks of what a file claims about a tensor, made before anything is allocated or read.
#ifndef TENON_TENSOR_IO_FILE_CHECKS_H_
#define TENON_TENSOR_IO_FILE_CHECKS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "tensor/dtype.h"
#include "tensor/io/mapped_file.h"
#include "tensor/shape.h"

namespace tenon::internal {

/// Bytes of a dense tensor; nothing where the bytes, or for a tensor without elements the strides,
/// go beyond 2^63 - 1. Sizes must not be negative.
std::optional<std::size_t> checked_bytes(const Shape& shape, DType dtype);

/// DataLoss that names the byte where one of `count` bytes from `offset` is neither 0 nor 1: C++
/// has no other bool. The path is for the caller to add.
absl::Status check_bools(const MappedFile& file, std::size_t offset, std::int64_t count);
/// The same for bytes that begin at `offset` of what the message is about.
absl::Status check_bools(std::string_view bytes, std::size_t offset);

/// The same error with "path: " before its message.
absl::Status with_path(const std::string& path, const absl::Status& status);

}  // namespace tenon::internal

#endif  // TENON_TENSOR_IO_FILE_CHECKS_H_

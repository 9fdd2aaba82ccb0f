#include "data/idx.h"

#include <cstdint>
#include <cstdio>
#include <optional>

#include "data/gzip.h"
#include "tensor/error.h"
#include "tensor/io/byte_order.h"
#include "tensor/io/file_checks.h"

namespace tenon::data {
namespace {

constexpr std::size_t kMagicBytes = 4;

struct Header {
  DType dtype = DType::kU8;
  Shape shape;
  std::size_t bytes = 0;  // of all elements
};

absl::Status invalid(const GzipReader& reader, const std::string& what) {
  return absl::InvalidArgumentError(reader.path() + ": " + what);
}

std::string hex(unsigned char byte) {
  char text[3];
  std::snprintf(text, sizeof(text), "%02x", byte);
  return text;
}

// Fills `out` entirely, or says which part of the file is not there.
absl::Status read_all(GzipReader& reader, void* out, std::size_t bytes, const std::string& what) {
  const std::uint64_t begin = reader.offset();
  const auto count = reader.read(out, bytes);
  if (!count.ok()) return count.status();
  if (*count == bytes) return absl::OkStatus();
  return absl::DataLossError(reader.path() + ": expected " + std::to_string(bytes) + " bytes of " +
                             what + " from byte " + std::to_string(begin) + " on, got " +
                             std::to_string(*count));
}

absl::StatusOr<DType> parse_type(const GzipReader& reader, unsigned char code) {
  switch (code) {
    case 0x08:
      return DType::kU8;
    case 0x0c:
      return DType::kI32;
    case 0x0d:
      return DType::kF32;
    case 0x0e:
      return DType::kF64;
    case 0x09:
    case 0x0b:
      return absl::UnimplementedError(reader.path() +
                                      ": expected elements u8, i32, f32 or f64, got " +
                                      (code == 0x09 ? "i8" : "i16") + " at byte 2");
    default:
      return invalid(reader, "expected a type code from 08 to 0e at byte 2, got " + hex(code));
  }
}

// Bytes 0 0, type code, number of dimensions.
absl::Status read_magic(GzipReader& reader, unsigned char (&magic)[kMagicBytes]) {
  if (reader.max_bytes() == 0) return invalid(reader, "expected an IDX file, got an empty one");
  if (auto status = read_all(reader, magic, kMagicBytes, "IDX magic"); !status.ok()) return status;
  if (magic[0] == 0 && magic[1] == 0) return absl::OkStatus();
  return invalid(reader, "expected the bytes 00 00 of an IDX file" +
                             std::string(reader.is_gzipped() ? "" : " (or 1f 8b of a gzip file)") +
                             " at byte 0, got " + hex(magic[0]) + " " + hex(magic[1]));
}

absl::StatusOr<Header> read_header(GzipReader& reader) {
  unsigned char magic[kMagicBytes];
  if (auto status = read_magic(reader, magic); !status.ok()) return status;
  const auto dtype = parse_type(reader, magic[2]);
  if (!dtype.ok()) return dtype.status();
  if (magic[3] == 0) return invalid(reader, "expected 1 to 255 dimensions at byte 3, got 0");
  Header header{.dtype = *dtype, .shape = {}};
  for (int i = 0; i < magic[3]; ++i) {
    std::uint32_t size = 0;
    if (auto status = read_all(reader, &size, 4, "a size"); !status.ok()) return status;
    header.shape.push_back(load_big_endian32(&size));
  }
  const auto bytes = tenon::internal::checked_bytes(header.shape, header.dtype);
  if (!bytes) {
    return invalid(reader, "shape " + to_string(header.shape) + " at byte 4 has more bytes than " +
                               "64 bits can count");
  }
  header.bytes = *bytes;
  return header;
}

// Whether the file can hold what its header claims.
absl::Status check_claim(const GzipReader& reader, const Header& header) {
  const std::uint64_t available = reader.max_bytes() - reader.offset();
  if (header.bytes <= available) return absl::OkStatus();
  return absl::DataLossError(
      reader.path() + ": expected " + std::to_string(header.bytes) + " bytes of elements (" +
      std::string(name(header.dtype)) + " " + to_string(header.shape) + ") from byte " +
      std::to_string(reader.offset()) + " on, the file has " +
      (reader.is_gzipped() ? "no more than " : "") + std::to_string(available));
}

// Leaves no more than `most` entries of the first dimension; whether those are all.
bool shorten(Header& header, std::int64_t most) {
  const std::int64_t all = header.shape[0];
  if (all <= most) return true;
  header.bytes = header.bytes / static_cast<std::size_t>(all) * static_cast<std::size_t>(most);
  header.shape[0] = most;
  return false;
}

absl::StatusOr<Tensor> allocate(const GzipReader& reader, const Header& header) {
  try {
    return empty(header.shape, {.dtype = header.dtype});
  } catch (const OutOfMemoryError& error) {
    return absl::ResourceExhaustedError(reader.path() + ": no memory for elements " +
                                        to_string(header.shape) + ": " + error.what());
  }
}

// Also makes zlib compare the checksum, which comes last.
absl::Status check_end(GzipReader& reader) {
  char extra;
  const std::uint64_t end = reader.offset();
  const auto count = reader.read(&extra, 1);
  if (!count.ok()) return count.status();
  if (*count == 0) return absl::OkStatus();
  return invalid(reader, "expected the end at byte " + std::to_string(end) + ", got more bytes");
}

}  // namespace

absl::StatusOr<Tensor> read_idx(const std::string& path, std::int64_t most) {
  if (most < 0) {
    throw ValueError("[read_idx] expected to read at least 0 entries, got " + std::to_string(most));
  }
  auto reader = GzipReader::open(path);
  if (!reader.ok()) return reader.status();
  auto header = read_header(*reader);
  if (!header.ok()) return header.status();
  if (auto status = check_claim(*reader, *header); !status.ok()) return status;
  const bool whole = shorten(*header, most);
  const auto tensor = allocate(*reader, *header);
  if (!tensor.ok()) return tensor.status();
  if (auto status = read_all(*reader, tensor->raw_data(), header->bytes, "elements");
      !status.ok()) {
    return status;
  }
  if (whole) {
    if (auto status = check_end(*reader); !status.ok()) return status;
  }
  swap_bytes(tensor->raw_data(), static_cast<std::size_t>(tensor->numel()), size_of(header->dtype));
  return tensor;
}

}  // namespace tenon::data

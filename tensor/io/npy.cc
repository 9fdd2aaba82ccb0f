#include "tensor/io/npy.h"

#include <array>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string_view>
#include <vector>

#include "tensor/error.h"
#include "tensor/io/atomic_file.h"
#include "tensor/io/byte_order.h"
#include "tensor/io/file_checks.h"
#include "tensor/io/mapped_file.h"
#include "tensor/io/npy_header.h"

namespace tenon {
namespace {

using internal::NpyHeader;
using File = internal::IntrusivePtr<MappedFile>;

constexpr std::string_view kMagic = "\x93NUMPY";
// NumPy pads the header so that the elements begin at a multiple of this.
constexpr std::size_t kAlignment = 64;

// NumPy's letter and size for each dtype, in DType's order; bf16 has none.
constexpr std::array<std::string_view, kNumDTypes> kTypes = {"f4", "f8", "",   "f2",
                                                             "i8", "i4", "u1", "b1"};

std::string descr_of(DType dtype) {
  const std::string_view type = kTypes[static_cast<std::size_t>(dtype)];
  return (size_of(dtype) == 1 ? "|" : "<") + std::string(type);
}

struct ElementType {
  DType dtype;
  bool swapped;  // big-endian
};

std::optional<ElementType> parse_descr(std::string_view descr) {
  if (descr.size() != 3) return std::nullopt;
  const char order = descr[0];
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    if (descr.substr(1) != kTypes[i]) continue;
    const auto dtype = static_cast<DType>(i);
    const bool one_byte = size_of(dtype) == 1;
    if (order == '<' || order == '=' || (order == '|' && one_byte)) return {{dtype, false}};
    if (order == '>') return {{dtype, !one_byte}};
  }
  return std::nullopt;
}

Shape reversed(const Shape& shape) {
  Shape result;
  for (int i = shape.size() - 1; i >= 0; --i) result.push_back(shape[i]);
  return result;
}

Tensor reverse_dims(const Tensor& tensor) {
  std::vector<int> order(static_cast<std::size_t>(tensor.ndim()));
  std::iota(order.rbegin(), order.rend(), 0);
  return tensor.permute(order);
}

absl::Status ends_early(const File& file, std::size_t wanted, const char* what) {
  return absl::DataLossError(file->path() + ": expected " + what + " up to byte " +
                             std::to_string(wanted) + ", the file ends at byte " +
                             std::to_string(file->size()));
}

absl::Status invalid(const File& file, const std::string& what) {
  return absl::InvalidArgumentError(file->path() + ": " + what);
}

struct Preamble {
  NpyHeader header;
  std::size_t end = 0;  // where the elements begin
};

// Magic (6), version (2), length of the header (2, from version 2 on 4), header.
absl::StatusOr<Preamble> read_preamble(const File& file) {
  const std::string_view bytes = file->bytes();
  if (bytes.substr(0, kMagic.size()) != kMagic.substr(0, bytes.size())) {
    return invalid(file, "expected \\x93NUMPY at byte 0: not a .npy file");
  }
  if (bytes.size() < 10) return ends_early(file, 10, "magic, version and header length");
  const int version = static_cast<unsigned char>(bytes[6]);
  if (version < 1 || version > 3 || bytes[7] != 0) {
    return invalid(file, "expected version 1.0, 2.0 or 3.0 at byte 6, got " +
                             std::to_string(version) + "." +
                             std::to_string(static_cast<unsigned char>(bytes[7])));
  }
  const std::size_t start = version == 1 ? 10 : 12;
  if (bytes.size() < start) return ends_early(file, start, "the header length");
  const std::size_t length = version == 1 ? load_little_endian<std::uint16_t>(bytes.data() + 8)
                                          : load_little_endian<std::uint32_t>(bytes.data() + 8);
  if (bytes.size() - start < length) return ends_early(file, start + length, "a header");
  auto header = internal::parse_npy_header(bytes.substr(start, length), start);
  if (!header.ok()) return internal::with_path(file->path(), header.status());
  return Preamble{*std::move(header), start + length};
}

absl::Status check_size(const File& file, const Preamble& preamble, DType dtype) {
  const std::size_t available = file->size() - preamble.end;
  const auto wanted = internal::checked_bytes(preamble.header.shape, dtype);
  if (!wanted) {
    return invalid(file, "shape " + to_string(preamble.header.shape) +
                             " has more elements than 64 bits can count");
  }
  if (*wanted > available) {
    return absl::DataLossError(file->path() + ": expected " + std::to_string(*wanted) +
                               " bytes of elements from byte " + std::to_string(preamble.end) +
                               " on, got " + std::to_string(available));
  }
  if (*wanted < available) {
    return invalid(file, "expected the end at byte " + std::to_string(preamble.end + *wanted) +
                             ", the file has " + std::to_string(file->size()) + " bytes");
  }
  return absl::OkStatus();
}

Tensor read_elements(const File& file, std::size_t offset, const Shape& shape, ElementType type) {
  Tensor tensor = tensor_in_file(file, offset, shape, type.dtype);
  if (type.swapped) {
    swap_bytes(tensor.raw_data(), static_cast<std::size_t>(tensor.numel()), size_of(type.dtype));
  }
  return tensor;
}

}  // namespace

absl::StatusOr<Tensor> read_npy(const std::string& path) {
  const auto file = MappedFile::open(path);
  if (!file.ok()) return file.status();
  const auto preamble = read_preamble(*file);
  if (!preamble.ok()) return preamble.status();
  const NpyHeader& header = preamble->header;

  const auto type = parse_descr(header.descr);
  if (!type) {
    return absl::UnimplementedError(path +
                                    ": expected one of the element types f2 f4 f8 i4 i8 u1 " +
                                    "b1, got '" + header.descr + "'");
  }
  if (auto status = check_size(*file, *preamble, type->dtype); !status.ok()) return status;
  if (type->dtype == DType::kBool) {
    const auto status = internal::check_bools(**file, preamble->end, numel(header.shape));
    if (!status.ok()) return internal::with_path(path, status);
  }
  const Shape stored = header.fortran_order ? reversed(header.shape) : header.shape;
  const Tensor tensor = read_elements(*file, preamble->end, stored, *type);
  return header.fortran_order ? reverse_dims(tensor) : tensor;
}

absl::Status write_npy(const std::string& path, const Tensor& tensor) {
  if (!tensor.defined()) throw ValueError("[write_npy] expected a defined tensor");
  if (tensor.dtype() == DType::kBF16) {
    throw DTypeError("[write_npy] expected a dtype that NumPy has, got bf16 (convert to f32)");
  }
  const bool fortran = !tensor.is_contiguous() && reverse_dims(tensor).is_contiguous();
  const Tensor elements = (fortran ? reverse_dims(tensor) : tensor).to(kCpu).contiguous();
  std::string header = internal::format_npy_header(
      {.descr = descr_of(tensor.dtype()), .fortran_order = fortran, .shape = tensor.shape()});
  const std::size_t unpadded = kMagic.size() + 4 + header.size() + 1;
  header.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  header += '\n';

  std::string preamble(kMagic);
  preamble += {'\x01', '\x00', static_cast<char>(header.size() & 0xff),
               static_cast<char>(header.size() >> 8)};
  auto file = AtomicFile::create(path);
  if (!file.ok()) return file.status();
  if (auto status = file->write(preamble + header); !status.ok()) return status;
  if (auto status = file->write(elements.raw_data(), elements.bytes()); !status.ok()) return status;
  return file->commit();
}

}  // namespace tenon

#include "tensor/io/npy_array.h"

#include <array>
#include <cstdint>
#include <numeric>
#include <optional>
#include <vector>

#include "tensor/error.h"
#include "tensor/io/byte_order.h"
#include "tensor/io/file_checks.h"
#include "tensor/io/npy_header.h"

namespace tenon::internal {
namespace {

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

Tensor reverse_dims(const Tensor& tensor) {
  std::vector<int> order(static_cast<std::size_t>(tensor.ndim()));
  std::iota(order.rbegin(), order.rend(), 0);
  return tensor.permute(order);
}

absl::Status ends_early(std::string_view bytes, std::size_t wanted, const char* what) {
  return absl::DataLossError("expected " + std::string(what) + " up to byte " +
                             std::to_string(wanted) + ", the file ends at byte " +
                             std::to_string(bytes.size()));
}

struct Preamble {
  NpyHeader header;
  std::size_t end = 0;  // where the elements begin
};

// Magic (6), version (2), length of the header (2, from version 2 on 4), header.
absl::StatusOr<Preamble> read_preamble(std::string_view bytes) {
  if (bytes.substr(0, kMagic.size()) != kMagic.substr(0, bytes.size())) {
    return absl::InvalidArgumentError("expected \\x93NUMPY at byte 0: not a .npy file");
  }
  if (bytes.size() < 10) return ends_early(bytes, 10, "magic, version and header length");
  const int version = static_cast<unsigned char>(bytes[6]);
  if (version < 1 || version > 3 || bytes[7] != 0) {
    return absl::InvalidArgumentError("expected version 1.0, 2.0 or 3.0 at byte 6, got " +
                                      std::to_string(version) + "." +
                                      std::to_string(static_cast<unsigned char>(bytes[7])));
  }
  const std::size_t start = version == 1 ? 10 : 12;
  if (bytes.size() < start) return ends_early(bytes, start, "the header length");
  const std::size_t length = version == 1 ? load_little_endian<std::uint16_t>(bytes.data() + 8)
                                          : load_little_endian<std::uint32_t>(bytes.data() + 8);
  if (bytes.size() - start < length) return ends_early(bytes, start + length, "a header");
  auto header = parse_npy_header(bytes.substr(start, length), start);
  if (!header.ok()) return header.status();
  return Preamble{*std::move(header), start + length};
}

absl::Status check_size(std::string_view bytes, const NpyArray& array) {
  const std::size_t available = bytes.size() - array.begin;
  const auto wanted = checked_bytes(array.shape, array.dtype);
  if (!wanted) {
    return absl::InvalidArgumentError("shape " + to_string(array.shape) +
                                      " has more elements than 64 bits can count");
  }
  if (*wanted > available) {
    return absl::DataLossError("expected " + std::to_string(*wanted) +
                               " bytes of elements from byte " + std::to_string(array.begin) +
                               " on, got " + std::to_string(available));
  }
  if (*wanted < available) {
    return absl::InvalidArgumentError("expected the end at byte " +
                                      std::to_string(array.begin + *wanted) + ", the file has " +
                                      std::to_string(bytes.size()) + " bytes");
  }
  return absl::OkStatus();
}

}  // namespace

Shape NpyArray::stored_shape() const {
  if (!fortran_order) return shape;
  Shape reversed;
  for (int i = shape.size() - 1; i >= 0; --i) reversed.push_back(shape[i]);
  return reversed;
}

Tensor NpyArray::finish(const Tensor& stored) const {
  if (swapped) {
    swap_bytes(stored.raw_data(), static_cast<std::size_t>(stored.numel()), size_of(dtype));
  }
  return fortran_order ? reverse_dims(stored) : stored;
}

absl::StatusOr<NpyArray> parse_npy(std::string_view bytes) {
  const auto preamble = read_preamble(bytes);
  if (!preamble.ok()) return preamble.status();
  const NpyHeader& header = preamble->header;
  const auto type = parse_descr(header.descr);
  if (!type) {
    return absl::UnimplementedError(
        "expected one of the element types f2 f4 f8 i4 i8 u1 b1, got '" + header.descr + "'");
  }
  NpyArray array{.dtype = type->dtype,
                 .swapped = type->swapped,
                 .fortran_order = header.fortran_order,
                 .shape = header.shape,
                 .begin = preamble->end};
  if (auto status = check_size(bytes, array); !status.ok()) return status;
  if (array.dtype == DType::kBool) {
    const auto status = check_bools(bytes.substr(array.begin), array.begin);
    if (!status.ok()) return status;
  }
  return array;
}

NpyPieces npy_pieces(const char* op, const Tensor& tensor) {
  const std::string prefix = "[" + std::string(op) + "] expected ";
  if (!tensor.defined()) throw ValueError(prefix + "a defined tensor");
  if (tensor.dtype() == DType::kBF16) {
    throw DTypeError(prefix + "a dtype that NumPy has, got bf16 (convert to f32)");
  }
  const bool fortran = !tensor.is_contiguous() && reverse_dims(tensor).is_contiguous();
  std::string header = format_npy_header(
      {.descr = descr_of(tensor.dtype()), .fortran_order = fortran, .shape = tensor.shape()});
  const std::size_t unpadded = kMagic.size() + 4 + header.size() + 1;
  header.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  header += '\n';
  std::string preamble(kMagic);
  preamble += {'\x01', '\x00', static_cast<char>(header.size() & 0xff),
               static_cast<char>(header.size() >> 8)};
  return {preamble + header, (fortran ? reverse_dims(tensor) : tensor).to(kCpu).contiguous()};
}

}  // namespace tenon::internal

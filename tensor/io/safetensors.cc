#include "tensor/io/safetensors.h"

#include <algorithm>
#include <cstdint>
#include <unordered_set>

#include "tensor/error.h"
#include "tensor/io/atomic_file.h"
#include "tensor/io/byte_order.h"
#include "tensor/io/file_checks.h"
#include "tensor/io/mapped_file.h"
#include "tensor/io/safetensors_header.h"

namespace tenon {
namespace {

using internal::SafetensorsEntry;
using internal::SafetensorsHeader;
using File = internal::IntrusivePtr<MappedFile>;

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;

absl::StatusOr<std::size_t> header_bytes(const File& file) {
  if (file->size() < kLengthBytes) {
    return absl::DataLossError("expected the 8 bytes of the header's length, the file has " +
                               std::to_string(file->size()));
  }
  const auto length = load_little_endian<std::uint64_t>(file->data());
  if (length > kMaxHeaderBytes) {
    return absl::InvalidArgumentError(
        "expected a header of at most 100000000 bytes at byte 0, got " + std::to_string(length) +
        ": not a safetensors file");
  }
  if (length > file->size() - kLengthBytes) {
    return absl::DataLossError("expected a header up to byte " +
                               std::to_string(kLengthBytes + length) + ", the file ends at byte " +
                               std::to_string(file->size()));
  }
  return static_cast<std::size_t>(length);
}

absl::StatusOr<SafetensorsFile> read(const File& file) {
  const auto length = header_bytes(file);
  if (!length.ok()) return length.status();
  const std::size_t start = kLengthBytes + *length;
  auto header = internal::parse_safetensors_header(file->bytes().substr(kLengthBytes, *length),
                                                   file->size() - start);
  if (!header.ok()) return header.status();

  SafetensorsFile contents{.metadata = std::move(header->metadata)};
  contents.tensors.reserve(header->entries.size());
  for (SafetensorsEntry& entry : header->entries) {
    const std::size_t offset = start + entry.begin;
    if (entry.dtype == DType::kBool) {
      const auto count = static_cast<std::int64_t>(entry.end - entry.begin);
      if (auto status = internal::check_bools(*file, offset, count); !status.ok()) return status;
    }
    contents.tensors.emplace_back(std::move(entry.name),
                                  tensor_in_file(file, offset, entry.shape, entry.dtype));
  }
  return contents;
}

void check_contents(const SafetensorsFile& contents) {
  std::unordered_set<std::string> names{"__metadata__"};
  for (const auto& [name, tensor] : contents.tensors) {
    if (!tensor.defined()) {
      throw ValueError("[write_safetensors] expected a defined tensor '" + name + "'");
    }
    if (!names.insert(name).second) {
      throw ValueError(
          "[write_safetensors] expected names that differ, and not __metadata__, got '" + name +
          "' once too often");
    }
  }
}

// Indices of the tensors in the order of their bytes: those of larger elements first, so that each
// begins at a multiple of its element's size.
std::vector<std::size_t> data_order(const SafetensorsFile& contents) {
  std::vector<std::size_t> order(contents.tensors.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return size_of(contents.tensors[a].second.dtype()) >
           size_of(contents.tensors[b].second.dtype());
  });
  return order;
}

SafetensorsHeader make_header(const SafetensorsFile& contents,
                              const std::vector<std::size_t>& order) {
  SafetensorsHeader header{.metadata = contents.metadata};
  for (const auto& [name, tensor] : contents.tensors) {
    header.entries.push_back({.name = name, .dtype = tensor.dtype(), .shape = tensor.shape()});
  }
  std::uint64_t offset = 0;
  for (const std::size_t i : order) {
    header.entries[i].begin = offset;
    offset += contents.tensors[i].second.bytes();
    header.entries[i].end = offset;
  }
  return header;
}

std::string preamble_of(const SafetensorsHeader& header) {
  const std::string text = internal::format_safetensors_header(header);
  const std::uint64_t length = text.size();
  std::string preamble(reinterpret_cast<const char*>(&length), kLengthBytes);
  return preamble + text;
}

}  // namespace

const Tensor* SafetensorsFile::find(const std::string& name) const {
  for (const auto& [own, tensor] : tensors) {
    if (own == name) return &tensor;
  }
  return nullptr;
}

absl::StatusOr<SafetensorsFile> read_safetensors(const std::string& path) {
  const auto file = MappedFile::open(path);
  if (!file.ok()) return file.status();
  auto contents = read(*file);
  if (!contents.ok()) return internal::with_path(path, contents.status());
  return contents;
}

absl::Status write_safetensors(const std::string& path, const SafetensorsFile& contents) {
  check_contents(contents);
  const std::vector<std::size_t> order = data_order(contents);
  const std::string preamble = preamble_of(make_header(contents, order));
  auto file = AtomicFile::create(path);
  if (!file.ok()) return file.status();
  if (auto status = file->write(preamble); !status.ok()) return status;
  for (const std::size_t i : order) {
    const Tensor elements = contents.tensors[i].second.to(kCpu).contiguous();
    if (auto status = file->write(elements.raw_data(), elements.bytes()); !status.ok()) {
      return status;
    }
  }
  return file->commit();
}

}  // namespace tenon

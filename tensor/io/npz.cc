#include "tensor/io/npz.h"

#include <cstring>
#include <set>
#include <string_view>

#include "tensor/error.h"
#include "tensor/io/file_checks.h"
#include "tensor/io/mapped_file.h"
#include "tensor/io/npy_array.h"
#include "tensor/io/zip_archive.h"
#include "tensor/io/zip_writer.h"

namespace tenon {
namespace {

using File = internal::IntrusivePtr<MappedFile>;

constexpr std::string_view kSuffix = ".npy";
constexpr std::size_t kMaxName = 65535 - kSuffix.size();

absl::StatusOr<Tensor> read_member(const File& file, const internal::ZipEntry& entry) {
  std::string buffer;
  const auto bytes = internal::read_zip_entry(file->bytes(), entry, buffer);
  if (!bytes.ok()) return bytes.status();
  const auto array = internal::parse_npy(*bytes);
  if (!array.ok()) return array.status();
  if (!entry.deflated) {
    const auto offset = static_cast<std::size_t>(bytes->data() - file->bytes().data());
    return array->finish(
        tensor_in_file(file, offset + array->begin, array->stored_shape(), array->dtype));
  }
  const Tensor stored = empty(array->stored_shape(), {.dtype = array->dtype});
  if (stored.numel() > 0) {
    std::memcpy(stored.raw_data(), bytes->data() + array->begin, stored.bytes());
  }
  return array->finish(stored);
}

absl::StatusOr<NpzFile> read(const File& file) {
  const auto entries = internal::read_zip_directory(file->bytes());
  if (!entries.ok()) return entries.status();
  NpzFile contents;
  std::set<std::string_view> seen;
  for (const internal::ZipEntry& entry : *entries) {
    const std::string quoted = "'" + std::string(entry.name) + "'";
    if (!entry.name.ends_with(kSuffix)) {
      return absl::InvalidArgumentError("expected .npy files in the archive, got " + quoted);
    }
    if (!seen.insert(entry.name).second) {
      return absl::InvalidArgumentError("expected names that differ, got " + quoted + " twice");
    }
    auto tensor = read_member(file, entry);
    if (!tensor.ok()) return internal::with_path(quoted, tensor.status());
    const std::string_view name = entry.name.substr(0, entry.name.size() - kSuffix.size());
    contents.tensors.emplace_back(name, *std::move(tensor));
  }
  return contents;
}

void check_names(const NpzFile& contents) {
  std::set<std::string_view> seen;
  for (const auto& [name, tensor] : contents.tensors) {
    if (!seen.insert(name).second) {
      throw ValueError("[write_npz] expected names that differ, got '" + name + "' twice");
    }
    if (name.size() > kMaxName) {
      throw ValueError("[write_npz] expected a name of at most " + std::to_string(kMaxName) +
                       " bytes, got one of " + std::to_string(name.size()));
    }
  }
}

}  // namespace

const Tensor* NpzFile::find(const std::string& name) const {
  for (const auto& [key, tensor] : tensors) {
    if (key == name) return &tensor;
  }
  return nullptr;
}

absl::StatusOr<NpzFile> read_npz(const std::string& path) {
  const auto file = MappedFile::open(path);
  if (!file.ok()) return file.status();
  auto contents = read(*file);
  if (!contents.ok()) return internal::with_path(path, contents.status());
  return contents;
}

absl::Status write_npz(const std::string& path, const NpzFile& contents,
                       const NpzOptions& options) {
  check_names(contents);
  std::vector<internal::NpyPieces> members;
  for (const auto& [name, tensor] : contents.tensors) {
    members.push_back(internal::npy_pieces("write_npz", tensor));
  }
  auto archive = internal::ZipWriter::create(path);
  if (!archive.ok()) return archive.status();
  for (std::size_t i = 0; i < members.size(); ++i) {
    const Tensor& elements = members[i].elements;
    const std::string_view pieces[] = {
        members[i].preamble, {static_cast<const char*>(elements.raw_data()), elements.bytes()}};
    const std::string name = contents.tensors[i].first + std::string(kSuffix);
    const auto status =
        options.compress ? archive->add_deflated(name, pieces) : archive->add_stored(name, pieces);
    if (!status.ok()) return status;
  }
  return archive->finish();
}

}  // namespace tenon

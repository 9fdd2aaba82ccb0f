#include "tensor/io/torch_pickle.h"

#include <cstdint>
#include <cstring>
#include <unordered_map>
#include <unordered_set>

#include "tensor/io/byte_order.h"
#include "tensor/io/file_checks.h"
#include "tensor/io/mapped_file.h"
#include "tensor/io/pickle_machine.h"
#include "tensor/io/zip_archive.h"

namespace tenon {
namespace {

using internal::checked_bytes;
using internal::PickleMachine;
using internal::PickleValue;
using internal::ZipEntry;
using File = internal::IntrusivePtr<MappedFile>;
using Kind = PickleValue::Kind;
/// A storage as a dense 1-d tensor.
using Storages = std::unordered_map<const PickleValue*, Tensor>;

constexpr std::string_view kZipMagic = "PK\3\4";
// A pickle of the number 0x1950a86a20f9469cfc6c, after its protocol (2 to 5).
constexpr std::string_view kLegacyMagic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
constexpr std::int64_t kLegacyVersion = 1001;
constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxVisits = 4'000'000;

absl::StatusOr<std::size_t> storage_bytes(const PickleValue& storage) {
  const auto bytes = checked_bytes({storage.integer}, storage.dtype);
  if (bytes) return *bytes;
  return absl::InvalidArgumentError("expected a storage '" + std::string(storage.text) +
                                    "' within 2^63 bytes, got " + std::to_string(storage.integer) +
                                    " elements");
}

absl::StatusOr<Tensor> storage_at(const File& file, std::size_t offset,
                                  const PickleValue& storage) {
  if (storage.dtype == DType::kBool) {
    const auto status = internal::check_bools(*file, offset, storage.integer);
    if (!status.ok()) return status;
  }
  return tensor_in_file(file, offset, {storage.integer}, storage.dtype);
}

/// Turns pickled values into named tensors, numbers and strings.
class Flattener {
 public:
  explicit Flattener(const Storages& storages) : storages_(storages) {}

  absl::Status visit(const PickleValue& value, const std::string& path, int depth);
  TorchFile take() { return std::move(contents_); }

 private:
  absl::Status add_tensor(const PickleValue& value, const std::string& path);

  const Storages& storages_;
  TorchFile contents_;
  std::unordered_set<std::string> names_;
  std::size_t visits_ = 0;
};

std::string join(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

Shape shape_of(const PickleValue& tuple) {
  Shape shape;
  for (const PickleValue* item : tuple.items) shape.push_back(item->integer);
  return shape;
}

/// Whether every element of such a view lies among `count` elements.
bool lies_within(std::int64_t offset, const Shape& sizes, const Strides& strides,
                 std::int64_t count) {
  if (offset < 0) return false;
  bool empty = false;
  std::int64_t last = offset;
  for (int i = 0; i < sizes.size(); ++i) {
    std::int64_t reach = 0;
    if (sizes[i] < 0 || strides[i] < 0) return false;
    empty = empty || sizes[i] == 0;
    if (sizes[i] > 0 && (__builtin_mul_overflow(sizes[i] - 1, strides[i], &reach) ||
                         __builtin_add_overflow(last, reach, &last))) {
      return false;
    }
  }
  return empty ? offset <= count : last < count;
}

absl::Status Flattener::add_tensor(const PickleValue& value, const std::string& path) {
  const PickleValue& storage = *value.items[0];
  const std::int64_t offset = value.items[1]->integer;
  const Shape sizes = shape_of(*value.items[2]);
  const Strides strides = shape_of(*value.items[3]);
  const bool ok = sizes.size() <= 64 && lies_within(offset, sizes, strides, storage.integer) &&
                  checked_bytes(sizes, storage.dtype);
  if (!ok) {
    return absl::InvalidArgumentError(
        "expected tensor '" + path + "' within its storage of " + std::to_string(storage.integer) +
        " elements, got sizes " + to_string(sizes) + " with strides " + to_string(strides) +
        " from element " + std::to_string(offset) + " at byte " + std::to_string(value.integer));
  }
  const Tensor& elements = storages_.at(&storage);
  contents_.tensors.emplace_back(
      path, Tensor(elements.storage(), sizes, strides, elements.offset() + offset, storage.dtype));
  return absl::OkStatus();
}

absl::Status Flattener::visit(const PickleValue& value, const std::string& path, int depth) {
  // Values may contain themselves, or each other so often that their number explodes.
  if (depth > kMaxDepth || ++visits_ > kMaxVisits) {
    return absl::ResourceExhaustedError(
        depth > kMaxDepth ? "more than 64 lists and dicts one in the other at '" + path + "'"
                          : "more than 4000000 values");
  }
  const bool is_container =
      value.kind == Kind::kDict || value.kind == Kind::kList || value.kind == Kind::kTuple;
  if (!is_container && value.kind != Kind::kNone && !names_.insert(path).second) {
    return absl::InvalidArgumentError("expected names that differ, got '" + path + "' twice");
  }
  switch (value.kind) {
    case Kind::kNone:
      return absl::OkStatus();
    case Kind::kTensor:
      return add_tensor(value, path);
    case Kind::kBool:
    case Kind::kInt:
      contents_.numbers.emplace_back(path, static_cast<double>(value.integer));
      return absl::OkStatus();
    case Kind::kFloat:
      contents_.numbers.emplace_back(path, value.real);
      return absl::OkStatus();
    case Kind::kString:
      contents_.strings.emplace_back(path, value.text);
      return absl::OkStatus();
    case Kind::kDict:
    case Kind::kList:
    case Kind::kTuple:
      break;
    default:
      return absl::InvalidArgumentError(
          "expected tensors, lists, dicts and numbers, got a bare storage or class '" +
          std::string(value.text) + "' at '" + path + "'");
  }
  const std::size_t step = value.kind == Kind::kDict ? 2 : 1;
  for (std::size_t i = 0; i < value.items.size(); i += step) {
    const PickleValue& key = *value.items[i];
    const std::string name = value.kind != Kind::kDict   ? std::to_string(i)
                             : key.kind == Kind::kString ? std::string(key.text)
                                                         : std::to_string(key.integer);
    const auto status = visit(*value.items[i + step - 1], join(path, name), depth + 1);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<TorchFile> flatten(const PickleValue& root, const Storages& storages) {
  Flattener flattener(storages);
  if (auto status = flattener.visit(root, "", 0); !status.ok()) return status;
  return flattener.take();
}

// The old format: magic number, version, description of the machine, the object, the list of the
// storages' keys, and each storage as its count (8 bytes) and elements, in the order of the list.

absl::Status check_legacy_head(PickleMachine& machine) {
  const auto version = machine.run();
  if (!version.ok()) return version.status();
  if ((*version)->kind != Kind::kInt || (*version)->integer != kLegacyVersion) {
    return absl::UnimplementedError("expected version 1001 of PyTorch's old format before byte " +
                                    std::to_string(machine.position()));
  }
  const auto system = machine.run();
  if (!system.ok()) return system.status();
  const auto& items = (*system)->items;
  for (std::size_t i = 0; (*system)->kind == Kind::kDict && i < items.size(); i += 2) {
    if (items[i]->text == "little_endian" && items[i + 1]->integer == 1) return absl::OkStatus();
  }
  return absl::UnimplementedError("expected a file of a little-endian machine before byte " +
                                  std::to_string(machine.position()));
}

/// One storage, `at` moved behind it.
absl::StatusOr<Tensor> read_legacy_storage(const File& file, const PickleValue& storage,
                                           std::size_t& at) {
  const auto bytes = storage_bytes(storage);
  if (!bytes.ok()) return bytes.status();
  if (file->size() - at < 8 || file->size() - at - 8 < *bytes) {
    return absl::DataLossError("expected storage '" + std::string(storage.text) + "' of " +
                               std::to_string(*bytes) + " bytes and its count at byte " +
                               std::to_string(at) + ", the file ends at byte " +
                               std::to_string(file->size()));
  }
  const auto count = load_little_endian<std::int64_t>(file->data() + at);
  if (count != storage.integer) {
    return absl::InvalidArgumentError("expected " + std::to_string(storage.integer) +
                                      " elements of storage '" + std::string(storage.text) +
                                      "' at byte " + std::to_string(at) + ", got " +
                                      std::to_string(count));
  }
  const std::size_t start = at + 8;
  at = start + *bytes;
  return storage_at(file, start, storage);
}

absl::StatusOr<TorchFile> read_legacy(const File& file) {
  const std::size_t start = 2 + kLegacyMagic.size();
  PickleMachine machine(file->bytes().substr(start), start);
  if (auto status = check_legacy_head(machine); !status.ok()) return status;
  const auto root = machine.run();
  if (!root.ok()) return root.status();
  const auto keys = machine.run();
  if (!keys.ok()) return keys.status();

  std::unordered_map<std::string_view, const PickleValue*> by_key;
  for (const PickleValue* storage : machine.storages()) by_key.emplace(storage->text, storage);
  Storages storages;
  std::size_t at = start + machine.position();
  for (const PickleValue* key : (*keys)->items) {
    const auto found = by_key.find(key->text);
    if ((*keys)->kind != Kind::kList || key->kind != Kind::kString || found == by_key.end() ||
        storages.contains(found->second)) {
      return absl::InvalidArgumentError(
          "expected the keys of all storages, each once, before byte " +
          std::to_string(start + machine.position()));
    }
    auto elements = read_legacy_storage(file, *found->second, at);
    if (!elements.ok()) return elements.status();
    storages.emplace(found->second, *std::move(elements));
  }
  if (storages.size() != by_key.size()) {
    return absl::InvalidArgumentError(
        "expected the keys of " + std::to_string(by_key.size()) + " storages before byte " +
        std::to_string(start + machine.position()) + ", got " + std::to_string(storages.size()));
  }
  if (at != file->size()) {
    return absl::InvalidArgumentError("expected the end of the file at byte " + std::to_string(at) +
                                      ", got " + std::to_string(file->size() - at) + " more bytes");
  }
  return flatten(**root, storages);
}

// The zip format: <folder>/data.pkl, and <folder>/data/<key> with the elements of each storage.

absl::StatusOr<Tensor> read_zipped_storage(const File& file, const ZipEntry& entry,
                                           const PickleValue& storage) {
  const auto expected = storage_bytes(storage);
  if (!expected.ok()) return expected.status();
  if (entry.unpacked != *expected) {
    return absl::InvalidArgumentError("expected " + std::to_string(*expected) + " bytes in '" +
                                      std::string(entry.name) + "' of the archive, got " +
                                      std::to_string(entry.unpacked));
  }
  std::string buffer;
  const auto bytes = internal::read_zip_entry(file->bytes(), entry, buffer);
  if (!bytes.ok()) return bytes.status();
  if (!entry.deflated) {
    return storage_at(file, static_cast<std::size_t>(bytes->data() - file->bytes().data()),
                      storage);
  }
  if (storage.dtype == DType::kBool &&
      bytes->find_first_not_of(std::string_view("\0\1", 2)) != std::string_view::npos) {
    return absl::DataLossError("expected bools, 0 or 1, in '" + std::string(entry.name) + "'");
  }
  const Tensor elements = empty({storage.integer}, {.dtype = storage.dtype});
  if (!bytes->empty()) std::memcpy(elements.raw_data(), bytes->data(), bytes->size());
  return elements;
}

absl::StatusOr<TorchFile> read_zipped(const File& file) {
  const auto entries = internal::read_zip_directory(file->bytes());
  if (!entries.ok()) return entries.status();
  std::unordered_map<std::string_view, const ZipEntry*> by_name;
  const ZipEntry* pickle = nullptr;
  for (const ZipEntry& entry : *entries) {
    if (!by_name.emplace(entry.name, &entry).second) {
      return absl::InvalidArgumentError("expected entries that differ, got '" +
                                        std::string(entry.name) + "' twice");
    }
    if (entry.name.ends_with("/data.pkl")) pickle = &entry;
  }
  if (!pickle) return absl::InvalidArgumentError("expected an entry data.pkl in the archive");
  const std::string folder(pickle->name.substr(0, pickle->name.size() - 8));
  std::string buffer;
  if (const auto order = by_name.find(folder + "byteorder"); order != by_name.end()) {
    const auto text = internal::read_zip_entry(file->bytes(), *order->second, buffer);
    if (!text.ok()) return text.status();
    if (*text != "little") return absl::UnimplementedError("expected a little-endian file");
  }
  const auto bytes = internal::read_zip_entry(file->bytes(), *pickle, buffer);
  if (!bytes.ok()) return bytes.status();
  const std::size_t origin =
      pickle->deflated ? 0 : static_cast<std::size_t>(bytes->data() - file->bytes().data());
  PickleMachine machine(*bytes, origin);
  const auto root = machine.run();
  if (!root.ok()) return root.status();

  Storages storages;
  for (const PickleValue* storage : machine.storages()) {
    const auto entry = by_name.find(folder + "data/" + std::string(storage->text));
    if (entry == by_name.end()) {
      return absl::InvalidArgumentError("expected an entry '" + folder + "data/" +
                                        std::string(storage->text) + "' in the archive");
    }
    auto elements = read_zipped_storage(file, *entry->second, *storage);
    if (!elements.ok()) return elements.status();
    storages.emplace(storage, *std::move(elements));
  }
  return flatten(**root, storages);
}

absl::StatusOr<TorchFile> read(const File& file) {
  const std::string_view bytes = file->bytes();
  if (bytes.substr(0, 4) == kZipMagic) return read_zipped(file);
  if (bytes.size() >= 2 && bytes[0] == '\x80' &&
      bytes.substr(2, kLegacyMagic.size()) == kLegacyMagic) {
    return read_legacy(file);
  }
  return absl::InvalidArgumentError(
      "expected PyTorch's magic number or a zip archive at byte 0: not a file of torch.save");
}

}  // namespace

std::vector<std::pair<std::string, Tensor>> TorchFile::below(std::string_view prefix) const {
  std::vector<std::pair<std::string, Tensor>> state;
  for (const auto& [name, tensor] : tensors) {
    if (name.starts_with(prefix)) state.emplace_back(name.substr(prefix.size()), tensor);
  }
  return state;
}

absl::StatusOr<TorchFile> read_torch_pickle(const std::string& path) {
  const auto file = MappedFile::open(path);
  if (!file.ok()) return file.status();
  auto contents = read(*file);
  if (!contents.ok()) return internal::with_path(path, contents.status());
  return contents;
}

}  // namespace tenon

#include "data/image/image_cache.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <vector>

#include "tensor/io/safetensors.h"

namespace tenon::data {
namespace {

namespace fs = std::filesystem;

// Of the file's layout and of how images are decoded and resized: a change of either is a new one.
constexpr const char* kVersion = "tenon images 1";

// FNV-1a (Fowler, Noll, Vo 1991), 64 bits.
class Digest {
 public:
  void add(const std::string& text) {
    for (const char byte : text) add_byte(static_cast<unsigned char>(byte));
    add_byte(0);
  }
  void add(std::int64_t number) {
    for (int k = 0; k < 8; ++k) add_byte(static_cast<unsigned char>(number >> (8 * k)));
  }
  std::string hex() const {
    char text[17];
    std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(hash_));
    return text;
  }

 private:
  void add_byte(unsigned char byte) { hash_ = (hash_ ^ byte) * 0x100000001b3; }
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

absl::Status add_file(const std::string& path, Digest& digest) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return absl::ErrnoToStatus(errno, "stat " + path);
  digest.add(info.st_size);
  digest.add(info.st_mtim.tv_sec);
  digest.add(info.st_mtim.tv_nsec);
  return absl::OkStatus();
}

absl::Status add_folder(const std::string& root, Digest& digest) {
  std::vector<std::string> paths;
  std::error_code error;
  for (fs::recursive_directory_iterator it(root, error), end; !error && it != end;
       it.increment(error)) {
    if (!it->is_directory()) paths.push_back(it->path().string());
  }
  if (error) return absl::ErrnoToStatus(error.value(), "cannot list " + root);
  std::sort(paths.begin(), paths.end());
  for (const std::string& path : paths) {
    digest.add(path.substr(root.size()));
    if (absl::Status status = add_file(path, digest); !status.ok()) return status;
  }
  return absl::OkStatus();
}

std::string file_of(const std::string& folder, const std::string& key) {
  Digest digest;
  digest.add(key);
  return folder + "/images-" + digest.hex() + ".safetensors";
}

// Texts one after the other, each ended by a zero byte, which no path holds.
Tensor pack(const std::vector<std::string>& texts) {
  std::vector<std::uint8_t> bytes;
  for (const std::string& text : texts) {
    bytes.insert(bytes.end(), text.begin(), text.end());
    bytes.push_back(0);
  }
  return from_vector(bytes);
}

std::vector<std::string> unpack(const Tensor& packed) {
  std::vector<std::string> texts;
  std::string text;
  for (const std::uint8_t byte : packed.to_vector<std::uint8_t>()) {
    if (byte == 0)
      texts.push_back(std::exchange(text, {}));
    else
      text.push_back(static_cast<char>(byte));
  }
  return texts;
}

bool is(const Tensor* tensor, DType dtype, const Shape& shape) {
  return tensor && tensor->dtype() == dtype && tensor->shape() == shape;
}

}  // namespace

absl::StatusOr<std::string> image_source_key(const std::string& path,
                                             const ImageFolderOptions& options) {
  std::error_code error;
  Digest digest;
  const bool archive = fs::is_regular_file(path, error);
  const absl::Status status =
      archive ? add_file(path, digest) : add_folder(path + "/" + options.below, digest);
  if (!status.ok()) return status;
  return std::string(kVersion) + "; " + fs::absolute(path, error).string() + "; " + options.below +
         "; " + std::to_string(options.height) + "x" + std::to_string(options.width) + "; limit " +
         std::to_string(options.max_pixels) + (options.skip_broken ? "; skipping" : "") +
         (options.allow_empty_classes ? "; empty classes" : "") + "; most " +
         std::to_string(options.most_per_class) + "; files " + digest.hex();
}

absl::StatusOr<ImageTree> read_image_cache(const std::string& folder, const std::string& key,
                                           const ImageFolderOptions& options) {
  const std::string path = file_of(folder, key);
  const auto file = read_safetensors(path);
  if (!file.ok()) return file.status();
  const auto damaged = [&] { return absl::DataLossError(path + ": expected images of " + key); };
  const auto written = file->metadata.find("key"), skipped = file->metadata.find("skipped");
  const Tensor* images = file->find("images");
  const Tensor* labels = file->find("labels");
  const Tensor* paths = file->find("paths");
  const Tensor* classes = file->find("classes");
  const std::int64_t count = labels ? labels->numel() : 0;
  const auto text = [](const Tensor* t) { return t && is(t, DType::kU8, {t->numel()}); };
  if (written == file->metadata.end() || written->second != key ||
      skipped == file->metadata.end() || !is(labels, DType::kI64, {count}) ||
      !is(images, DType::kU8, {count, 3, options.height, options.width}) || !text(paths) ||
      !text(classes)) {
    return damaged();
  }
  ImageTree tree{.images = *images,
                 .labels = labels->clone(),
                 .class_names = unpack(*classes),
                 .paths = unpack(*paths),
                 .from_cache = true};
  const std::string& number = skipped->second;
  std::from_chars(number.data(), number.data() + number.size(), tree.skipped);
  if (static_cast<std::int64_t>(tree.paths.size()) != count) return damaged();
  return tree;
}

absl::Status write_image_cache(const std::string& folder, const std::string& key,
                               const ImageTree& tree) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return absl::ErrnoToStatus(error.value(), "cannot make " + folder);
  return write_safetensors(file_of(folder, key),
                           {.tensors = {{"images", tree.images},
                                        {"labels", tree.labels},
                                        {"paths", pack(tree.paths)},
                                        {"classes", pack(tree.class_names)}},
                            .metadata = {{"key", key}, {"skipped", std::to_string(tree.skipped)}}});
}

}  // namespace tenon::data

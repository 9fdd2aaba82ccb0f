// load_image_tree of image_folder.h.
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "data/image/decode.h"
#include "data/image/image_cache.h"
#include "data/image/image_files.h"
#include "data/image/image_folder.h"
#include "tensor/cpu/parallel.h"
#include "tensor/error.h"

namespace tenon::data {
namespace {

// Decodes file i to row i on some thread; what goes wrong is kept, not thrown.
class Decoding {
 public:
  Decoding(const ImageFiles& files, const ImageFolderOptions& options, const Tensor& images)
      : files_(files), options_(options), images_(images), errors_(files.paths.size()) {}

  void run() {
    const auto count = static_cast<std::int64_t>(files_.paths.size());
    cpu::parallel_items(count, cpu::kGrain, [this](std::int64_t begin, std::int64_t end) {
      std::string buffer;
      for (std::int64_t i = begin; i < end; ++i)
        errors_[static_cast<std::size_t>(i)] = decode(i, buffer);
    });
  }
  const std::vector<absl::Status>& errors() const { return errors_; }

 private:
  absl::Status decode(std::int64_t row, std::string& buffer) const noexcept {
    const auto i = static_cast<std::size_t>(row);
    try {
      const auto bytes = files_.read(i, buffer);
      if (!bytes.ok()) return bytes.status();
      const std::int64_t size = 3 * options_.height * options_.width;
      return decode_image_into(
          *bytes, files_.name(i),
          {.height = options_.height, .width = options_.width, .max_pixels = options_.max_pixels},
          images_.data<std::uint8_t>() + row * size);
    } catch (const std::bad_alloc&) {
      return absl::ResourceExhaustedError("no memory for an image");
    }
  }

  const ImageFiles& files_;
  const ImageFolderOptions& options_;
  const Tensor& images_;
  std::vector<absl::Status> errors_;
};

// Moves the rows that were decoded together, and their labels and paths with them.
absl::Status keep_good(const std::vector<absl::Status>& errors, bool skip, ImageTree& tree) {
  std::uint8_t* pixels = tree.images.data<std::uint8_t>();
  std::int64_t* labels = tree.labels.data<std::int64_t>();
  const std::size_t row = errors.empty() ? 0 : tree.images.bytes() / errors.size();
  std::size_t kept = 0;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    if (!errors[i].ok()) {
      if (!skip) return errors[i];
      ++tree.skipped;
      continue;
    }
    if (kept != i) {
      std::memcpy(pixels + kept * row, pixels + i * row, row);
      labels[kept] = labels[i];
      tree.paths[kept] = std::move(tree.paths[i]);
    }
    ++kept;
  }
  tree.paths.resize(kept);
  tree.images = tree.images.narrow(0, 0, static_cast<std::int64_t>(kept));
  tree.labels = tree.labels.narrow(0, 0, static_cast<std::int64_t>(kept));
  return absl::OkStatus();
}

absl::StatusOr<ImageTree> decode_all(const std::string& path, const ImageFolderOptions& options) {
  auto files = list_images(path, options);
  if (!files.ok()) return files.status();
  ImageTree tree;
  const auto count = static_cast<std::int64_t>(files->paths.size());
  tree.labels = from_vector(files->labels);
  try {
    tree.images = empty({count, 3, options.height, options.width}, {.dtype = DType::kU8});
  } catch (const OutOfMemoryError& error) {
    return absl::ResourceExhaustedError(path + ": no memory for the images: " + error.what());
  }
  Decoding decoding(*files, options, tree.images);
  decoding.run();
  tree.class_names = files->class_names;
  tree.paths = files->paths;
  if (auto status = keep_good(decoding.errors(), options.skip_broken, tree); !status.ok()) {
    return status;
  }
  return tree;
}

}  // namespace

absl::StatusOr<ImageTree> load_image_tree(const std::string& path,
                                          const ImageFolderOptions& options) {
  check_image_options("load_image_tree", options);
  if (options.cache.empty()) return decode_all(path, options);
  const auto key = image_source_key(path, options);
  if (!key.ok()) return key.status();
  if (auto cached = read_image_cache(options.cache, *key, options); cached.ok()) return cached;
  auto tree = decode_all(path, options);
  if (!tree.ok()) return tree;
  if (auto status = write_image_cache(options.cache, *key, *tree); !status.ok()) return status;
  return tree;
}

}  // namespace tenon::data

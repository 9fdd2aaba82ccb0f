#include "data/image/image_folder.h"

#include <atomic>
#include <utility>

#include "data/image/decode.h"
#include "data/image/image_files.h"
#include "data/stop.h"
#include "tensor/error.h"

namespace tenon::data {

struct ImageFolder::Impl {
  Impl(ImageFiles list, const ImageFolderOptions& wanted)
      : files(std::move(list)), options(wanted) {}

  absl::Status decode(std::int64_t index, std::uint8_t* planes) const {
    thread_local std::string buffer;
    const auto i = static_cast<std::size_t>(index);
    const auto bytes = files.read(i, buffer);
    if (!bytes.ok()) return bytes.status();
    return decode_image_into(
        *bytes, files.name(i),
        {.height = options.height, .width = options.width, .max_pixels = options.max_pixels},
        planes);
  }

  ImageFiles files;
  ImageFolderOptions options;
  mutable std::atomic<std::int64_t> skipped = 0;
};

ImageFolder::ImageFolder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ImageFolder::ImageFolder(ImageFolder&&) noexcept = default;
ImageFolder& ImageFolder::operator=(ImageFolder&&) noexcept = default;
ImageFolder::~ImageFolder() = default;

absl::StatusOr<ImageFolder> ImageFolder::open(const std::string& path,
                                              const ImageFolderOptions& options) {
  check_image_options("image_folder", options);
  auto files = list_images(path, options);
  if (!files.ok()) return files.status();
  return ImageFolder(std::make_unique<Impl>(*std::move(files), options));
}

std::int64_t ImageFolder::size() const {
  return static_cast<std::int64_t>(impl_->files.paths.size());
}

Batch ImageFolder::get(std::span<const std::int64_t> indices) const {
  const ImageFolderOptions& options = impl_->options;
  const auto count = static_cast<std::int64_t>(indices.size());
  const Tensor images = empty({count, 3, options.height, options.width}, {.dtype = DType::kU8});
  std::vector<std::int64_t> kept, labels;
  for (const std::int64_t index : indices) {
    if (index < 0 || index >= size()) {
      throw IndexError("[image_folder] expected an index in [0, " + std::to_string(size()) +
                       "), got " + std::to_string(index));
    }
    throw_if_stop_requested();
    const auto row = static_cast<std::int64_t>(kept.size());
    std::uint8_t* planes = images.data<std::uint8_t>() + row * 3 * options.height * options.width;
    if (const absl::Status status = impl_->decode(index, planes); !status.ok()) {
      if (!options.skip_broken) throw DataError(index, path(index), std::string(status.message()));
      ++impl_->skipped;
      continue;
    }
    kept.push_back(index);
    labels.push_back(impl_->files.labels[static_cast<std::size_t>(index)]);
  }
  return {.inputs = images.narrow(0, 0, static_cast<std::int64_t>(kept.size())),
          .targets = from_vector(labels),
          .indices = from_vector(kept)};
}

const std::vector<std::string>& ImageFolder::class_names() const {
  return impl_->files.class_names;
}

Tensor ImageFolder::labels() const { return from_vector(impl_->files.labels); }

const std::string& ImageFolder::path(std::int64_t index) const {
  return impl_->files.paths.at(static_cast<std::size_t>(index));
}

std::int64_t ImageFolder::skipped() const { return impl_->skipped; }

}  // namespace tenon::data

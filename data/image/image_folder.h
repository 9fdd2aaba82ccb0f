// Images in a folder for each class, as ImageNet and AFHQ come: JPEG and PNG files, in a folder or
// straight out of the .zip or .tar.
//
//   ImageFolderOptions options{.height = 64, .width = 64, .below = "train"};
//   absl::StatusOr<ImageFolder> train = ImageFolder::open("afhq.zip", options);   // decodes on
//   demand DataLoader loader(*train, {.batch_size = 64, .shuffle = true, .workers = 2});
//
//   absl::StatusOr<ImageTree> all = load_image_tree("afhq", options);             // decodes once
//   TensorDataset set(all->images, all->labels);
#ifndef TENON_DATA_IMAGE_IMAGE_FOLDER_H_
#define TENON_DATA_IMAGE_IMAGE_FOLDER_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/dataset.h"
#include "tensor/tensor.h"

namespace tenon::data {

struct ImageFolderOptions {
  std::int64_t height = 0;  ///< what every image is resized to
  std::int64_t width = 0;
  std::string below{};  ///< the folder of the classes within the path, such as "train"
  /// Leave out, and count, images that cannot be read, rather than fail. A batch may be smaller.
  bool skip_broken = false;
  bool allow_empty_classes = false;
  /// The first of each, in ascending order of their paths.
  std::int64_t most_per_class = std::numeric_limits<std::int64_t>::max();
  std::int64_t max_pixels = 100'000'000;  ///< of a stored image; more is broken
  /// For load_image_tree: the folder for decoded images, made where it is not there; none without.
  std::string cache{};
};

/// Example i is [3,height,width] u8 and its class, i64. Files are in ascending order of their
/// paths, classes in that of their names. The packed files of an archive are kept in memory.
class ImageFolder final : public Dataset {
 public:
  /// Errors name the folder, archive or class: those of the system and of data/archive.h; NotFound
  /// for a tree without classes or images; InvalidArgument for a class without images. Only the
  /// list is made; what is in a file shows when it is decoded. Throws ValueError for a height,
  /// width or most_per_class below 1.
  static absl::StatusOr<ImageFolder> open(const std::string& path,
                                          const ImageFolderOptions& options);
  ImageFolder(ImageFolder&&) noexcept;
  ImageFolder& operator=(ImageFolder&&) noexcept;
  ~ImageFolder() override;

  std::int64_t size() const override;
  /// Throws IndexError; DataError with index and path for an image that cannot be read, unless it
  /// is to be skipped: `Batch::indices` then tells which examples came.
  Batch get(std::span<const std::int64_t> indices) const override;

  const std::vector<std::string>& class_names() const;
  /// [N] i64, without decoding anything: for stratified_split and WeightedSampler.
  Tensor labels() const;
  /// Of example `index`, below the root: "cat/7.jpg".
  const std::string& path(std::int64_t index) const;
  /// Times that get() left an example out.
  std::int64_t skipped() const;

 private:
  struct Impl;
  explicit ImageFolder(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

struct ImageTree {
  Tensor images;  ///< [N,3,height,width] u8
  Tensor labels;  ///< [N] i64
  std::vector<std::string> class_names;
  std::vector<std::string> paths;  ///< of each image, below the root
  std::int64_t skipped = 0;        ///< files that could not be read
  bool from_cache = false;
};

/// All of them, decoded on all processors. With a cache, the decoded images are written there,
/// whole or not at all, and mapped from there the next time that path, options, and the names,
/// sizes and times of the files (or those of the archive) are the same; a damaged cache is made
/// anew. Errors as ImageFolder::open and, unless skipping, the first broken image's; those of
/// writing the cache.
absl::StatusOr<ImageTree> load_image_tree(const std::string& path,
                                          const ImageFolderOptions& options);

}  // namespace tenon::data

#endif  // TENON_DATA_IMAGE_IMAGE_FOLDER_H_

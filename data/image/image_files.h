// The images of a tree with a folder per class, in a folder or an archive.
#ifndef TENON_DATA_IMAGE_IMAGE_FILES_H_
#define TENON_DATA_IMAGE_IMAGE_FILES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "data/image/image_folder.h"

namespace tenon::data {

struct ImageFiles {
  std::vector<std::string> class_names;  ///< in ascending order; their positions are the labels
  std::vector<std::string> paths;        ///< below the root, "cat/7.jpg", in ascending order
  std::vector<std::int64_t> labels;      ///< of each path
  std::vector<std::string> contents;     ///< of each path, where they come from an archive
  std::string root;                      ///< what comes before the paths in messages

  std::string name(std::size_t i) const {
    return root + (contents.empty() ? "/" + paths[i] : "(" + paths[i] + ")");
  }
  /// The bytes of file i: what is kept, or `buffer` after the file was read into it.
  absl::StatusOr<std::string_view> read(std::size_t i, std::string& buffer) const;
};

/// Throws ValueError, for what was called `op`, for a height, width or most_per_class below 1.
void check_image_options(const char* op, const ImageFolderOptions& options);

/// Names end in .jpg, .jpeg or .png (also in capitals); other files are passed over, and so are
/// hidden ones. Errors name the folder or archive: those of the system, NotFound for a tree without
/// classes or images, InvalidArgument for a class without images unless that is allowed.
absl::StatusOr<ImageFiles> list_images(const std::string& path, const ImageFolderOptions& options);

}  // namespace tenon::data

#endif  // TENON_DATA_IMAGE_IMAGE_FILES_H_

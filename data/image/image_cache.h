// Decoded images on the disk, under a key that says what they were made of.
#ifndef TENON_DATA_IMAGE_IMAGE_CACHE_H_
#define TENON_DATA_IMAGE_IMAGE_CACHE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/image/image_folder.h"

namespace tenon::data {

/// Path, options, and name, size and time of every file below a folder, or of an archive, in a
/// line.
absl::StatusOr<std::string> image_source_key(const std::string& path,
                                             const ImageFolderOptions& options);

/// What write_image_cache wrote into `folder` for this key. NotFound where there is nothing;
/// another error for a file that is damaged or of another key.
absl::StatusOr<ImageTree> read_image_cache(const std::string& folder, const std::string& key,
                                           const ImageFolderOptions& options);
absl::Status write_image_cache(const std::string& folder, const std::string& key,
                               const ImageTree& tree);

}  // namespace tenon::data

#endif  // TENON_DATA_IMAGE_IMAGE_CACHE_H_

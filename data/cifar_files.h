// The files of a CIFAR distribution, out of a folder or an archive.
#ifndef TENON_DATA_CIFAR_FILES_H_
#define TENON_DATA_CIFAR_FILES_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace tenon::data {

/// Takes file number `index` of those that were asked for. `where` names it in errors.
using TakeFile = std::function<absl::Status(std::size_t index, const std::string& where,
                                            std::string_view bytes)>;

/// What the publisher names things.
struct Distribution {
  std::string archive;             ///< as it is downloaded
  std::string folder;              ///< that it unpacks to
  std::vector<std::string> names;  ///< of the files in it
};

/// Hands each of the distribution's files to `take`, in any order: out of the archive `path`; or of
/// the folder `path`, of the distribution's folder below it, or of its archive there. Only one is
/// in memory at a time. NotFound that names the first one that is not there.
absl::Status for_each_file(const std::string& path, const Distribution& distribution,
                           const TakeFile& take);

/// A file's bytes, unpacked where it is gzipped, go to `take` as file 0.
absl::Status take_file(const std::string& path, const TakeFile& take);

}  // namespace tenon::data

#endif  // TENON_DATA_CIFAR_FILES_H_

// Where the data files are that do not come with the code.
//
//   absl::StatusOr<std::string> folder = data_dir();      // ".../shared/data"
//   if (folder.ok()) auto mnist = load_mnist(*folder + "/mnist");
#ifndef TENON_DATA_DATA_DIR_H_
#define TENON_DATA_DATA_DIR_H_

#include <string>

#include "absl/status/statusor.h"

namespace tenon::data {

/// The folder named by the environment variable TENON_DATA; where that is not set, `../shared/data`
/// beside the workspace (the working directory, or the one that `bazel run` was called in).
/// NotFoundError that names the folder where it does not exist.
absl::StatusOr<std::string> data_dir();

}  // namespace tenon::data

#endif  // TENON_DATA_DATA_DIR_H_

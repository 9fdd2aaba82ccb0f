// The folder of an example's data set, downloaded first where the user asks for that.
//
//   const absl::StatusOr<std::string> folder = data_folder(options, "mnist");
//   if (!folder.ok()) return folder.status();
//   const auto mnist = data::load_mnist(*folder);
#ifndef TENON_EXAMPLES_COMMON_DATA_FOLDER_H_
#define TENON_EXAMPLES_COMMON_DATA_FOLDER_H_

#include <string>

#include "absl/status/statusor.h"
#include "examples/common/flags.h"

namespace tenon::examples {

/// `<root>/<name>`, where root is --data_dir, else data::data_dir(), else "tenon_data" beside the
/// user. With --download, files of that data set which are missing there are fetched first
/// (data/download/sources.h); an error then says what went wrong, for a data set that nobody
/// publishes too. Without it, NotFound for a folder that is not there names where it was looked for
/// and what to do.
absl::StatusOr<std::string> data_folder(const CommonOptions& options, const std::string& name);

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_COMMON_DATA_FOLDER_H_

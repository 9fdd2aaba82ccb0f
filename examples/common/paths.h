// Where an example finds its files and puts what it writes.
#ifndef TENON_EXAMPLES_COMMON_PATHS_H_
#define TENON_EXAMPLES_COMMON_PATHS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "train/run_folder.h"

namespace tenon::examples {

/// A path as the user means it. `bazel run` starts programs in a folder of its own and names the
/// one it was called in; relative paths are relative to that.
std::string user_path(const std::string& path);

/// A file that comes with the program ("data/testdata/digits.csv.gz"), under `bazel run`,
/// `bazel test`, or beside the program. NotFoundError that lists where it was looked for.
absl::StatusOr<std::string> runfile(const std::string& path);

/// Makes a folder, and takes it away again in the end where nothing was put into it.
class OutputFolder {
 public:
  OutputFolder() = default;
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  /// The error of the operating system where `path` cannot be made or files in it cannot be
  /// written, and of open_run_folder() where a run is in it already.
  absl::Status make(const std::string& path, const train::RunFolderOptions& options = {});

 private:
  std::vector<std::string> made_;  // innermost first
};

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_COMMON_PATHS_H_

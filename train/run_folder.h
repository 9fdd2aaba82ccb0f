// The folder of a run, which nothing overwrites by accident.
//
//   absl::StatusOr<std::string> folder = open_run_folder("run", {.resume = flags.resume});
//   if (!folder.ok()) return folder.status();      // run: holds a run already …
//   CsvLog log(*folder + "/metrics.csv");
#ifndef TENON_TRAIN_RUN_FOLDER_H_
#define TENON_TRAIN_RUN_FOLDER_H_

#include <string>

#include "absl/status/statusor.h"

namespace tenon::train {

struct RunFolderOptions {
  bool resume = false;     ///< what is there is to be gone on with
  bool overwrite = false;  ///< what is there is to be removed
};

/// Makes the folder where it is missing, and returns its path. AlreadyExistsError where something
/// is in it and neither option is set; nothing is changed then. `overwrite` removes only what runs
/// write (CSV, Markdown and HTML files, pictures, graphs, safetensors, the JSON files of language
/// models and adapters, TensorBoard's files) and refuses, with FailedPreconditionError and before
/// anything is removed, a folder that holds anything else.
absl::StatusOr<std::string> open_run_folder(const std::string& path,
                                            const RunFolderOptions& options = {});

}  // namespace tenon::train

#endif  // TENON_TRAIN_RUN_FOLDER_H_

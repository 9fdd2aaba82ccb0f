#include "data/data_dir.h"

#include <sys/stat.h>

#include <cstdlib>

namespace tenon::data {
namespace {

bool is_folder(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

absl::StatusOr<std::string> data_dir() {
  const std::string own = environment("TENON_DATA");
  if (!own.empty()) {
    if (is_folder(own)) return own;
    return absl::NotFoundError("expected the data in " + own +
                               " (TENON_DATA), found no such folder");
  }
  // `bazel run` runs a program far from the workspace, and tells it where that is.
  const std::string workspace = environment("BUILD_WORKSPACE_DIRECTORY");
  const std::string beside = (workspace.empty() ? "" : workspace + "/") + "../shared/data";
  if (is_folder(beside)) return beside;
  return absl::NotFoundError("expected the data in " + beside +
                             ", found no such folder (set TENON_DATA to where it is)");
}

}  // namespace tenon::data

#include "examples/common/data_folder.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "data/data_dir.h"
#include "data/download/sources.h"
#include "examples/common/paths.h"

namespace tenon::examples {
namespace {

bool exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

bool is_published(const std::string& name) {
  const std::vector<std::string> names = data::dataset_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The folder of data sets; with --download, of those to come.
absl::StatusOr<std::string> root_of(const CommonOptions& options) {
  if (!options.data_dir.empty()) return options.data_dir;
  const absl::StatusOr<std::string> folder = data::data_dir();
  if (folder.ok()) return folder;
  const char* chosen = std::getenv("TENON_DATA");
  if (options.download && chosen && *chosen) return chosen;
  const std::string own = user_path("tenon_data");
  if (options.download || exists(own)) return own;
  return absl::NotFoundError("--data_dir: " + std::string(folder.status().message()));
}

// A line for each file; on a terminal it counts.
class Narrator {
 public:
  bool operator()(const data::DownloadProgress& now) {
    const bool begins = now.url != url_;
    if (begins && !url_.empty()) std::printf("\n");
    if (begins || isatty(STDOUT_FILENO)) {
      url_ = now.url;
      std::printf("%sdownloading %s", begins ? "" : "\r", url_.c_str());
      if (!begins) std::printf("  %.1f of %.1f MB", in_mb(now.received), in_mb(now.total));
      std::fflush(stdout);
    }
    return true;
  }
  void end() const {
    if (!url_.empty()) std::printf("\n");
  }

 private:
  static double in_mb(std::uint64_t bytes) { return static_cast<double>(bytes) / 1e6; }

  std::string url_;
};

absl::Status fetch(const std::string& name, const std::string& folder, bool quiet) {
  if (!is_published(name)) {
    if (exists(folder)) return absl::OkStatus();
    return absl::NotFoundError("--download: " + folder + " is not there, and nobody publishes it");
  }
  Narrator narrator;
  data::DownloadOptions options;
  if (!quiet) options.progress = [&](const data::DownloadProgress& now) { return narrator(now); };
  const absl::Status status = data::download_dataset(name, folder, options);
  narrator.end();
  if (status.ok()) return status;
  return {status.code(), "--download: " + std::string(status.message())};
}

}  // namespace

absl::StatusOr<std::string> data_folder(const CommonOptions& options, const std::string& name) {
  const absl::StatusOr<std::string> root = root_of(options);
  const std::string hint = is_published(name) ? "; --download fetches the data set" : "";
  if (!root.ok()) return absl::NotFoundError(std::string(root.status().message()) + hint);
  const std::string folder = *root + "/" + name;
  if (options.download) {
    if (absl::Status status = fetch(name, folder, options.quiet); !status.ok()) return status;
  }
  if (!exists(folder)) return absl::NotFoundError("--data_dir: no folder " + folder + hint);
  return folder;
}

}  // namespace tenon::examples

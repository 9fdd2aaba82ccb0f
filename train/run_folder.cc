#include "train/run_folder.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

#include "absl/status/status.h"

namespace tenon::train {
namespace {

namespace fs = std::filesystem;

// Whether runs write files of such names, finished or left over from a kill.
bool is_of_a_run(const fs::path& file) {
  const std::string name = file.filename().string();
  if (name.starts_with("events.out.tfevents.")) return true;
  for (const std::string_view whole : {"config.json", "tokenizer.json", "adapter_config.json"}) {
    if (name == whole) return true;
  }
  for (const std::string_view ending :
       {".csv", ".md", ".html", ".svg", ".png", ".dot", ".safetensors"}) {
    if (name.ends_with(ending) || name.find(std::string(ending) + ".tmp.") != name.npos)
      return true;
  }
  return false;
}

absl::Status failed(const std::string& path, const std::error_code& error) {
  return absl::UnavailableError(path + ": " + error.message());
}

// Everything below the folder that is no folder itself.
absl::StatusOr<std::vector<fs::path>> contents(const std::string& path) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    if (!entry->is_directory(error)) files.push_back(entry->path());
  }
  if (error) return failed(path, error);
  return files;
}

absl::Status remove_run(const std::string& path, const std::vector<fs::path>& files) {
  for (const fs::path& file : files) {
    if (is_of_a_run(file)) continue;
    return absl::FailedPreconditionError(path + ": expected only what runs write, got " +
                                         file.string() + "; nothing was removed");
  }
  std::error_code error;
  for (const fs::path& file : files) {
    if (!fs::remove(file, error) && error) return failed(file.string(), error);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> open_run_folder(const std::string& path,
                                            const RunFolderOptions& options) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return failed(path, error);
  const absl::StatusOr<std::vector<fs::path>> files = contents(path);
  if (!files.ok()) return files.status();
  if (files->empty() || options.resume) return path;
  if (!options.overwrite) {
    return absl::AlreadyExistsError(path + ": holds a run already (" + files->front().string() +
                                    "): resume it, overwrite it, or choose another folder");
  }
  if (absl::Status status = remove_run(path, *files); !status.ok()) return status;
  return path;
}

}  // namespace tenon::train

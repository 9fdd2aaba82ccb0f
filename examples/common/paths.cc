#include "examples/common/paths.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "tensor/io/atomic_file.h"

namespace tenon::examples {
namespace {

namespace fs = std::filesystem;

const char* environment(const char* name) {
  const char* value = std::getenv(name);
  return value && *value ? value : nullptr;
}

}  // namespace

std::string user_path(const std::string& path) {
  const fs::path given(path);
  const char* called_in = environment("BUILD_WORKING_DIRECTORY");
  if (given.is_absolute() || !called_in) return fs::absolute(given).lexically_normal().string();
  return (fs::path(called_in) / given).lexically_normal().string();
}

absl::StatusOr<std::string> runfile(const std::string& path) {
  std::vector<fs::path> roots;
  for (const char* variable : {"RUNFILES_DIR", "TEST_SRCDIR"}) {
    if (const char* root = environment(variable)) roots.emplace_back(root);
  }
  std::error_code error;
  roots.push_back(fs::read_symlink("/proc/self/exe", error) += ".runfiles");
  std::string tried;
  for (const fs::path& root : roots) {
    // The repository's name under WORKSPACE, and the main one's under MODULE.bazel.
    for (const char* repository : {"tenon", "_main"}) {
      const fs::path file = root / repository / path;
      if (fs::exists(file, error)) return file.string();
    }
    tried += " " + root.string();
  }
  return absl::NotFoundError(path + ": not found in the program's runfiles; looked in" + tried);
}

OutputFolder::~OutputFolder() {
  std::error_code not_empty;
  for (const std::string& folder : made_) fs::remove(folder, not_empty);
}

absl::Status OutputFolder::make(const std::string& path, const train::RunFolderOptions& options) {
  std::error_code error;
  for (fs::path folder(path); !folder.empty() && !fs::exists(folder, error);
       folder = folder.parent_path()) {
    if (folder.has_filename()) made_.push_back(folder.string());
  }
  fs::create_directories(path, error);
  if (error) return absl::InvalidArgumentError("cannot make " + path + ": " + error.message());
  // Only writing tells whether one may; the file is gone when its handle is.
  const absl::Status writable = AtomicFile::create(path + "/probe").status();
  return writable.ok() ? train::open_run_folder(path, options).status() : writable;
}

}  // namespace tenon::examples

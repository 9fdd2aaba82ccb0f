#include "train/internal/leftovers.h"

#include <signal.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>

namespace tenon::train::internal {
namespace {

namespace fs = std::filesystem;

// Whether `name` is `prefix` and then "<process>.<count>" of a process that is gone.
bool is_leftover(const std::string& name, const std::string& prefix) {
  if (name.rfind(prefix, 0) != 0) return false;
  const char* end = name.data() + name.size();
  int process = 0;
  unsigned count = 0;
  const auto first = std::from_chars(name.data() + prefix.size(), end, process);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.' || process <= 0) return false;
  const auto second = std::from_chars(first.ptr + 1, end, count);
  if (second.ec != std::errc() || second.ptr != end) return false;
  return kill(process, 0) != 0 && errno == ESRCH;
}

}  // namespace

void remove_leftovers(const std::string& path) noexcept try {
  const fs::path file(path);
  const std::string prefix = file.filename().string() + ".tmp.";
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (is_leftover(entry->path().filename().string(), prefix)) fs::remove(entry->path(), ignored);
  }
} catch (const std::exception&) {
}

}  // namespace tenon::train::internal

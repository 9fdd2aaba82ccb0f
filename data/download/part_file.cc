#include "data/download/part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

namespace tenon::data {
namespace {

absl::Status system_error(const std::string& path, const std::string& call) {
  const int error = errno;
  return absl::ErrnoToStatus(error, path + ": " + call);
}

absl::Status sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path();
  const int descriptor =
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return system_error(path, "open folder");
  const int result = ::fsync(descriptor);
  ::close(descriptor);
  return result == 0 ? absl::OkStatus() : system_error(path, "sync folder");
}

}  // namespace

PartFile::PartFile(std::string path, int descriptor, std::uint64_t size)
    : path_(std::move(path)), part_(path_ + ".part"), descriptor_(descriptor), size_(size) {}

PartFile::PartFile(PartFile&& other) noexcept
    : path_(std::move(other.path_)),
      part_(std::move(other.part_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_),
      error_(std::move(other.error_)) {}

PartFile::~PartFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

absl::StatusOr<PartFile> PartFile::open(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code failed;
  if (!folder.empty()) std::filesystem::create_directories(folder, failed);
  if (failed) return absl::ErrnoToStatus(failed.value(), folder.string() + ": make folder");
  const std::string part = path + ".part";
  const int descriptor =
      ::open(part.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (descriptor < 0) return system_error(part, "open");
  PartFile file(path, descriptor, 0);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(part + ": another process is downloading this file");
  }
  struct stat info;
  if (::fstat(descriptor, &info) != 0) return system_error(part, "stat");
  if (!S_ISREG(info.st_mode)) {
    return absl::FailedPreconditionError(part + ": expected a regular file");
  }
  file.size_ = static_cast<std::uint64_t>(info.st_size);
  return file;
}

bool PartFile::append(const char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t written = ::write(descriptor_, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      error_ = system_error(part_, "write at byte " + std::to_string(size_));
      return false;
    }
    bytes += written;
    count -= static_cast<std::size_t>(written);
    size_ += static_cast<std::uint64_t>(written);
  }
  return true;
}

absl::Status PartFile::clear() {
  if (::ftruncate(descriptor_, 0) != 0) return system_error(part_, "truncate");
  size_ = 0;
  return absl::OkStatus();
}

absl::Status PartFile::publish() {
  if (::fsync(descriptor_) != 0) return system_error(part_, "sync");
  if (::rename(part_.c_str(), path_.c_str()) != 0) return system_error(part_, "rename");
  return sync_folder_of(path_);
}

void PartFile::remove() { ::unlink(part_.c_str()); }

}  // namespace tenon::data

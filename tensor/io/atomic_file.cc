#include "tensor/io/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace tenon {
namespace {

// Linux writes at most about 2 GiB in one call; smaller pieces also tell more exactly where a disk
// was full.
constexpr std::size_t kMaxWrite = std::size_t{1} << 26;

absl::Status system_error(const std::string& what) { return absl::ErrnoToStatus(errno, what); }

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// No two writers may share a temporary name: neither threads of this process nor other processes.
std::string temporary_name(const std::string& path) {
  static std::atomic<unsigned> counter{0};
  return path + ".tmp." + std::to_string(getpid()) + "." + std::to_string(counter++);
}

absl::Status check_replaceable(const std::string& path) {
  struct stat info;
  if (path.empty() || path.back() == '/') {
    return absl::InvalidArgumentError("cannot write '" + path + "': expected the name of a file");
  }
  if (stat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode)) return absl::OkStatus();
  return absl::FailedPreconditionError("cannot write " + path + ": it is not a regular file");
}

absl::Status sync_folder(const std::string& folder) {
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return system_error("cannot open folder " + folder);
  const bool synced = fsync(descriptor) == 0 || errno == EINVAL;  // EINVAL: it cannot be synced
  absl::Status status = synced ? absl::OkStatus() : system_error("cannot sync folder " + folder);
  close(descriptor);
  return status;
}

}  // namespace

AtomicFile::AtomicFile(std::string path, std::string temporary, int descriptor)
    : path_(std::move(path)), temporary_(std::move(temporary)), descriptor_(descriptor) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      offset_(other.offset_) {}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(temporary_, other.temporary_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(offset_, other.offset_);
  return *this;
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::discard() noexcept {
  if (descriptor_ < 0) return;
  close(std::exchange(descriptor_, -1));
  unlink(temporary_.c_str());
}

absl::StatusOr<AtomicFile> AtomicFile::create(const std::string& path) {
  if (absl::Status status = check_replaceable(path); !status.ok()) return status;
  std::string temporary = temporary_name(path);
  const int descriptor = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) return system_error("cannot create " + temporary);
  return AtomicFile(path, std::move(temporary), descriptor);
}

absl::Status AtomicFile::write(const void* data, std::size_t bytes) {
  if (descriptor_ < 0) {
    return absl::FailedPreconditionError("cannot write " + path_ + ": it is closed");
  }
  const char* next = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::write(descriptor_, next, std::min(bytes, kMaxWrite));
    if (written < 0) {
      if (errno == EINTR) continue;
      absl::Status status =
          system_error("cannot write byte " + std::to_string(offset_) + " of " + path_);
      discard();
      return status;
    }
    next += written;
    bytes -= static_cast<std::size_t>(written);
    offset_ += static_cast<std::size_t>(written);
  }
  return absl::OkStatus();
}

absl::Status AtomicFile::commit() {
  if (descriptor_ < 0) {
    return absl::FailedPreconditionError("cannot commit " + path_ + ": it is closed");
  }
  absl::Status status = publish();
  if (!status.ok()) {
    discard();
    return status;
  }
  return sync_folder(folder_of(path_));
}

// Leaves descriptor_ open where it fails, so that the temporary file is discarded.
absl::Status AtomicFile::publish() {
  if (fsync(descriptor_) != 0) return system_error("cannot sync " + temporary_);
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    return system_error("cannot rename " + temporary_ + " to " + path_);
  }
  close(std::exchange(descriptor_, -1));
  return absl::OkStatus();
}

absl::Status write_file(const std::string& path, std::string_view contents) {
  absl::StatusOr<AtomicFile> file = AtomicFile::create(path);
  if (!file.ok()) return file.status();
  if (absl::Status status = file->write(contents); !status.ok()) return status;
  return file->commit();
}

}  // namespace tenon

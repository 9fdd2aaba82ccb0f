// Files that appear whole or not at all.
//
//   absl::StatusOr<AtomicFile> file = AtomicFile::create("model.bin");
//   if (!file.ok()) return file.status();
//   if (absl::Status status = file->write(header); !status.ok()) return status;
//   return file->commit();      // until here, an earlier model.bin is untouched
//
// The bytes go to a temporary name in the same folder, are forced to the disk, and take the final
// name in one step. Whatever goes wrong before that - a full disk, a crash, an early return -
// leaves an earlier file of that name as it was; the temporary one is removed unless the process is
// killed.
#ifndef TENON_TENSOR_IO_ATOMIC_FILE_H_
#define TENON_TENSOR_IO_ATOMIC_FILE_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tenon {

/// A file being written. Errors are those of the operating system; they name the call that failed,
/// the path and, for a write, the offset.
class AtomicFile {
 public:
  /// Opens the temporary file. A `path` that is there already and is no regular file (a folder, a
  /// device) is FailedPrecondition; a symbolic link is replaced, not followed, on commit.
  static absl::StatusOr<AtomicFile> create(const std::string& path);

  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&& other) noexcept;
  /// Without commit(), removes the temporary file.
  ~AtomicFile();

  /// Appends bytes, unbuffered: hand over large pieces.
  absl::Status write(const void* data, std::size_t bytes);
  absl::Status write(std::string_view text) { return write(text.data(), text.size()); }
  /// Syncs the file, gives it its name and syncs the folder. Call once, after the last write.
  absl::Status commit();

 private:
  AtomicFile(std::string path, std::string temporary, int descriptor);
  absl::Status publish();
  void discard() noexcept;

  std::string path_;
  std::string temporary_;
  int descriptor_ = -1;  // -1 when committed, failed or moved from
  std::size_t offset_ = 0;
};

/// Writes a whole file through AtomicFile.
absl::Status write_file(const std::string& path, std::string_view contents);

}  // namespace tenon

#endif  // TENON_TENSOR_IO_ATOMIC_FILE_H_

// The file that a download grows in, until it is whole.
#ifndef TENON_DATA_DOWNLOAD_PART_FILE_H_
#define TENON_DATA_DOWNLOAD_PART_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tenon::data {

/// Held by one process at a time. Errors are the system's and name the file.
class PartFile {
 public:
  /// Opens or makes `path`.part. FailedPrecondition while another process has it.
  static absl::StatusOr<PartFile> open(const std::string& path);
  PartFile(PartFile&& other) noexcept;
  PartFile& operator=(PartFile&&) = delete;
  ~PartFile();

  const std::string& path() const { return part_; }
  std::uint64_t size() const { return size_; }
  /// Appends; false where the system refuses, for which error() has the reason.
  bool append(const char* bytes, std::size_t count);
  const absl::Status& error() const { return error_; }
  /// Drops all bytes.
  absl::Status clear();
  /// Syncs the file and gives it its name.
  absl::Status publish();
  /// Removes the file.
  void remove();

 private:
  PartFile(std::string path, int descriptor, std::uint64_t size);

  std::string path_;
  std::string part_;
  int descriptor_;
  std::uint64_t size_;
  absl::Status error_;
};

}  // namespace tenon::data

#endif  // TENON_DATA_DOWNLOAD_PART_FILE_H_

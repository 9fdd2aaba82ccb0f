// Files that may be gzipped, as if they were not.
//
//   absl::StatusOr<std::string> text = read_maybe_gzipped("digits.csv.gz", /*max_bytes=*/1 << 20);
//
// Whether a file is gzipped is told by its first two bytes, 1f 8b (RFC 1952, §2.3.1), not by its
// name.
#ifndef TENON_DATA_GZIP_H_
#define TENON_DATA_GZIP_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tensor/io/mapped_file.h"

namespace tenon::data {

/// Hands out a file's bytes in order, unpacked where it is gzipped (in one member or several).
/// Takes no memory for the contents.
class GzipReader {
 public:
  /// Errors of the system: no such file, not a regular file …
  static absl::StatusOr<GzipReader> open(const std::string& path);
  GzipReader(GzipReader&&) noexcept;
  GzipReader& operator=(GzipReader&&) noexcept;
  ~GzipReader();

  const std::string& path() const { return file_->path(); }
  bool is_gzipped() const { return inflater_ != nullptr; }
  /// Bytes handed out so far.
  std::uint64_t offset() const { return offset_; }
  /// No more bytes than this can come out of the file: its size, or 1032 times that where it is
  /// gzipped, deflate's best ratio (https://zlib.net/zlib_tech.html). To be checked before memory
  /// is set aside for what a header claims.
  std::uint64_t max_bytes() const;

  /// Fills `out` with the next `bytes` bytes, or fewer at the end of the file, and returns how
  /// many. DataLoss that names the file and the byte where gzipped data is damaged or ends early.
  absl::StatusOr<std::size_t> read(void* out, std::size_t bytes);

 private:
  struct Inflater;
  explicit GzipReader(internal::IntrusivePtr<MappedFile> file);
  std::size_t copy(void* out, std::size_t bytes);
  absl::StatusOr<std::size_t> inflate(void* out, std::size_t bytes);
  absl::Status damaged(const std::string& what) const;

  internal::IntrusivePtr<MappedFile> file_;
  std::unique_ptr<Inflater> inflater_;  // null for a plain file
  std::uint64_t offset_ = 0;
};

/// All bytes of a file, unpacked. ResourceExhausted where there are more than `max_bytes`, however
/// small the file is.
absl::StatusOr<std::string> read_maybe_gzipped(const std::string& path, std::size_t max_bytes);

}  // namespace tenon::data

#endif  // TENON_DATA_GZIP_H_

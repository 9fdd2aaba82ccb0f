// Files out of tar and zip archives, one after the other, nothing written to the disk.
//
//   absl::StatusOr<ArchiveReader> archive = ArchiveReader::open("cifar-10-binary.tar.gz");
//   if (!archive.ok()) return archive.status();
//   while (true) {
//     absl::StatusOr<bool> more = archive->next();
//     if (!more.ok()) return more.status();
//     if (!*more) break;
//     absl::StatusOr<std::string> bytes = archive->read();     // of archive->name()
//   }
//
// Tar (ustar, pax, GNU), plain or packed by gzip, bzip2, xz or zstd, and zip; which it is, is told
// by the bytes, not by the file's name. An archive may come from anywhere: one that holds an
// absolute path, a path with "..", a link or a device is refused, and what it unpacks to is
// limited.
#ifndef TENON_DATA_ARCHIVE_H_
#define TENON_DATA_ARCHIVE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tenon::data {

struct ArchiveLimits {
  std::uint64_t max_bytes = std::uint64_t{16} << 30;  ///< of all files together, unpacked
  std::int64_t max_files = 10'000'000;                ///< folders count too
};

/// Errors name the archive and how far it was read: those of the system; InvalidArgument for an
/// empty file, another format, and what is refused (above); DataLoss for damaged or missing bytes;
/// ResourceExhausted beyond the limits. After an error the reader is at its end. A tar file that
/// was cut off between two of its files reads like a shorter one: the format cannot tell.
class ArchiveReader {
 public:
  static absl::StatusOr<ArchiveReader> open(const std::string& path,
                                            const ArchiveLimits& limits = {});
  ArchiveReader(ArchiveReader&&) noexcept;
  ArchiveReader& operator=(ArchiveReader&&) noexcept;
  ~ArchiveReader();

  /// Goes to the next regular file, over folders and what was not read; false after the last.
  absl::StatusOr<bool> next();
  /// The current file's name in the archive, such as "cifar-10-batches-bin/test_batch.bin".
  const std::string& name() const;
  /// All bytes of the current file, once. No memory is taken for a size that is only claimed.
  absl::StatusOr<std::string> read();

 private:
  struct Impl;
  explicit ArchiveReader(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

/// Whether the file begins like one of these archives: not a check that it is a good one. False
/// where it cannot be read.
bool is_archive(const std::string& path);

}  // namespace tenon::data

#endif  // TENON_DATA_ARCHIVE_H_

// The entries of a zip file, found through its central directory. Read only.
#ifndef TENON_TENSOR_IO_ZIP_ARCHIVE_H_
#define TENON_TENSOR_IO_ZIP_ARCHIVE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tenon::internal {

/// What the central directory says of a file in the archive.
struct ZipEntry {
  std::string_view name{};
  std::uint64_t header_offset = 0;  ///< of the local header
  std::uint64_t packed = 0;
  std::uint64_t unpacked = 0;
  std::uint32_t crc = 0;
  bool deflated = false;  ///< else stored as it is
};

/// All entries of the archive in `file`, which must outlive them. Zip64 is understood; encrypted
/// entries and methods beside "stored" and "deflated" are Unimplemented; InvalidArgument for a
/// directory that does not lie in the file. (PKWARE, "APPNOTE.TXT", §4.3)
absl::StatusOr<std::vector<ZipEntry>> read_zip_directory(std::string_view file);

/// Where a stored entry's bytes begin, or a deflated one's packed bytes, checked to lie in the
/// file.
absl::StatusOr<std::size_t> zip_data_offset(std::string_view file, const ZipEntry& entry);

/// An entry's bytes, unpacked where deflated, their checksum compared: a view into the file, or
/// into `buffer`.
absl::StatusOr<std::string_view> read_zip_entry(std::string_view file, const ZipEntry& entry,
                                                std::string& buffer);

}  // namespace tenon::internal

#endif  // TENON_TENSOR_IO_ZIP_ARCHIVE_H_

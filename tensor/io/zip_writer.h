// Writes zip files, of any size, that appear whole or not at all.
#ifndef TENON_TENSOR_IO_ZIP_WRITER_H_
#define TENON_TENSOR_IO_ZIP_WRITER_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tensor/io/atomic_file.h"

namespace tenon::internal {

class ZipWriter {
 public:
  /// Sizes and offsets from `zip64_from` on take zip64's fields. Tests lower it.
  static absl::StatusOr<ZipWriter> create(const std::string& path,
                                          std::uint64_t zip64_from = 0xffffffff);

  /// Adds a file of these pieces; its bytes begin at a multiple of 64. Names are UTF-8, of at most
  /// 65,535 bytes, and differ.
  absl::Status add_stored(std::string_view name, std::span<const std::string_view> pieces);
  /// The same, deflated. Holds the deflated bytes in memory.
  absl::Status add_deflated(std::string_view name, std::span<const std::string_view> pieces);
  /// Writes the directory and gives the file its name. Call once, last.
  absl::Status finish();

 private:
  struct Entry {
    std::string name;
    std::uint16_t method = 0;
    std::uint32_t crc = 0;
    std::uint64_t packed = 0;
    std::uint64_t unpacked = 0;
    std::uint64_t offset = 0;
  };

  ZipWriter(AtomicFile file, std::uint64_t zip64_from)
      : file_(std::move(file)), zip64_from_(zip64_from) {}

  bool is_large(std::uint64_t number) const { return number >= zip64_from_; }
  absl::Status write(std::string_view bytes);
  absl::Status add(Entry entry, std::span<const std::string_view> packed);
  std::string local_header(const Entry& entry) const;
  std::string directory_entry(const Entry& entry) const;
  std::string end_records(std::uint64_t directory_offset, std::uint64_t directory_bytes) const;

  AtomicFile file_;
  std::uint64_t zip64_from_;
  std::uint64_t offset_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace tenon::internal

#endif  // TENON_TENSOR_IO_ZIP_WRITER_H_

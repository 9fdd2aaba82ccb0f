#include "tensor/io/zip_archive.h"

#include <zlib.h>

#include <algorithm>
#include <optional>

#include "tensor/io/byte_order.h"

namespace tenon::internal {
namespace {

constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kEntryBytes = 46;
constexpr std::size_t kLocalBytes = 30;
constexpr std::size_t kMaxComment = 65535;
constexpr std::uint64_t kBestRatio = 1032;    // deflate's, https://zlib.net/zlib_tech.html
constexpr std::uint32_t kSmall = 0xffffffff;  // "look into the zip64 field"
constexpr std::string_view kEndMagic = "PK\5\6";
constexpr std::string_view kEnd64Magic = "PK\6\6";
constexpr std::string_view kLocatorMagic = "PK\6\7";
constexpr std::string_view kEntryMagic = "PK\1\2";
constexpr std::string_view kLocalMagic = "PK\3\4";

template <class T>
T number_at(std::string_view bytes, std::size_t at) {
  return load_little_endian<T>(bytes.data() + at);
}

absl::Status damaged(const std::string& expected, std::size_t at) {
  return absl::InvalidArgumentError("expected " + expected + " at byte " + std::to_string(at));
}

struct Directory {
  std::uint64_t offset;
  std::uint64_t bytes;
  std::uint64_t count;
};

/// The end record: the last one whose comment reaches exactly to the end of the file.
std::optional<std::size_t> find_end(std::string_view file) {
  if (file.size() < kEndBytes) return std::nullopt;
  const std::size_t last = file.size() - kEndBytes;
  const std::size_t first = last > kMaxComment ? last - kMaxComment : 0;
  for (std::size_t at = last + 1; at-- > first;) {
    if (file.substr(at, 4) == kEndMagic &&
        number_at<std::uint16_t>(file, at + 20) == file.size() - at - kEndBytes) {
      return at;
    }
  }
  return std::nullopt;
}

absl::StatusOr<Directory> find_directory(std::string_view file) {
  const auto end = find_end(file);
  if (!end) {
    return absl::DataLossError("expected the end of a zip archive's directory in the last bytes " +
                               std::string("before byte ") + std::to_string(file.size()));
  }
  Directory directory{.offset = number_at<std::uint32_t>(file, *end + 16),
                      .bytes = number_at<std::uint32_t>(file, *end + 12),
                      .count = number_at<std::uint16_t>(file, *end + 10)};
  if (*end >= 20 && file.substr(*end - 20, 4) == kLocatorMagic) {
    const auto at = number_at<std::uint64_t>(file, *end - 12);
    if (at > file.size() || file.size() - at < 56 || file.substr(at, 4) != kEnd64Magic) {
      return damaged("a zip64 end record", at);
    }
    directory = {.offset = number_at<std::uint64_t>(file, at + 48),
                 .bytes = number_at<std::uint64_t>(file, at + 40),
                 .count = number_at<std::uint64_t>(file, at + 32)};
  }
  if (directory.offset > file.size() || file.size() - directory.offset < directory.bytes) {
    return damaged("a zip directory of " + std::to_string(directory.bytes) + " bytes within " +
                       std::to_string(file.size()),
                   directory.offset);
  }
  return directory;
}

/// Replaces the sizes that did not fit by those of the zip64 extra field.
absl::Status read_zip64(std::string_view extra, ZipEntry& entry, std::size_t at) {
  while (extra.size() >= 4) {
    const std::size_t bytes = number_at<std::uint16_t>(extra, 2);
    if (extra.size() - 4 < bytes) return damaged("a whole extra field", at);
    if (number_at<std::uint16_t>(extra, 0) != 1) {
      extra.remove_prefix(4 + bytes);
      continue;
    }
    std::string_view field = extra.substr(4, bytes);
    for (std::uint64_t* value : {&entry.unpacked, &entry.packed, &entry.header_offset}) {
      if (*value != kSmall) continue;
      if (field.size() < 8) return damaged("a zip64 field with all sizes", at);
      *value = number_at<std::uint64_t>(field, 0);
      field.remove_prefix(8);
    }
    break;
  }
  return absl::OkStatus();
}

/// Reads the entry at `at` and moves `at` behind it.
absl::StatusOr<ZipEntry> read_entry(std::string_view file, std::size_t end, std::size_t& at) {
  if (end - at < kEntryBytes || file.substr(at, 4) != kEntryMagic) {
    return damaged("an entry of the zip directory", at);
  }
  const std::size_t name_bytes = number_at<std::uint16_t>(file, at + 28);
  const std::size_t extra_bytes = number_at<std::uint16_t>(file, at + 30);
  const std::size_t comment_bytes = number_at<std::uint16_t>(file, at + 32);
  const std::size_t total = kEntryBytes + name_bytes + extra_bytes + comment_bytes;
  if (end - at < total) return damaged("a whole entry of the zip directory", at);
  ZipEntry entry{.name = file.substr(at + kEntryBytes, name_bytes),
                 .header_offset = number_at<std::uint32_t>(file, at + 42),
                 .packed = number_at<std::uint32_t>(file, at + 20),
                 .unpacked = number_at<std::uint32_t>(file, at + 24),
                 .crc = number_at<std::uint32_t>(file, at + 16)};
  const auto method = number_at<std::uint16_t>(file, at + 10);
  const bool encrypted = (number_at<std::uint16_t>(file, at + 8) & 1) != 0;
  if (encrypted || (method != 0 && method != 8)) {
    return absl::UnimplementedError(
        "expected an entry that is stored or deflated at byte " + std::to_string(at) + ", got " +
        (encrypted ? std::string("an encrypted one") : "method " + std::to_string(method)));
  }
  entry.deflated = method == 8;
  const auto status =
      read_zip64(file.substr(at + kEntryBytes + name_bytes, extra_bytes), entry, at);
  if (!status.ok()) return status;
  if (entry.deflated ? entry.unpacked / kBestRatio > entry.packed
                     : entry.unpacked != entry.packed) {
    return damaged("sizes that agree", at);
  }
  at += total;
  return entry;
}

absl::Status inflate_into(std::string_view packed, std::string& out, std::size_t at) {
  z_stream stream{};
  if (inflateInit2(&stream, -15) != Z_OK) return absl::ResourceExhaustedError("zlib: no memory");
  // zlib counts in 32 bits.
  constexpr std::size_t kPiece = std::size_t{1} << 30;
  std::size_t taken = 0;
  std::size_t made = 0;
  int result = Z_OK;
  while (result == Z_OK) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data() + taken));
    stream.avail_in = static_cast<uInt>(std::min(packed.size() - taken, kPiece));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + made);
    stream.avail_out = static_cast<uInt>(std::min(out.size() - made, kPiece));
    const uInt in = stream.avail_in;
    const uInt room = stream.avail_out;
    result = inflate(&stream, Z_NO_FLUSH);
    taken += in - stream.avail_in;
    made += room - stream.avail_out;
    if (in == stream.avail_in && room == stream.avail_out && result == Z_OK) break;
  }
  inflateEnd(&stream);
  if (result == Z_STREAM_END && made == out.size()) return absl::OkStatus();
  return absl::DataLossError("expected deflated data of " + std::to_string(out.size()) +
                             " bytes at byte " + std::to_string(at) + ", got damage at byte " +
                             std::to_string(at + taken));
}

}  // namespace

absl::StatusOr<std::vector<ZipEntry>> read_zip_directory(std::string_view file) {
  const auto directory = find_directory(file);
  if (!directory.ok()) return directory.status();
  std::vector<ZipEntry> entries;
  std::size_t at = directory->offset;
  const std::size_t end = directory->offset + directory->bytes;
  for (std::uint64_t i = 0; i < directory->count; ++i) {
    auto entry = read_entry(file, end, at);
    if (!entry.ok()) return entry.status();
    entries.push_back(*entry);
  }
  return entries;
}

absl::StatusOr<std::size_t> zip_data_offset(std::string_view file, const ZipEntry& entry) {
  const std::uint64_t at = entry.header_offset;
  if (at > file.size() || file.size() - at < kLocalBytes || file.substr(at, 4) != kLocalMagic) {
    return damaged("the header of '" + std::string(entry.name) + "'", at);
  }
  const std::size_t start = at + kLocalBytes + number_at<std::uint16_t>(file, at + 26) +
                            number_at<std::uint16_t>(file, at + 28);
  if (start > file.size() || file.size() - start < entry.packed) {
    return damaged(std::to_string(entry.packed) + " bytes of '" + std::string(entry.name) +
                       "' within " + std::to_string(file.size()),
                   start);
  }
  return start;
}

absl::StatusOr<std::string_view> read_zip_entry(std::string_view file, const ZipEntry& entry,
                                                std::string& buffer) {
  const auto start = zip_data_offset(file, entry);
  if (!start.ok()) return start.status();
  std::string_view bytes = file.substr(*start, entry.packed);
  if (entry.deflated) {
    buffer.resize(entry.unpacked);
    if (auto status = inflate_into(bytes, buffer, *start); !status.ok()) return status;
    bytes = buffer;
  }
  const auto crc =
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<z_size_t>(bytes.size()));
  if (crc != entry.crc) {
    return absl::DataLossError("expected the checksum that the directory names for '" +
                               std::string(entry.name) + "' at byte " + std::to_string(*start) +
                               ", got another");
  }
  return bytes;
}

}  // namespace tenon::internal

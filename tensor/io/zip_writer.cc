#include "tensor/io/zip_writer.h"

#include <zlib.h>

#include <algorithm>

namespace tenon::internal {
namespace {

constexpr std::uint16_t kStored = 0;
constexpr std::uint16_t kDeflated = 8;
constexpr std::uint16_t kPlainVersion = 20;  // of the format that a reader must know
constexpr std::uint16_t kZip64Version = 45;
constexpr std::uint16_t kMadeByUnix = 3 << 8;
constexpr std::uint16_t kUtf8Names = 0x0800;
constexpr std::uint16_t kDate = (1 << 5) | 1;  // 1980-01-01: the same bytes whenever it is written
constexpr std::uint32_t kSmall = 0xffffffff;   // "look into the zip64 field"
constexpr std::uint16_t kZip64Field = 1;
constexpr std::uint16_t kPaddingField = 0xd935;  // zipalign's
constexpr std::uint32_t kPermissions = 0100644u << 16;
constexpr std::size_t kLocalBytes = 30;
constexpr std::size_t kAlignment = 64;

/// Little-endian numbers one after the other.
class Bytes {
 public:
  Bytes& u16(std::uint64_t number) { return put(number, 2); }
  Bytes& u32(std::uint64_t number) { return put(number, 4); }
  Bytes& u64(std::uint64_t number) { return put(number, 8); }
  Bytes& text(std::string_view text) {
    bytes_ += text;
    return *this;
  }
  const std::string& str() const { return bytes_; }

 private:
  Bytes& put(std::uint64_t number, int count) {
    for (int i = 0; i < count; ++i) bytes_ += static_cast<char>(number >> 8 * i & 0xff);
    return *this;
  }

  std::string bytes_;
};

struct Sum {
  std::uint32_t crc = 0;
  std::uint64_t bytes = 0;
};

Sum sum_of(std::span<const std::string_view> pieces) {
  Sum sum;
  for (const std::string_view piece : pieces) {
    sum.crc = static_cast<std::uint32_t>(
        crc32_z(sum.crc, reinterpret_cast<const Bytef*>(piece.data()), piece.size()));
    sum.bytes += piece.size();
  }
  return sum;
}

/// Deflates one piece behind what is in `out`; the last one ends the stream.
absl::Status deflate_piece(z_stream& stream, std::string_view piece, bool last, std::string& out) {
  constexpr std::size_t kStep = std::size_t{1} << 20;
  std::size_t taken = 0;
  int result = Z_OK;
  do {
    const std::size_t step = std::min(piece.size() - taken, kStep);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data() + taken));
    stream.avail_in = static_cast<uInt>(step);
    taken += step;
    const int flush = last && taken == piece.size() ? Z_FINISH : Z_NO_FLUSH;
    do {
      const std::size_t made = out.size();
      out.resize(made + kStep);
      stream.next_out = reinterpret_cast<Bytef*>(out.data() + made);
      stream.avail_out = static_cast<uInt>(kStep);
      result = deflate(&stream, flush);
      out.resize(made + kStep - stream.avail_out);
    } while (stream.avail_out == 0);
  } while (taken < piece.size());
  if (result == (last ? Z_STREAM_END : Z_OK) || result == Z_BUF_ERROR) return absl::OkStatus();
  return absl::InternalError("zlib: deflate failed with " + std::to_string(result));
}

absl::StatusOr<std::string> deflated(std::span<const std::string_view> pieces) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return absl::ResourceExhaustedError("zlib: no memory");
  }
  std::string out;
  absl::Status status;
  for (std::size_t i = 0; status.ok() && i < pieces.size(); ++i) {
    status = deflate_piece(stream, pieces[i], i + 1 == pieces.size(), out);
  }
  deflateEnd(&stream);
  if (!status.ok()) return status;
  return out;
}

}  // namespace

absl::StatusOr<ZipWriter> ZipWriter::create(const std::string& path, std::uint64_t zip64_from) {
  auto file = AtomicFile::create(path);
  if (!file.ok()) return file.status();
  return ZipWriter(*std::move(file), zip64_from);
}

absl::Status ZipWriter::write(std::string_view bytes) {
  offset_ += bytes.size();
  return file_.write(bytes);
}

absl::Status ZipWriter::add_stored(std::string_view name,
                                   std::span<const std::string_view> pieces) {
  const Sum sum = sum_of(pieces);
  return add({.name = std::string(name),
              .method = kStored,
              .crc = sum.crc,
              .packed = sum.bytes,
              .unpacked = sum.bytes},
             pieces);
}

absl::Status ZipWriter::add_deflated(std::string_view name,
                                     std::span<const std::string_view> pieces) {
  const auto packed = deflated(pieces);
  if (!packed.ok()) return packed.status();
  const Sum sum = sum_of(pieces);
  const std::string_view whole = *packed;
  return add({.name = std::string(name),
              .method = kDeflated,
              .crc = sum.crc,
              .packed = packed->size(),
              .unpacked = sum.bytes},
             {&whole, 1});
}

absl::Status ZipWriter::add(Entry entry, std::span<const std::string_view> packed) {
  entry.offset = offset_;
  if (auto status = write(local_header(entry)); !status.ok()) return status;
  for (const std::string_view piece : packed) {
    if (auto status = write(piece); !status.ok()) return status;
  }
  entries_.push_back(std::move(entry));
  return absl::OkStatus();
}

std::string ZipWriter::local_header(const Entry& entry) const {
  const bool large = is_large(entry.packed) || is_large(entry.unpacked);
  Bytes extra;
  if (large) extra.u16(kZip64Field).u16(16).u64(entry.unpacked).u64(entry.packed);
  const std::size_t unpadded =
      entry.offset + kLocalBytes + entry.name.size() + extra.str().size() + 4;
  const std::size_t padding = (kAlignment - unpadded % kAlignment) % kAlignment;
  extra.u16(kPaddingField).u16(padding).text(std::string(padding, '\0'));
  return Bytes()
      .text("PK\3\4")
      .u16(large ? kZip64Version : kPlainVersion)
      .u16(kUtf8Names)
      .u16(entry.method)
      .u16(0)
      .u16(kDate)
      .u32(entry.crc)
      .u32(large ? kSmall : entry.packed)
      .u32(large ? kSmall : entry.unpacked)
      .u16(entry.name.size())
      .u16(extra.str().size())
      .text(entry.name)
      .text(extra.str())
      .str();
}

std::string ZipWriter::directory_entry(const Entry& entry) const {
  Bytes numbers;
  for (const std::uint64_t number : {entry.unpacked, entry.packed, entry.offset}) {
    if (is_large(number)) numbers.u64(number);
  }
  const bool large = !numbers.str().empty();
  Bytes extra;
  if (large) extra.u16(kZip64Field).u16(numbers.str().size()).text(numbers.str());
  const std::uint16_t version = large ? kZip64Version : kPlainVersion;
  return Bytes()
      .text("PK\1\2")
      .u16(kMadeByUnix | version)
      .u16(version)
      .u16(kUtf8Names)
      .u16(entry.method)
      .u16(0)
      .u16(kDate)
      .u32(entry.crc)
      .u32(is_large(entry.packed) ? kSmall : entry.packed)
      .u32(is_large(entry.unpacked) ? kSmall : entry.unpacked)
      .u16(entry.name.size())
      .u16(extra.str().size())
      .u16(0)  // length of the comment
      .u16(0)  // number of the disk
      .u16(0)  // internal attributes
      .u32(kPermissions)
      .u32(is_large(entry.offset) ? kSmall : entry.offset)
      .text(entry.name)
      .text(extra.str())
      .str();
}

std::string ZipWriter::end_records(std::uint64_t directory_offset,
                                   std::uint64_t directory_bytes) const {
  const std::uint64_t count = entries_.size();
  const bool many = count >= 0xffff;
  const bool large = many || is_large(directory_offset) || is_large(directory_bytes);
  Bytes end;
  if (large) {
    end.text("PK\6\6").u64(44).u16(kMadeByUnix | kZip64Version).u16(kZip64Version).u32(0).u32(0);
    end.u64(count).u64(count).u64(directory_bytes).u64(directory_offset);
    end.text(std::string_view("PK\6\7", 4)).u32(0).u64(directory_offset + directory_bytes).u32(1);
  }
  end.text("PK\5\6").u16(0).u16(0).u16(many ? 0xffff : count).u16(many ? 0xffff : count);
  end.u32(large ? kSmall : directory_bytes).u32(large ? kSmall : directory_offset).u16(0);
  return end.str();
}

absl::Status ZipWriter::finish() {
  const std::uint64_t start = offset_;
  for (const Entry& entry : entries_) {
    if (auto status = write(directory_entry(entry)); !status.ok()) return status;
  }
  if (auto status = write(end_records(start, offset_ - start)); !status.ok()) return status;
  return file_.commit();
}

}  // namespace tenon::internal

#include "data/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace tenon::data {
namespace {

constexpr std::string_view kMagic = "\x1f\x8b";
constexpr std::uint64_t kBestRatio = 1032;
constexpr int kGzipWindow = 15 + 16;  // inflateInit2: the largest window, in a gzip wrapper

// zlib counts in 32 bits.
uInt at_most_uint(std::size_t bytes) {
  return static_cast<uInt>(std::min<std::size_t>(bytes, std::size_t{1} << 30));
}

}  // namespace

// On the heap, because zlib keeps the address of its stream.
struct GzipReader::Inflater {
  explicit Inflater(std::string_view packed) : input(packed) {
    if (inflateInit2(&stream, kGzipWindow) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Unpacks once into `out`; `taken` is where in the input it stopped.
  int step(void* out, std::size_t bytes) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data() + taken));
    stream.avail_in = at_most_uint(input.size() - taken);
    stream.next_out = static_cast<Bytef*>(out);
    stream.avail_out = at_most_uint(bytes);
    const uInt available = stream.avail_in;
    const int result = ::inflate(&stream, Z_NO_FLUSH);
    taken += available - stream.avail_in;
    return result;
  }

  z_stream stream{};
  std::string_view input;
  std::size_t taken = 0;
  bool ended = false;  // the last member's checksum was right
};

GzipReader::GzipReader(internal::IntrusivePtr<MappedFile> file) : file_(std::move(file)) {
  if (file_->bytes().substr(0, 2) == kMagic) {
    inflater_ = std::make_unique<Inflater>(file_->bytes());
  }
}

GzipReader::GzipReader(GzipReader&&) noexcept = default;
GzipReader& GzipReader::operator=(GzipReader&&) noexcept = default;
GzipReader::~GzipReader() = default;

absl::StatusOr<GzipReader> GzipReader::open(const std::string& path) {
  auto file = MappedFile::open(path);
  if (!file.ok()) return file.status();
  return GzipReader(*std::move(file));
}

std::uint64_t GzipReader::max_bytes() const {
  return is_gzipped() ? file_->size() * kBestRatio : file_->size();
}

absl::StatusOr<std::size_t> GzipReader::read(void* out, std::size_t bytes) {
  if (!is_gzipped()) return copy(out, bytes);
  return inflate(out, bytes);
}

std::size_t GzipReader::copy(void* out, std::size_t bytes) {
  const std::size_t count = std::min<std::size_t>(bytes, file_->size() - offset_);
  if (count > 0) std::memcpy(out, file_->data() + offset_, count);
  offset_ += count;
  return count;
}

absl::Status GzipReader::damaged(const std::string& what) const {
  return absl::DataLossError(path() + ": " + what + " at byte " + std::to_string(inflater_->taken) +
                             " (unpacked byte " + std::to_string(offset_) + ")");
}

absl::StatusOr<std::size_t> GzipReader::inflate(void* out, std::size_t bytes) {
  Inflater& inflater = *inflater_;
  auto* next = static_cast<Bytef*>(out);
  std::size_t count = 0;
  while (count < bytes && !inflater.ended) {
    const int result = inflater.step(next + count, bytes - count);
    const auto produced = static_cast<std::size_t>(inflater.stream.next_out - (next + count));
    count += produced;
    offset_ += produced;
    const bool at_end = inflater.taken == inflater.input.size();
    if (result == Z_STREAM_END) {
      inflater.ended = at_end;
      if (!at_end && inflater.input.substr(inflater.taken, 2) != kMagic) {
        return damaged("expected the end or another gzip member");
      }
      inflateReset(&inflater.stream);
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      const char* reason = inflater.stream.msg;
      return damaged(std::string("damaged gzip data (") + (reason ? reason : "no reason") + ")");
    } else if (at_end && produced == 0) {
      return damaged("gzip data ends early");
    }
  }
  return count;
}

absl::StatusOr<std::string> read_maybe_gzipped(const std::string& path, std::size_t max_bytes) {
  absl::StatusOr<GzipReader> reader = GzipReader::open(path);
  if (!reader.ok()) return reader.status();
  constexpr std::size_t kPiece = 1 << 16;
  std::string text;
  while (true) {
    const std::size_t before = text.size();
    text.resize(before + kPiece);
    const auto count = reader->read(text.data() + before, kPiece);
    if (!count.ok()) return count.status();
    text.resize(before + *count);
    if (text.size() > max_bytes) {
      return absl::ResourceExhaustedError(path + " unpacks to more than the limit of " +
                                          std::to_string(max_bytes) + " bytes");
    }
    if (*count < kPiece) return text;
  }
}

}  // namespace tenon::data

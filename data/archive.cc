#include "data/archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <fstream>
#include <new>
#include <string_view>
#include <utility>

#include "tensor/io/mapped_file.h"

namespace tenon::data {
namespace {

struct Close {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

// Absolute, with a drive letter, or with a part that leads upwards.
bool leads_outside(std::string_view name) {
  if (name.empty() || name[0] == '/' || name[0] == '\\') return true;
  if (name.size() > 1 && name[1] == ':') return true;
  while (true) {
    const std::size_t end = name.find_first_of("/\\");
    if (name.substr(0, end) == "..") return true;
    if (end == std::string_view::npos) return false;
    name.remove_prefix(end + 1);
  }
}

const char* kind_of(archive_entry* entry) {
  if (archive_entry_hardlink(entry)) return "a hard link";
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
    case AE_IFDIR:
      return nullptr;
    case AE_IFLNK:
      return "a symbolic link";
    default:
      return "a device, pipe or socket";
  }
}

// As the archive holds it: the current locale may not be able to say it.
std::string name_of(archive_entry* entry) {
  const char* name = archive_entry_pathname_utf8(entry);
  if (!name) name = archive_entry_pathname(entry);
  return name ? name : "";
}

}  // namespace

struct ArchiveReader::Impl {
  Impl(internal::IntrusivePtr<MappedFile> mapped, const ArchiveLimits& most)
      : file(std::move(mapped)), limits(most), reader(archive_read_new()) {
    if (!reader) throw std::bad_alloc();
  }

  absl::Status start();
  absl::StatusOr<bool> next();
  absl::Status check_entry(archive_entry* entry);
  absl::StatusOr<std::string> read();

  std::string at() const {
    return " at byte " + std::to_string(archive_filter_bytes(reader.get(), -1));
  }
  absl::Status fail(absl::Status status) {
    ended = true;
    return status;
  }
  absl::Status invalid(const std::string& what) {
    return fail(absl::InvalidArgumentError(file->path() + ": " + what + at()));
  }
  absl::Status damaged() {
    const char* reason = archive_error_string(reader.get());
    if (reason && std::string_view(reason) == "Unrecognized archive format") {
      return invalid("expected a tar or zip archive, got another format");
    }
    return fail(absl::DataLossError(file->path() + ": damaged archive" + at() +
                                    (name.empty() ? "" : " (" + name + ")") + ": " +
                                    (reason ? reason : "no reason")));
  }
  absl::Status too_much(const std::string& limit) {
    return fail(absl::ResourceExhaustedError(file->path() + ": expected no more than " + limit +
                                             ", got more" + at()));
  }

  internal::IntrusivePtr<MappedFile> file;  // outlives the reader
  ArchiveLimits limits;
  std::unique_ptr<archive, Close> reader;
  std::string name;
  std::uint64_t bytes = 0;  // read of all files
  std::int64_t files = 0;
  bool ended = false;
};

absl::Status ArchiveReader::Impl::start() {
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_bzip2(reader.get());
  archive_read_support_filter_xz(reader.get());
  archive_read_support_filter_zstd(reader.get());
  archive_read_support_format_tar(reader.get());
  // Through the directory at the end: the files before it could come from a download cut short.
  archive_read_support_format_zip_seekable(reader.get());
  if (file->size() == 0) return invalid("expected a tar or zip archive, got an empty file");
  if (archive_read_open_memory(reader.get(), file->data(), file->size()) < ARCHIVE_WARN) {
    return damaged();
  }
  return absl::OkStatus();
}

absl::Status ArchiveReader::Impl::check_entry(archive_entry* entry) {
  if (++files > limits.max_files) return too_much(std::to_string(limits.max_files) + " files");
  if (leads_outside(name)) return invalid("expected a path inside the archive, got '" + name + "'");
  if (const char* kind = kind_of(entry)) {
    return invalid("expected files and folders only, got " + std::string(kind) + " '" + name + "'");
  }
  const bool claims = archive_entry_size_is_set(entry) && archive_entry_size(entry) > 0;
  if (claims && static_cast<std::uint64_t>(archive_entry_size(entry)) > limits.max_bytes - bytes) {
    return too_much(std::to_string(limits.max_bytes) + " bytes unpacked");
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> ArchiveReader::Impl::next() {
  while (!ended) {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(reader.get(), &entry);
    if (result == ARCHIVE_EOF) break;
    if (result < ARCHIVE_WARN) return damaged();
    name = name_of(entry);
    if (absl::Status status = check_entry(entry); !status.ok()) return status;
    if (archive_entry_filetype(entry) == AE_IFREG) return true;
  }
  ended = true;
  name.clear();
  return false;
}

absl::StatusOr<std::string> ArchiveReader::Impl::read() {
  std::string contents;
  std::size_t size = 0;
  while (!ended) {
    // Doubles with what has really come, whatever the header says.
    if (size == contents.size()) contents.resize(std::max<std::size_t>(2 * size, 1 << 16));
    const la_ssize_t count =
        archive_read_data(reader.get(), contents.data() + size, contents.size() - size);
    if (count < 0) return damaged();
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
    bytes += static_cast<std::uint64_t>(count);
    if (bytes > limits.max_bytes) {
      return too_much(std::to_string(limits.max_bytes) + " bytes unpacked");
    }
  }
  contents.resize(size);
  return contents;
}

ArchiveReader::ArchiveReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ArchiveReader::ArchiveReader(ArchiveReader&&) noexcept = default;
ArchiveReader& ArchiveReader::operator=(ArchiveReader&&) noexcept = default;
ArchiveReader::~ArchiveReader() = default;

absl::StatusOr<ArchiveReader> ArchiveReader::open(const std::string& path,
                                                  const ArchiveLimits& limits) {
  auto file = MappedFile::open(path);
  if (!file.ok()) return file.status();
  auto impl = std::make_unique<Impl>(*std::move(file), limits);
  if (absl::Status status = impl->start(); !status.ok()) return status;
  return ArchiveReader(std::move(impl));
}

absl::StatusOr<bool> ArchiveReader::next() { return impl_->next(); }
const std::string& ArchiveReader::name() const { return impl_->name; }
absl::StatusOr<std::string> ArchiveReader::read() { return impl_->read(); }

bool is_archive(const std::string& path) {
  char head[512] = {};
  std::ifstream(path, std::ios::binary).read(head, sizeof(head));
  const std::string_view bytes(head, sizeof(head));
  constexpr std::size_t kUstar = 257;
  if (bytes.substr(kUstar, 5) == "ustar") return true;
  using namespace std::string_view_literals;
  for (const std::string_view magic :
       {"PK\3\4"sv, "PK\5\6"sv, "\x1f\x8b"sv, "BZh"sv, "\xfd\x37zXZ"sv, "\x28\xb5\x2f\xfd"sv}) {
    if (bytes.substr(0, magic.size()) == magic) return true;
  }
  return false;
}

}  // namespace tenon::data

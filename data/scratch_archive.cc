#include "data/scratch_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

namespace tenon::data {
namespace {

unsigned file_type(ScratchKind kind) {
  switch (kind) {
    case ScratchKind::kFile:
      break;
    case ScratchKind::kFolder:
      return AE_IFDIR;
    case ScratchKind::kLink:
      return AE_IFLNK;
    case ScratchKind::kDevice:
      return AE_IFCHR;
  }
  return AE_IFREG;
}

}  // namespace

std::string archived(const std::vector<ScratchEntry>& entries, ScratchFormat format) {
  std::string packed(std::size_t{1} << 16, '\0');
  for (const ScratchEntry& entry : entries) packed.append(entry.bytes.size() + 4096, '\0');
  std::size_t used = 0;
  archive* writer = archive_write_new();
  format == ScratchFormat::kZip ? archive_write_set_format_zip(writer)
                                : archive_write_set_format_ustar(writer);
  if (format == ScratchFormat::kTarGz) archive_write_add_filter_gzip(writer);
  if (format == ScratchFormat::kTarXz) archive_write_add_filter_xz(writer);
  archive_write_set_bytes_in_last_block(writer, 1);
  EXPECT_EQ(archive_write_open_memory(writer, packed.data(), packed.size(), &used), ARCHIVE_OK);
  for (const ScratchEntry& e : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, e.name.c_str());
    archive_entry_set_filetype(entry, file_type(e.kind));
    archive_entry_set_perm(entry, 0644);
    if (e.kind == ScratchKind::kLink) archive_entry_set_symlink(entry, e.bytes.c_str());
    const bool regular = e.kind == ScratchKind::kFile;
    archive_entry_set_size(entry, regular ? static_cast<la_int64_t>(e.bytes.size()) : 0);
    EXPECT_EQ(archive_write_header(writer, entry), ARCHIVE_OK) << archive_error_string(writer);
    if (regular) {
      EXPECT_EQ(archive_write_data(writer, e.bytes.data(), e.bytes.size()),
                static_cast<la_ssize_t>(e.bytes.size()));
    }
    archive_entry_free(entry);
  }
  EXPECT_EQ(archive_write_close(writer), ARCHIVE_OK) << archive_error_string(writer);
  archive_write_free(writer);
  packed.resize(used);
  return packed;
}

}  // namespace tenon::data

#include "data/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "data/scratch_archive.h"
#include "data/scratch_gzip.h"
#include "tensor/io/scratch_file.h"

namespace tenon::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

using Files = std::map<std::string, std::string>;
constexpr ScratchFormat kFormats[] = {ScratchFormat::kTar, ScratchFormat::kTarGz,
                                      ScratchFormat::kTarXz, ScratchFormat::kZip};

absl::StatusOr<Files> read_all(const std::string& path, const ArchiveLimits& limits = {}) {
  auto archive = ArchiveReader::open(path, limits);
  if (!archive.ok()) return archive.status();
  Files files;
  while (true) {
    const auto more = archive->next();
    if (!more.ok()) return more.status();
    if (!*more) return files;
    auto bytes = archive->read();
    if (!bytes.ok()) return bytes.status();
    files[archive->name()] = *std::move(bytes);
  }
}

std::vector<ScratchEntry> two_files() {
  return {{"set", "", ScratchKind::kFolder},
          {"set/a.txt", "alpha"},
          {"set/b.bin", std::string(3000, 'b')}};
}

TEST(ArchiveReader, ReadsEveryFormat) {
  const ScratchFolder folder;
  for (const ScratchFormat format : kFormats) {
    const std::string path = folder.put("x", archived(two_files(), format));
    EXPECT_TRUE(is_archive(path));
    const auto files = read_all(path);
    ASSERT_TRUE(files.ok()) << files.status();
    EXPECT_THAT(*files,
                ElementsAre(Pair("set/a.txt", "alpha"), Pair("set/b.bin", std::string(3000, 'b'))));
  }
}

TEST(ArchiveReader, GoesOverWhatIsNotRead) {
  const ScratchFolder folder;
  for (const ScratchFormat format : kFormats) {
    auto archive = ArchiveReader::open(folder.put("x", archived(two_files(), format)));
    ASSERT_TRUE(archive.ok()) << archive.status();
    ASSERT_TRUE(*archive->next());
    ASSERT_TRUE(*archive->next());
    EXPECT_EQ(archive->name(), "set/b.bin");
    EXPECT_EQ(archive->read()->size(), 3000u);
    EXPECT_FALSE(*archive->next());
    EXPECT_FALSE(*archive->next());
  }
}

TEST(ArchiveReader, RefusesWhatLeadsOutside) {
  const ScratchFolder folder;
  for (const ScratchFormat format : kFormats) {
    for (const char* name : {"../x", "a/../../x", "a/..", "/etc/x", "a\\..\\x", "C:/x"}) {
      const auto status = read_all(folder.put("x", archived({{name, "1"}}, format))).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << name;
      EXPECT_THAT(message(status), HasSubstr("expected a path inside the archive"));
      EXPECT_THAT(message(status), HasSubstr(folder.path("x")));
    }
    EXPECT_TRUE(read_all(folder.put("x", archived({{"a..b/..c", "1"}}, format))).ok());
  }
}

TEST(ArchiveReader, RefusesLinksAndDevices) {
  const ScratchFolder folder;
  for (const ScratchFormat format : kFormats) {
    const auto link = archived({{"a", "/etc/passwd", ScratchKind::kLink}}, format);
    EXPECT_THAT(message(read_all(folder.put("x", link)).status()),
                HasSubstr("expected files and folders only, got a symbolic link 'a'"));
  }
  const auto device = archived({{"a", "", ScratchKind::kDevice}}, ScratchFormat::kTar);
  EXPECT_THAT(message(read_all(folder.put("x", device)).status()), HasSubstr("got a device"));
}

TEST(ArchiveReader, StopsABomb) {
  const ScratchFolder folder;
  const std::vector<ScratchEntry> zeros{{"a", std::string(4 << 20, '\0')}};
  for (const ScratchFormat format : kFormats) {
    const std::string path = folder.put("x", archived(zeros, format));
    EXPECT_TRUE(read_all(path, {.max_bytes = 4 << 20}).ok());
    const auto status = read_all(path, {.max_bytes = (4 << 20) - 1}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(message(status), HasSubstr("expected no more than 4194303 bytes unpacked"));
    EXPECT_EQ(
        read_all(folder.put("y", archived(two_files(), format)), {.max_files = 1}).status().code(),
        absl::StatusCode::kResourceExhausted);
  }
}

// A header that claims 7 GB is within the default limit, and costs no memory: the file ends.
TEST(ArchiveReader, TakesNoMemoryForAClaim) {
  const ScratchFolder folder;
  std::string tar = archived({{"a", "1"}}, ScratchFormat::kTar);
  tar.replace(124, 12, std::string("70000000000\0", 12));
  int sum = 8 * ' ';
  for (int i = 0; i < 512; ++i) {
    if (i < 148 || i >= 156) sum += static_cast<unsigned char>(tar[static_cast<std::size_t>(i)]);
  }
  char digits[8];
  std::snprintf(digits, sizeof(digits), "%06o", static_cast<unsigned>(sum));
  tar.replace(148, 8, std::string(digits, 7) + " ");
  EXPECT_EQ(read_all(folder.put("x", tar)).status().code(), absl::StatusCode::kDataLoss);
}

// Where the format can tell; a tar file cut between two of its files is a shorter one.
TEST(ArchiveReader, EveryTruncationIsAnErrorOrAShorterArchive) {
  const ScratchFolder folder;
  const std::vector<ScratchEntry> entries{{"a", "alpha"}, {"b", "beta"}};
  for (const ScratchFormat format : kFormats) {
    const std::string whole = archived(entries, format);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto files = read_all(folder.put("x", whole.substr(0, size)));
      if (!files.ok()) {
        EXPECT_THAT(message(files.status()), HasSubstr(folder.path("x"))) << size;
        continue;
      }
      const bool has_a = files->empty() || files->at("a") == "alpha";
      const bool has_b = files->size() < 2 || files->at("b") == "beta";
      EXPECT_TRUE(has_a && has_b) << size;
      EXPECT_NE(format, ScratchFormat::kZip) << size;
    }
  }
}

TEST(ArchiveReader, NoChangedByteCrashes) {
  const ScratchFolder folder;
  for (const ScratchFormat format : {ScratchFormat::kTar, ScratchFormat::kZip}) {
    const std::string whole = archived({{"a", "alpha"}}, format);
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const int flip : {0x01, 0x80}) {
        std::string changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ flip);
        (void)read_all(folder.put("x", changed));
      }
    }
  }
}

TEST(ArchiveReader, NamesWhatIsNoArchive) {
  const ScratchFolder folder;
  EXPECT_EQ(read_all("no.tar").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(message(read_all(folder.put("x", "")).status()), HasSubstr("got an empty file"));
  const auto status = read_all(folder.put("x", "<html>not found</html>")).status();
  EXPECT_THAT(message(status),
              HasSubstr(folder.path("x") + ": expected a tar or zip archive, got another format"));
  EXPECT_FALSE(is_archive(folder.path("x")));
  EXPECT_FALSE(is_archive("no.tar"));
  EXPECT_FALSE(read_all(folder.put("x", gzipped("plain text"))).ok());
}

TEST(ArchiveReader, TakesAnArchiveWithoutFiles) {
  const ScratchFolder folder;
  const auto files = read_all(
      folder.put("x", archived({{"only", "", ScratchKind::kFolder}}, ScratchFormat::kTar)));
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_THAT(*files, IsEmpty());
}

}  // namespace
}  // namespace tenon::data

#include "data/gzip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "data/scratch_gzip.h"
#include "tensor/io/scratch_file.h"

namespace tenon::data {
namespace {

using ::testing::HasSubstr;

// Text that packs neither too well nor not at all.
std::string sample_text() {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += std::to_string(i * i) + "\n";
  return text;
}

TEST(ReadMaybeGzipped, ReadsBothKindsWhateverTheirNames) {
  const ScratchFolder folder;
  const std::string text = sample_text();
  EXPECT_EQ(*read_maybe_gzipped(folder.put("plain.gz", text), text.size()), text);
  EXPECT_EQ(*read_maybe_gzipped(folder.put("packed.txt", gzipped(text)), text.size()), text);
}

TEST(ReadMaybeGzipped, JoinsMembers) {
  const ScratchFolder folder;
  const std::string path = folder.put("x.gz", gzipped("one ") + gzipped("") + gzipped("two"));
  EXPECT_EQ(*read_maybe_gzipped(path, 100), "one two");
}

TEST(ReadMaybeGzipped, TakesEmptyContents) {
  const ScratchFolder folder;
  EXPECT_EQ(*read_maybe_gzipped(folder.put("x", ""), 0), "");
  EXPECT_EQ(*read_maybe_gzipped(folder.put("x.gz", gzipped("")), 0), "");
}

TEST(ReadMaybeGzipped, StopsABombAtTheLimit) {
  const ScratchFolder folder;
  const std::string path = folder.put("x.gz", gzipped(std::string(10'000'000, 'a')));
  const auto status = read_maybe_gzipped(path, 1000).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(message(status), HasSubstr(path + " unpacks to more than the limit of 1000 bytes"));
}

TEST(ReadMaybeGzipped, EveryTruncationIsAnError) {
  const ScratchFolder folder;
  const std::string whole = gzipped("A short text, to be cut at every byte. A short text.");
  for (std::size_t size = 2; size < whole.size(); ++size) {
    const std::string path = folder.put("x.gz", whole.substr(0, size));
    const auto status = read_maybe_gzipped(path, 1000).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << size;
    EXPECT_THAT(message(status),
                HasSubstr(path + ": gzip data ends early at byte " + std::to_string(size)));
  }
}

TEST(ReadMaybeGzipped, NoChangedByteCrashesOrPassesUnseen) {
  const ScratchFolder folder;
  const std::string text = "A short text, whose packed bytes are changed. A short text.";
  const std::string whole = gzipped(text);
  int errors = 0;
  for (std::size_t at = 10; at < whole.size(); ++at) {  // after the header
    for (const int flip : {0x01, 0x80, 0xff}) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ flip);
      const auto read = read_maybe_gzipped(folder.put("x.gz", changed), 1000);
      // The few bits between the packed data and the checksum mean nothing.
      EXPECT_EQ(read.value_or(text), text) << at;
      errors += !read.ok();
    }
  }
  EXPECT_GE(errors, 3 * static_cast<int>(whole.size() - 10) - 3);
}

TEST(ReadMaybeGzipped, NamesWhatFollowsTheData) {
  const ScratchFolder folder;
  const std::string packed = gzipped("text");
  const auto status = read_maybe_gzipped(folder.put("x.gz", packed + "junk"), 1000).status();
  EXPECT_THAT(message(status), HasSubstr("expected the end or another gzip member at byte " +
                                         std::to_string(packed.size())));
}

TEST(ReadMaybeGzipped, NamesAFileThatIsNotThere) {
  const auto status = read_maybe_gzipped("no.gz", 1000).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(message(status), HasSubstr("no.gz"));
}

TEST(GzipReader, HandsOutPieces) {
  const ScratchFolder folder;
  for (const std::string& bytes : {std::string("abcdefg"), gzipped("abcdefg")}) {
    auto reader = *GzipReader::open(folder.put("x", bytes));
    EXPECT_EQ(reader.is_gzipped(), bytes.size() != 7);
    EXPECT_GE(reader.max_bytes(), 7u);
    char piece[4] = "";
    EXPECT_EQ(*reader.read(piece, 3), 3u);
    EXPECT_STREQ(piece, "abc");
    EXPECT_EQ(*reader.read(piece, 3), 3u);
    EXPECT_EQ(reader.offset(), 6u);
    EXPECT_EQ(*reader.read(piece, 3), 1u);
    EXPECT_EQ(piece[0], 'g');
    EXPECT_EQ(*reader.read(piece, 3), 0u);
    EXPECT_EQ(reader.offset(), 7u);
  }
}

// The best that deflate can do stays below the ratio that max_bytes() assumes.
TEST(GzipReader, MaxBytesHoldsForTheBestCase) {
  const ScratchFolder folder;
  const std::size_t size = 50'000'000;
  const auto reader = *GzipReader::open(folder.put("x.gz", gzipped(std::string(size, '\0'))));
  EXPECT_GE(reader.max_bytes(), size);
  EXPECT_LE(reader.max_bytes(), size + size / 20);
}

}  // namespace
}  // namespace tenon::data

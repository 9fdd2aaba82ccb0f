#include "tensor/io/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tensor/io/scratch_file.h"

namespace tenon {
namespace {

using ::testing::HasSubstr;

TEST(AtomicFile, WritesAllPieces) {
  const ScratchFolder folder;
  auto file = AtomicFile::create(folder.path("x"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE(file->write("abc").ok());
  EXPECT_TRUE(file->write(std::string_view("\0de", 3)).ok());
  EXPECT_TRUE(file->commit().ok());
  EXPECT_EQ(slurp(folder.path("x")), std::string("abc\0de", 6));
  EXPECT_EQ(folder.number_of_files(), 1);
}

TEST(AtomicFile, IsNotThereBeforeCommit) {
  const ScratchFolder folder;
  folder.put("x", "earlier");
  auto file = AtomicFile::create(folder.path("x"));
  ASSERT_TRUE(file->write("later").ok());
  EXPECT_EQ(slurp(folder.path("x")), "earlier");
  EXPECT_TRUE(file->commit().ok());
  EXPECT_EQ(slurp(folder.path("x")), "later");
}

TEST(AtomicFile, LeavesNothingWithoutCommit) {
  const ScratchFolder folder;
  folder.put("x", "earlier");
  {
    auto file = AtomicFile::create(folder.path("x"));
    ASSERT_TRUE(file->write("later").ok());
  }
  EXPECT_EQ(slurp(folder.path("x")), "earlier");
  EXPECT_EQ(folder.number_of_files(), 1);
}

TEST(AtomicFile, MovesWithItsTemporaryFile) {
  const ScratchFolder folder;
  AtomicFile first = *AtomicFile::create(folder.path("a"));
  {
    AtomicFile second = *AtomicFile::create(folder.path("b"));
    std::swap(first, second);  // "a" is dropped here
  }
  EXPECT_EQ(folder.number_of_files(), 1);
  EXPECT_TRUE(first.write("b").ok());
  EXPECT_TRUE(first.commit().ok());
  EXPECT_EQ(slurp(folder.path("b")), "b");
  EXPECT_EQ(folder.number_of_files(), 1);
}

TEST(AtomicFile, TwoWritersDoNotMix) {
  const ScratchFolder folder;
  auto first = AtomicFile::create(folder.path("x"));
  auto second = AtomicFile::create(folder.path("x"));
  EXPECT_TRUE(first->write("first").ok());
  EXPECT_TRUE(second->write("2nd").ok());
  EXPECT_TRUE(second->commit().ok());
  EXPECT_EQ(slurp(folder.path("x")), "2nd");
  EXPECT_TRUE(first->commit().ok());
  EXPECT_EQ(slurp(folder.path("x")), "first");
}

TEST(AtomicFile, FullDiskKeepsTheEarlierFile) {
  const ScratchFolder folder;
  folder.put("x", "earlier");
  absl::Status status;
  {
    const FileSizeLimit limit(1 << 16);
    status = write_file(folder.path("x"), std::string(100000, 'a'));
  }
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(message(status), HasSubstr("cannot write byte 65536 of " + folder.path("x")));
  EXPECT_EQ(slurp(folder.path("x")), "earlier");
  EXPECT_EQ(folder.number_of_files(), 1);
}

TEST(AtomicFile, IsClosedAfterAnError) {
  const ScratchFolder folder;
  auto file = AtomicFile::create(folder.path("x"));
  {
    const FileSizeLimit limit(10);
    EXPECT_FALSE(file->write("more than ten bytes").ok());
  }
  EXPECT_EQ(file->write("x").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(file->commit().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(folder.number_of_files(), 0);
}

TEST(AtomicFile, CommitsOnce) {
  const ScratchFolder folder;
  auto file = AtomicFile::create(folder.path("x"));
  EXPECT_TRUE(file->commit().ok());
  EXPECT_EQ(file->commit().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(slurp(folder.path("x")), "");
}

TEST(AtomicFile, NamesAFolderThatIsNotThere) {
  const ScratchFolder folder;
  const absl::Status status = write_file(folder.path("no/x"), "a");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(message(status), HasSubstr("cannot create " + folder.path("no/x")));
}

TEST(AtomicFile, RefusesWhatIsNoRegularFile) {
  const ScratchFolder folder;
  EXPECT_EQ(write_file(folder.path(), "a").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(write_file("/dev/null", "a").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(write_file("", "a").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(write_file(folder.path("x/"), "a").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(folder.number_of_files(), 0);
}

TEST(AtomicFile, FailedRenameRemovesTheTemporaryFile) {
  const ScratchFolder folder;
  auto file = AtomicFile::create(folder.path("x"));
  std::filesystem::create_directory(folder.path("x"));
  const absl::Status status = file->commit();
  EXPECT_THAT(message(status), HasSubstr("cannot rename"));
  EXPECT_EQ(folder.number_of_files(), 1);
}

}  // namespace
}  // namespace tenon

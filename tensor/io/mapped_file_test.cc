#include "tensor/io/mapped_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <string>
#include <vector>

#include "tensor/error.h"
#include "tensor/io/scratch_file.h"

namespace tenon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string bytes_of(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

TEST(MappedFile, ShowsTheBytes) {
  const ScratchFolder folder;
  const auto file = MappedFile::open(folder.put("x", "abc"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->bytes(), "abc");
  EXPECT_EQ((*file)->path(), folder.path("x"));
}

TEST(MappedFile, TakesAnEmptyFile) {
  const ScratchFolder folder;
  const auto file = MappedFile::open(folder.put("x", ""));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->size(), 0u);
  EXPECT_EQ((*file)->bytes(), "");
}

TEST(MappedFile, NamesWhatIsMissing) {
  const ScratchFolder folder;
  const auto status = MappedFile::open(folder.path("no")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(message(status), HasSubstr("cannot open " + folder.path("no")));
}

TEST(MappedFile, RefusesFoldersAndPipes) {
  const ScratchFolder folder;
  ASSERT_EQ(mkfifo(folder.path("pipe").c_str(), 0600), 0);
  for (const std::string& path : {folder.path(), folder.path("pipe")}) {
    const auto status = MappedFile::open(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << path;
    EXPECT_THAT(message(status), HasSubstr(path + ": it is not a regular file"));
  }
}

TEST(TensorInFile, SharesAlignedMemory) {
  const ScratchFolder folder;
  const auto file = *MappedFile::open(folder.put("x", bytes_of({1, 2, 3, 4, 5})));
  const Tensor tensor = tensor_in_file(file, 4, {2, 2}, DType::kF32);
  EXPECT_THAT(tensor.to_vector<float>(), ElementsAre(2, 3, 4, 5));
  EXPECT_EQ(tensor.raw_data(), file->data() + 4);
}

TEST(TensorInFile, CopiesUnalignedElements) {
  const ScratchFolder folder;
  const auto file = *MappedFile::open(folder.put("x", "ab" + bytes_of({1, 2})));
  const Tensor tensor = tensor_in_file(file, 2, {2}, DType::kF32);
  EXPECT_THAT(tensor.to_vector<float>(), ElementsAre(1, 2));
  EXPECT_NE(tensor.raw_data(), file->data() + 2);
}

TEST(TensorInFile, OutlivesTheFile) {
  const ScratchFolder folder;
  Tensor tensor;
  {
    const auto file = *MappedFile::open(folder.put("x", bytes_of({1, 2})));
    tensor = tensor_in_file(file, 0, {2}, DType::kF32);
  }
  std::filesystem::remove(folder.path("x"));
  EXPECT_THAT(tensor.to_vector<float>(), ElementsAre(1, 2));
}

TEST(TensorInFile, WritesStayInTheTensor) {
  const ScratchFolder folder;
  const std::string path = folder.put("x", bytes_of({1, 2}));
  {
    const Tensor tensor = tensor_in_file(*MappedFile::open(path), 0, {2}, DType::kF32);
    tensor.fill_(7);
    EXPECT_THAT(tensor.to_vector<float>(), ElementsAre(7, 7));
  }
  EXPECT_EQ(slurp(path), bytes_of({1, 2}));
}

TEST(TensorInFile, ThrowsBeyondTheEnd) {
  const ScratchFolder folder;
  const auto file = *MappedFile::open(folder.put("x", bytes_of({1, 2})));
  EXPECT_THROW(tensor_in_file(file, 4, {2}, DType::kF32), IndexError);
  EXPECT_THROW(tensor_in_file(file, 9, {0}, DType::kF32), IndexError);
  EXPECT_EQ(tensor_in_file(file, 8, {0, 3}, DType::kF32).numel(), 0);
}

TEST(ReadFile, ReadsUpToItsLimit) {
  const ScratchFolder folder;
  const std::string path = folder.put("x", "abc");
  EXPECT_EQ(*read_file(path, 3), "abc");
  const auto status = read_file(path, 2).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(message(status), HasSubstr(path + " has 3 bytes, more than the limit of 2"));
}

}  // namespace
}  // namespace tenon

#include "train/run_folder.h"

#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "train/testing.h"

namespace tenon::train {
namespace {

using testing::files_in;
using testing::fresh_folder;
using testing::write_bytes;

std::string run_with_files(const std::string& name) {
  const std::string folder = fresh_folder(::testing::TempDir() + "/" + name);
  write_bytes(folder + "/metrics.csv", "epoch\n");
  write_bytes(folder + "/checkpoint.safetensors.tmp.12.0", "half");
  std::filesystem::create_directories(folder + "/tensorboard");
  write_bytes(folder + "/tensorboard/events.out.tfevents.1.host", "");
  return folder;
}

TEST(RunFolderTest, MakesANewOne) {
  const std::string path = fresh_folder(::testing::TempDir() + "/runs") + "/a/b";
  EXPECT_EQ(open_run_folder(path).value(), path);
  EXPECT_TRUE(std::filesystem::is_directory(path));
  EXPECT_TRUE(open_run_folder(path).ok());  // still empty
}

TEST(RunFolderTest, NeverOverwritesUnasked) {
  const std::string folder = run_with_files("unasked");
  const absl::Status status = open_run_folder(folder).status();
  EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
  EXPECT_NE(status.message().find(folder + ": holds a run already"), std::string::npos) << status;
  EXPECT_EQ(files_in(folder).size(), 3u);
}

TEST(RunFolderTest, ResumeLeavesEverything) {
  const std::string folder = run_with_files("resumed");
  EXPECT_TRUE(open_run_folder(folder, {.resume = true}).ok());
  EXPECT_EQ(files_in(folder).size(), 3u);
}

TEST(RunFolderTest, OverwriteRemovesWhatRunsWrite) {
  const std::string folder = run_with_files("overwritten");
  EXPECT_TRUE(open_run_folder(folder, {.overwrite = true}).ok());
  EXPECT_EQ(files_in(folder), std::vector<std::string>{"tensorboard"});
  EXPECT_TRUE(files_in(folder + "/tensorboard").empty());
}

TEST(RunFolderTest, OverwriteRefusesOtherFiles) {
  const std::string folder = run_with_files("thesis");
  write_bytes(folder + "/thesis.tex", "years of work");
  const absl::Status status = open_run_folder(folder, {.overwrite = true}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_NE(status.message().find("thesis.tex"), std::string::npos) << status;
  EXPECT_EQ(files_in(folder).size(), 4u);
}

TEST(RunFolderTest, AFileInItsPlaceIsAnError) {
  const std::string folder = fresh_folder(::testing::TempDir() + "/file");
  write_bytes(folder + "/run", "");
  const absl::Status status = open_run_folder(folder + "/run").status();
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.message().find(folder + "/run"), std::string::npos) << status;
}

}  // namespace
}  // namespace tenon::train

#include "data/data_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "tensor/io/scratch_file.h"

namespace tenon::data {
namespace {

using ::testing::HasSubstr;

// Sets (or unsets) an environment variable until the end of the test.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    set(value);
  }
  ~ScopedVariable() { set(before_.value_or("")); }

 private:
  void set(const std::string& value) {
    if (value.empty()) {
      unsetenv(name_);
    } else {
      setenv(name_, value.c_str(), 1);
    }
  }

  const char* name_;
  std::optional<std::string> before_;
};

TEST(DataDir, IsWhatTheVariableSays) {
  const ScratchFolder folder;
  const ScopedVariable data("TENON_DATA", folder.path());
  EXPECT_EQ(*data_dir(), folder.path());
}

TEST(DataDir, NamesAFolderOfTheVariableThatIsNotThere) {
  const ScratchFolder folder;
  const ScopedVariable data("TENON_DATA", folder.path("no"));
  EXPECT_EQ(data_dir().status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(message(data_dir().status()), HasSubstr(folder.path("no") + " (TENON_DATA)"));
}

TEST(DataDir, LiesBesideTheWorkspace) {
  const ScratchFolder folder;
  std::filesystem::create_directories(folder.path("shared/data"));
  std::filesystem::create_directories(folder.path("workspace"));
  const ScopedVariable data("TENON_DATA", "");
  const ScopedVariable workspace("BUILD_WORKSPACE_DIRECTORY", folder.path("workspace"));
  ASSERT_TRUE(data_dir().ok()) << data_dir().status();
  EXPECT_TRUE(std::filesystem::equivalent(*data_dir(), folder.path("shared/data")));
}

TEST(DataDir, SaysWhereItLooked) {
  const ScratchFolder folder;
  const ScopedVariable data("TENON_DATA", "");
  const ScopedVariable workspace("BUILD_WORKSPACE_DIRECTORY", folder.path());
  EXPECT_EQ(data_dir().status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(message(data_dir().status()), HasSubstr(folder.path() + "/../shared/data"));
  EXPECT_THAT(message(data_dir().status()), HasSubstr("set TENON_DATA"));
}

}  // namespace
}  // namespace tenon::data

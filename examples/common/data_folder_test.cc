#include "examples/common/data_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "data/download/sources.h"
#include "tensor/io/scratch_file.h"

namespace tenon::examples {
namespace {

using ::testing::HasSubstr;

class DataFolder : public ::testing::Test {
 protected:
  DataFolder() {
    setenv("TENON_DATA", folder_.path("none").c_str(), 1);
    setenv("BUILD_WORKING_DIRECTORY", folder_.path().c_str(), 1);
  }
  ~DataFolder() override {
    unsetenv("TENON_DATA");
    unsetenv("BUILD_WORKING_DIRECTORY");
  }

  // All files of a data set, so that nothing is left to download.
  void put_all(const std::string& below) const {
    std::filesystem::create_directories(folder_.path(below + "/mnist"));
    for (const data::DatasetFile& file : data::dataset_files("mnist")) {
      folder_.put(below + "/mnist/" + file.unpacked, "x");
    }
  }

  ScratchFolder folder_;
};

TEST_F(DataFolder, IsFoundWhereItIs) {
  put_all("a");
  put_all("tenon_data");
  CommonOptions options{.data_dir = folder_.path("a"), .quiet = true};
  EXPECT_EQ(data_folder(options, "mnist").value(), folder_.path("a/mnist"));
  options.data_dir = "";
  const std::string own = folder_.path("tenon_data/mnist");
  EXPECT_TRUE(std::filesystem::equivalent(data_folder(options, "mnist").value(), own));
  setenv("TENON_DATA", folder_.path("a").c_str(), 1);
  EXPECT_EQ(data_folder(options, "mnist").value(), folder_.path("a/mnist"));
}

TEST_F(DataFolder, IsNotDownloadedWhereNothingIsMissing) {
  put_all("a");
  CommonOptions options{.data_dir = folder_.path("a"), .download = true, .quiet = true};
  EXPECT_EQ(data_folder(options, "mnist").value(), folder_.path("a/mnist"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path("a/mnist/train-images-idx3-ubyte.gz")));
}

TEST_F(DataFolder, WhatIsMissingIsNamedWithTheWayOut) {
  CommonOptions options;
  EXPECT_THAT(message(data_folder(options, "mnist").status()),
              HasSubstr(folder_.path("none") + " (TENON_DATA)"));
  options.data_dir = folder_.path();
  const absl::Status status = data_folder(options, "mnist").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(message(status), HasSubstr(folder_.path("mnist") + "; --download fetches"));
  EXPECT_THAT(message(data_folder(options, "letters").status()), HasSubstr("no folder"));
  options.download = true;
  EXPECT_THAT(message(data_folder(options, "letters").status()), HasSubstr("nobody publishes it"));
}

// An address on this machine that nobody listens at stands for a network that is not there.
TEST_F(DataFolder, AFailedDownloadIsNamed) {
  setenv("https_proxy", "http://127.0.0.1:1", 1);
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  CommonOptions options{.download = true, .quiet = true};
  const absl::Status status = data_folder(options, "tiny_shakespeare").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(message(status), HasSubstr("--download: " + folder_.path("none/tiny_shakespeare")));
  unsetenv("https_proxy");
  unsetenv("http_proxy");
}

}  // namespace
}  // namespace tenon::examples

// The example of data/download/README.md: compiled and run here, and compared with the page.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "absl/status/status.h"
#include "data/download/download.h"
#include "data/download/scratch_server.h"
#include "data/readme_example.h"
#include "tensor/io/scratch_file.h"

namespace {

// example begins
using namespace tenon;

absl::Status fetch(const std::string& url, const std::string& mirror, const std::string& path) {
  const data::DownloadSource source{
      .urls = {url, mirror},
      .sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"};
  const auto progress = [](const data::DownloadProgress& now) {
    std::printf("\r%zu of %zu bytes", std::size_t{now.received}, std::size_t{now.total});
    return true;  // false breaks off
  };
  return data::download(source, path, {.stall_seconds = 10, .progress = progress});
}
// example ends

TEST(Readme, ItsExampleRuns) {
  const data::ScratchServer server([](const data::ScratchRequest& request) {
    return data::ScratchAnswer{.status = request.path == "/abc" ? 200 : 404, .body = "abc"};
  });
  const ScratchFolder folder;
  EXPECT_TRUE(fetch(server.url("/gone"), server.url("/abc"), folder.path("abc")).ok());
  EXPECT_EQ(slurp(folder.path("abc")), "abc");
  EXPECT_EQ(fetch(server.url("/gone"), server.url("/too"), folder.path("x")).code(),
            absl::StatusCode::kNotFound);
}

TEST(Readme, ShowsThisExample) {
  data::expect_example_shown("data/download/README.md", "data/download/readme_test.cc");
}

}  // namespace

#include "data/download/download.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "data/download/scratch_server.h"
#include "data/download/sha256.h"
#include "data/download/sources.h"
#include "tensor/error.h"
#include "tensor/io/scratch_file.h"

namespace tenon::data {
namespace {

using ::testing::HasSubstr;

std::string some_bytes() {
  std::string bytes;
  for (int i = 0; i < 40'000; ++i) bytes += std::to_string(i * 7919 % 1000) + ",";
  return bytes;
}

const std::string kBytes = some_bytes();

std::string digest_of(const std::string& bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.hex();
}

const std::string kDigest = digest_of(kBytes);

// The whole file, or the range that is asked for.
ScratchAnswer file_answer(const ScratchRequest& request) {
  return {.status = request.start > 0 ? 206 : 200, .body = kBytes};
}

class Download : public ::testing::Test {
 protected:
  absl::Status fetch(const std::vector<std::string>& urls, const DownloadOptions& options = {},
                     const std::string& digest = kDigest) {
    return download({.urls = urls, .sha256 = digest}, file(), options);
  }
  std::string file() const { return folder_.path("sub/file"); }
  void expect_whole() const {
    EXPECT_EQ(slurp(file()), kBytes);
    EXPECT_FALSE(std::filesystem::exists(file() + ".part"));
  }
  void expect_no_file() const { EXPECT_FALSE(std::filesystem::exists(file())); }

  ScratchFolder folder_;
};

TEST_F(Download, FetchesAFileOnce) {
  const ScratchServer server(file_answer);
  ASSERT_TRUE(fetch({server.url("/f")}).ok());
  expect_whole();
  ASSERT_TRUE(fetch({server.url("/f")}).ok());
  EXPECT_EQ(server.requests().size(), 1u);
  folder_.put("sub/file", "an older version");
  ASSERT_TRUE(fetch({server.url("/f")}).ok());
  expect_whole();
}

TEST_F(Download, FollowsRedirects) {
  const ScratchServer server([](const ScratchRequest& request) {
    if (request.path == "/f") return file_answer(request);
    return ScratchAnswer{.status = 302, .body = "elsewhere", .location = "/f"};
  });
  ASSERT_TRUE(fetch({server.url("/old")}).ok());
  expect_whole();
}

TEST_F(Download, LeavesRedirectsThatNeverEndOrLeadElsewhere) {
  const ScratchServer server([](const ScratchRequest& request) {
    if (request.path == "/file")
      return ScratchAnswer{.status = 302, .location = "file:///etc/passwd"};
    return ScratchAnswer{.status = 302, .location = "/loop"};
  });
  for (const char* path : {"/loop", "/file"}) {
    const absl::Status status = fetch({server.url(path)}, {}, "");
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    expect_no_file();
  }
}

TEST_F(Download, GoesOnAfterACut) {
  const ScratchServer server([](const ScratchRequest& request) {
    ScratchAnswer answer = file_answer(request);
    if (request.number < 2) answer.sent = 50'000;
    return answer;
  });
  ASSERT_TRUE(fetch({server.url("/f")}).ok());
  expect_whole();
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[1].start, 50'000u);
  EXPECT_EQ(requests[2].start, 100'000u);
}

TEST_F(Download, GoesOnInALaterCall) {
  const ScratchServer server([](const ScratchRequest& request) {
    ScratchAnswer answer = file_answer(request);
    if (request.number == 0) answer.sent = 50'000;
    return answer;
  });
  const absl::Status status = fetch({server.url("/f")}, {.attempts = 1});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(message(status), HasSubstr(file() + ": " + server.url("/f") + ": "));
  expect_no_file();
  EXPECT_EQ(std::filesystem::file_size(file() + ".part"), 50'000u);
  ASSERT_TRUE(fetch({server.url("/f")}, {.attempts = 1}).ok());
  expect_whole();
  EXPECT_EQ(server.requests()[1].start, 50'000u);
}

TEST_F(Download, BeginsAnewWhereTheServerKnowsNoRanges) {
  const ScratchServer server([](const ScratchRequest& request) {
    if (request.path == "/416" && request.start > 0) return ScratchAnswer{.status = 416};
    return ScratchAnswer{
        .status = 200, .body = kBytes, .sent = request.number == 0 ? 999 : SIZE_MAX};
  });
  for (const char* path : {"/f", "/416"}) {
    ASSERT_TRUE(fetch({server.url(path)}).ok()) << path;
    expect_whole();
    std::filesystem::remove(file());
  }
}

TEST_F(Download, DropsAPartOfAnotherFile) {
  const ScratchServer server(file_answer);
  std::filesystem::create_directories(folder_.path("sub"));
  folder_.put("sub/file.part", std::string(1000, 'x'));
  ASSERT_TRUE(fetch({server.url("/f")}).ok());
  expect_whole();
  folder_.put("sub/other.part", std::string(1000, 'x'));
  ASSERT_TRUE(download({.urls = {server.url("/f")}}, folder_.path("sub/other")).ok());
  EXPECT_EQ(slurp(folder_.path("sub/other")), kBytes);
}

TEST_F(Download, RefusesDamagedFiles) {
  const ScratchServer server([](const ScratchRequest& request) {
    ScratchAnswer answer = file_answer(request);
    if (request.path == "/bad") answer.body[1234] ^= 1;
    return answer;
  });
  const absl::Status status = fetch({server.url("/bad")}, {.attempts = 2});
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(message(status), HasSubstr("expected a file with sha256 " + kDigest + ", got "));
  expect_no_file();
  EXPECT_FALSE(std::filesystem::exists(file() + ".part"));
  EXPECT_EQ(server.requests().size(), 2u);
  ASSERT_TRUE(fetch({server.url("/bad"), server.url("/good")}).ok());
  expect_whole();
}

TEST_F(Download, TriesMirrors) {
  const ScratchServer server([](const ScratchRequest& request) {
    if (request.path == "/404") return ScratchAnswer{.status = 404, .body = "no"};
    if (request.path == "/500") return ScratchAnswer{.status = 500, .body = "oh"};
    return file_answer(request);
  });
  ASSERT_TRUE(
      fetch({"http://127.0.0.1:1/f", server.url("/404"), server.url("/500"), server.url("/f")},
            {.attempts = 2})
          .ok());
  expect_whole();
  std::multiset<std::string> paths;
  for (const auto& request : server.requests()) paths.insert(request.path);
  EXPECT_EQ(paths, (std::multiset<std::string>{"/404", "/500", "/500", "/f"}));
}

TEST_F(Download, NamesEveryAddress) {
  const ScratchServer server([](const ScratchRequest& request) {
    return ScratchAnswer{.status = request.path == "/404" ? 404 : 500};
  });
  const auto gone = fetch({server.url("/404"), server.url("/404")});
  EXPECT_EQ(gone.code(), absl::StatusCode::kNotFound) << gone;
  const auto both = fetch({server.url("/404"), server.url("/500")}, {.attempts = 1});
  EXPECT_EQ(both.code(), absl::StatusCode::kUnavailable) << both;
  EXPECT_THAT(message(both), HasSubstr("/404: "));
  EXPECT_THAT(message(both), HasSubstr("500"));
  expect_no_file();
  EXPECT_FALSE(std::filesystem::exists(file() + ".part"));
}

TEST_F(Download, GivesUpOnSilence) {
  const ScratchServer server([](const ScratchRequest& request) {
    ScratchAnswer answer = file_answer(request);
    answer.sent = 10;
    answer.stall = true;
    return answer;
  });
  const auto status = fetch({server.url("/f")}, {.attempts = 1, .stall_seconds = 1});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(std::filesystem::file_size(file() + ".part"), 10u);
}

TEST_F(Download, LimitsTheSize) {
  const ScratchServer server([](const ScratchRequest& request) {
    ScratchAnswer answer = file_answer(request);
    answer.claim_length = request.path != "/silent";
    if (request.path == "/huge") answer.claimed_length = "99999999999999";
    return answer;
  });
  for (const char* path : {"/f", "/silent", "/huge"}) {
    const auto status = fetch({server.url(path)}, {.max_bytes = 1000}, "");
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << path << status;
    EXPECT_EQ(folder_.number_of_files(), 1) << "only the folder of the file";
    expect_no_file();
  }
}

TEST_F(Download, ReportsProgressAndCanBeCancelled) {
  const ScratchServer server(file_answer);
  std::uint64_t received = 0;
  std::uint64_t total = 0;
  const auto watch = [&](const DownloadProgress& progress) {
    EXPECT_GE(progress.received, received);
    received = progress.received;
    total = std::max(total, progress.total);
    return true;
  };
  ASSERT_TRUE(fetch({server.url("/f")}, {.progress = watch}).ok());
  EXPECT_EQ(received, kBytes.size());
  EXPECT_EQ(total, kBytes.size());
  std::filesystem::remove(file());
  const auto stop = [](const DownloadProgress&) { return false; };
  EXPECT_EQ(fetch({server.url("/f"), server.url("/f")}, {.progress = stop}).code(),
            absl::StatusCode::kCancelled);
  expect_no_file();
}

TEST_F(Download, IsForOneProcessAtATime) {
  std::filesystem::create_directories(folder_.path("sub"));
  const int other = ::open((file() + ".part").c_str(), O_RDWR | O_CREAT, 0644);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  const auto status = fetch({"http://127.0.0.1:1/"});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  ::close(other);
}

TEST_F(Download, SaysWhereTheDiskIsFull) {
  const ScratchServer server(file_answer);
  const FileSizeLimit limit(20'000);
  const auto status = fetch({server.url("/f")}, {.attempts = 1});
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(message(status), HasSubstr("file.part: write at byte 20000"));
  expect_no_file();
}

TEST_F(Download, ThrowsForWhatIsNoAddress) {
  EXPECT_THROW(fetch({}).IgnoreError(), ValueError);
  EXPECT_THROW(fetch({"file:///etc/passwd"}).IgnoreError(), ValueError);
  EXPECT_THROW(fetch({"http://127.0.0.1/"}, {}, "abc").IgnoreError(), ValueError);
  EXPECT_THROW(fetch({"http://127.0.0.1/"}, {}, std::string(64, 'g')).IgnoreError(), ValueError);
}

// The vectors of FIPS 180-2, appendix B, and of the empty message.
TEST(Sha256, GivesThePublishedDigests) {
  EXPECT_EQ(digest_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(digest_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(digest_of(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  Sha256 pieces;
  for (std::size_t at = 0; at < kBytes.size(); at += 37) pieces.add(kBytes.substr(at, 37));
  EXPECT_EQ(pieces.hex(), kDigest);
}

TEST(Sources, AreComplete) {
  for (const std::string& name : dataset_names()) {
    for (const DatasetFile& file : dataset_files(name)) {
      EXPECT_FALSE(file.source.urls.empty()) << file.name;
      EXPECT_TRUE(file.source.sha256.empty() || file.source.sha256.size() == 64) << file.name;
    }
  }
  EXPECT_EQ(dataset_names().size(), 8u);
  EXPECT_EQ(dataset_files("mnist").size(), 4u);
  EXPECT_THROW(dataset_files("imagenet"), ValueError);
}

TEST_F(Download, FetchesWhatIsMissing) {
  const ScratchServer server(file_answer);
  const auto named = [&](const char* name, const char* unpacked) {
    return DatasetFile{.name = name,
                       .unpacked = unpacked,
                       .source = {.urls = {server.url("/f")}, .sha256 = kDigest}};
  };
  folder_.put("kept.gz", "of another version");
  folder_.put("plain", "bytes");
  const std::vector<DatasetFile> files = {named("kept.gz", "kept"), named("plain.gz", "plain"),
                                          named("new.gz", "new"), named("sole", "")};
  ASSERT_TRUE(download_missing(files, folder_.path()).ok());
  EXPECT_EQ(slurp(folder_.path("kept.gz")), "of another version");
  EXPECT_FALSE(std::filesystem::exists(folder_.path("plain.gz")));
  EXPECT_EQ(slurp(folder_.path("new.gz")), kBytes);
  EXPECT_EQ(slurp(folder_.path("sole")), kBytes);
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(Download, MissingFilesThatFailAreNamed) {
  const ScratchServer server([](const ScratchRequest&) { return ScratchAnswer{.status = 404}; });
  const absl::Status status =
      download_missing({{.name = "a.gz", .source = {.urls = {server.url("/a")}}}}, folder_.path());
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_THAT(message(status), HasSubstr(folder_.path("a.gz")));
}

}  // namespace
}  // namespace tenon::data

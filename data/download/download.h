// Fetches files over HTTP, for data sets that do not come with the code.
//
//   absl::Status status = download(
//       {.urls = {"https://example.org/train.gz", "https://mirror.example.org/train.gz"},
//        .sha256 = "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
//       "data/train.gz");
//
// The bytes go to `data/train.gz.part`. Only when they are all there and have the digest that was
// asked for does the file take its name, in one step; until then an earlier one is untouched. A
// download that broke off goes on from where it stopped, also in a later call.
#ifndef TENON_DATA_DOWNLOAD_DOWNLOAD_H_
#define TENON_DATA_DOWNLOAD_DOWNLOAD_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace tenon::data {

struct DownloadSource {
  std::vector<std::string> urls{};  ///< http or https; tried in order until one gives the file
  std::string sha256{};             ///< 64 hexadecimal digits; empty for any file
};

struct DownloadProgress {
  std::string url{};
  std::uint64_t received = 0;  ///< bytes of the file so far, those of earlier attempts included
  std::uint64_t total = 0;     ///< 0 where the server does not say
};

struct DownloadOptions {
  int attempts = 3;          ///< for each address, where trying again may help
  int connect_seconds = 20;  ///< until a connection stands
  int stall_seconds = 30;    ///< without a byte, until an attempt is given up
  std::uint64_t max_bytes = std::uint64_t{64} << 30;  ///< larger files are refused
  /// Called now and then on the calling thread; false breaks the download off.
  std::function<bool(const DownloadProgress&)> progress{};
};

/// Leaves the file at `path`, whose folder is made where it is missing. A file that is there
/// already and has the digest (or any, where none is asked for) is kept, and the network left
/// alone. Without a digest nothing is resumed, because the rest might be of another version.
///
/// Errors name the file, each address and what went wrong there: NotFound where all of them say
/// 404; DataLoss where what arrived has another digest (it is deleted); Unavailable for servers
/// that fail, stall or break off; ResourceExhausted beyond max_bytes; Cancelled; FailedPrecondition
/// while another process downloads the same file. Throws ValueError for no addresses, ones that are
/// not http or https, or a digest that is none.
absl::Status download(const DownloadSource& source, const std::string& path,
                      const DownloadOptions& options = {});

}  // namespace tenon::data

#endif  // TENON_DATA_DOWNLOAD_DOWNLOAD_H_

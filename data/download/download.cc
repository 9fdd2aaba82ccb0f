#include "data/download/download.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>
#include <utility>

#include "data/download/part_file.h"
#include "data/download/sha256.h"
#include "tensor/error.h"

namespace tenon::data {
namespace {

constexpr long kMaxRedirects = 10;
constexpr long kNotFound = 404;
constexpr long kRangeNotSatisfiable = 416;
constexpr std::chrono::milliseconds kPause{100};  // before the second attempt; then twice as long …

void check(const DownloadSource& source) {
  const auto refuse = [](const std::string& what) {
    throw ValueError("[download] expected " + what);
  };
  if (source.urls.empty()) refuse("addresses, got none");
  for (const std::string& url : source.urls) {
    if (!url.starts_with("http://") && !url.starts_with("https://")) {
      refuse("addresses of http or https, got '" + url + "'");
    }
  }
  const bool digits = std::all_of(source.sha256.begin(), source.sha256.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
  if (!digits || (!source.sha256.empty() && source.sha256.size() != 64)) {
    refuse("64 hexadecimal digits as sha256, got '" + source.sha256 + "'");
  }
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c + ('a' - 'A'));
  }
  return text;
}

struct CloseEasy {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

// How an attempt ended.
struct Outcome {
  absl::Status status;
  bool again = false;     // trying the same address again may help
  bool no_range = false;  // the server cannot go on where the part file ends
};

// One address and one part file.
class Attempt {
 public:
  Attempt(const std::string& url, const DownloadOptions& options, PartFile& part)
      : url_(url), options_(options), part_(part), start_(part.size()), easy_(curl_easy_init()) {}

  Outcome run() {
    if (!easy_) return {absl::ResourceExhaustedError("no memory for a connection")};
    configure();
    const CURLcode code = curl_easy_perform(easy_.get());
    if (code == CURLE_OK) return {absl::OkStatus()};
    return explain(code);
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(easy_.get(), option, value);
  }

  void configure() {
    set(CURLOPT_URL, url_.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, kMaxRedirects);
    set(CURLOPT_FAILONERROR, 1L);
    set(CURLOPT_NOSIGNAL, 1L);  // threads: no signals for time-outs
    set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(options_.connect_seconds));
    set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(options_.max_bytes));
    set(CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(start_));
    set(CURLOPT_ERRORBUFFER, reason_.data());
    set(CURLOPT_WRITEFUNCTION, &Attempt::on_bytes);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &Attempt::on_progress);
    set(CURLOPT_XFERINFODATA, this);
  }

  static std::size_t on_bytes(char* bytes, std::size_t, std::size_t count, void* self) {
    auto& attempt = *static_cast<Attempt*>(self);
    if (attempt.part_.size() + count > attempt.options_.max_bytes) {
      attempt.too_large_ = true;
      return 0;
    }
    return attempt.part_.append(bytes, count) ? count : 0;
  }

  // Called about once a second also when nothing comes. (libcurl's own limit of speed looks at an
  // average over five seconds or more.)
  static int on_progress(void* self, curl_off_t total, curl_off_t, curl_off_t, curl_off_t) {
    auto& attempt = *static_cast<Attempt*>(self);
    const auto now = std::chrono::steady_clock::now();
    if (attempt.part_.size() != attempt.seen_) attempt.last_byte_ = now;
    attempt.seen_ = attempt.part_.size();
    attempt.stalled_ =
        now - attempt.last_byte_ >= std::chrono::seconds(attempt.options_.stall_seconds);
    if (attempt.stalled_) return 1;
    if (!attempt.options_.progress) return 0;
    const std::uint64_t whole = total > 0 ? static_cast<std::uint64_t>(total) + attempt.start_ : 0;
    const bool go_on = attempt.options_.progress(
        {.url = attempt.url_, .received = attempt.part_.size(), .total = whole});
    return go_on ? 0 : 1;
  }

  Outcome explain(CURLcode code) const {
    long answer = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &answer);
    const std::string why =
        url_ + ": " + (reason_[0] != '\0' ? reason_.data() : curl_easy_strerror(code));
    if (stalled_) {
      return {absl::UnavailableError(url_ + ": no byte for " +
                                     std::to_string(options_.stall_seconds) + " seconds"),
              true};
    }
    if (code == CURLE_ABORTED_BY_CALLBACK) return {absl::CancelledError(why)};
    if (code == CURLE_FILESIZE_EXCEEDED || too_large_) {
      return {absl::ResourceExhaustedError(url_ + ": more than the limit of " +
                                           std::to_string(options_.max_bytes) + " bytes")};
    }
    if (code == CURLE_WRITE_ERROR && !part_.error().ok()) return {part_.error()};
    if (code == CURLE_RANGE_ERROR || answer == kRangeNotSatisfiable) {
      return {absl::UnavailableError(why), true, true};
    }
    if (answer == kNotFound) return {absl::NotFoundError(why)};
    const bool refused = code == CURLE_HTTP_RETURNED_ERROR && answer >= 400 && answer < 500;
    return {absl::UnavailableError(why),
            !refused && code != CURLE_TOO_MANY_REDIRECTS && code != CURLE_UNSUPPORTED_PROTOCOL};
  }

  const std::string& url_;
  const DownloadOptions& options_;
  PartFile& part_;
  std::uint64_t start_;
  std::uint64_t seen_ = start_;  // of the part file when progress was last looked at
  std::chrono::steady_clock::time_point last_byte_ = std::chrono::steady_clock::now();
  bool stalled_ = false;
  bool too_large_ = false;
  std::array<char, CURL_ERROR_SIZE> reason_{};
  std::unique_ptr<CURL, CloseEasy> easy_;
};

// The part file has all bytes: are they the right ones?
Outcome verify(const std::string& url, const std::string& wanted, const PartFile& part) {
  if (wanted.empty()) return {absl::OkStatus()};
  const auto digest = sha256_of_file(part.path());
  if (!digest.ok()) return {digest.status()};
  if (*digest == wanted) return {absl::OkStatus()};
  return {absl::DataLossError(url + ": expected a file with sha256 " + wanted + ", got " + *digest),
          true};
}

// Tries one address until it gives the file or gives no hope.
absl::Status try_address(const std::string& url, const std::string& wanted,
                         const DownloadOptions& options, PartFile& part) {
  absl::Status status;
  auto pause = kPause;
  for (int attempt = 0; attempt < std::max(options.attempts, 1); ++attempt) {
    if (attempt > 0) {
      std::this_thread::sleep_for(pause);
      pause *= 2;
    }
    // Without a digest, what is there may be a part of something else.
    if (wanted.empty() && part.size() > 0) {
      if (auto cleared = part.clear(); !cleared.ok()) return cleared;
    }
    Outcome outcome = Attempt(url, options, part).run();
    const bool complete = outcome.status.ok();
    if (complete) outcome = verify(url, wanted, part);
    status = outcome.status;
    if (status.ok()) return status;
    if (complete || outcome.no_range) {
      if (auto cleared = part.clear(); !cleared.ok()) return cleared;
    }
    if (!outcome.again) break;
  }
  return status;
}

bool ends_all(const absl::Status& status) {
  return status.code() != absl::StatusCode::kNotFound &&
         status.code() != absl::StatusCode::kUnavailable &&
         status.code() != absl::StatusCode::kDataLoss;
}

// One error for all addresses: the first one's kind, or NotFound only where all agree.
absl::Status joined(const std::string& path, const std::vector<absl::Status>& failures) {
  std::string text = path + ": ";
  absl::StatusCode code = failures.front().code();
  for (const absl::Status& failure : failures) {
    if (text.size() > path.size() + 2) text += "; ";
    text.append(failure.message().data(), failure.message().size());
    if (failure.code() == absl::StatusCode::kDataLoss) code = failure.code();
    if (code == absl::StatusCode::kNotFound) code = failure.code();
  }
  return {code, text};
}

absl::Status fetch(const DownloadSource& source, const std::string& wanted, const std::string& path,
                   const DownloadOptions& options, PartFile& part) {
  std::vector<absl::Status> failures;
  for (const std::string& url : source.urls) {
    const absl::Status status = try_address(url, wanted, options, part);
    if (status.ok()) return part.publish();
    failures.push_back(status);
    if (ends_all(status)) break;
  }
  // What a later call could go on from stays: some bytes of a file whose digest is known.
  if (part.size() == 0 || wanted.empty()) part.remove();
  return joined(path, failures);
}

}  // namespace

absl::Status download(const DownloadSource& source, const std::string& path,
                      const DownloadOptions& options) {
  check(source);
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) return absl::InternalError("libcurl does not start");
  const std::string wanted = lower(source.sha256);
  if (std::filesystem::exists(path)) {
    if (wanted.empty()) return absl::OkStatus();
    const auto digest = sha256_of_file(path);
    if (!digest.ok()) return digest.status();
    if (*digest == wanted) return absl::OkStatus();
  }
  auto part = PartFile::open(path);
  if (!part.ok()) return part.status();
  return fetch(source, wanted, path, options, *part);
}

}  // namespace tenon::data

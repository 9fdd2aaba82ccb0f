#include "train/csv_log.h"

#include <chrono>

#include "train/internal/leftovers.h"

namespace tenon::train {
namespace {

constexpr double kSecondsBetweenWrites = 1;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

absl::Status CsvLog::on_fit_begin(Run&) {
  internal::remove_leftovers(path_);
  written_ = 0;
  next_write_ = 0;
  return absl::OkStatus();
}

absl::Status CsvLog::on_epoch_end(Run& run) {
  return now() < next_write_ ? absl::OkStatus() : write(run);
}

absl::Status CsvLog::on_fit_end(Run& run) {
  return written_ == run.history.size() ? absl::OkStatus() : write(run);
}

absl::Status CsvLog::write(const Run& run) {
  next_write_ = now() + kSecondsBetweenWrites;
  written_ = run.history.size();
  return write_csv(run.history, path_);
}

}  // namespace tenon::train

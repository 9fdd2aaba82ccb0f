// Keeps a CSV file of the records while a run goes on.
//
//   CsvLog log("run/metrics.csv");
//   fit(net, loader, optimizer, {.epochs = 10, .callbacks = {&checkpoint, &log}});
#ifndef TENON_TRAIN_CSV_LOG_H_
#define TENON_TRAIN_CSV_LOG_H_

#include <string>

#include "train/callback.h"

namespace tenon::train {

/// Writes write_csv(run.history) (train/history.h) after the first epoch, then at most once a second
/// (each write waits for the disk, and epochs can be shorter), and at the end of the run. The file is
/// replaced whole, so it never ends in half a line, and after a resume it holds every epoch once.
class CsvLog : public Callback {
 public:
  explicit CsvLog(std::string path) : path_(std::move(path)) {}

  absl::Status on_fit_begin(Run& run) override;
  absl::Status on_epoch_end(Run& run) override;
  absl::Status on_fit_end(Run& run) override;

 private:
  absl::Status write(const Run& run);

  std::string path_;
  std::size_t written_ = 0;  // records in the file
  double next_write_ = 0;
};

}  // namespace tenon::train

#endif  // TENON_TRAIN_CSV_LOG_H_

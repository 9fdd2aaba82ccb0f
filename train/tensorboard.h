// TensorBoard's event files.
//
//   TensorBoardLog log("run/tensorboard");       // then: tensorboard --logdir run
//   fit(net, loader, optimizer, {.epochs = 10, .callbacks = {&checkpoint, &log}});
//
// In a loop of one's own:
//
//   auto file = EventFile::create("run/tensorboard");
//   file->scalar("loss", 0.25, step);
#ifndef TENON_TRAIN_TENSORBOARD_H_
#define TENON_TRAIN_TENSORBOARD_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "train/callback.h"

namespace tenon::train {

/// A new file "events.out.tfevents.<seconds>.<host>.<process>.<count>" in a folder. Every record is
/// handed to the system whole, framed by its length and two checksums (TFRecord), so that a kill
/// leaves at most one incomplete record at the end, which readers skip. Errors are the system's,
/// with the path.
class EventFile {
 public:
  /// Makes the folder where it is missing.
  static absl::StatusOr<EventFile> create(const std::string& folder);

  EventFile(EventFile&& other) noexcept;
  EventFile& operator=(EventFile&& other) noexcept;
  ~EventFile();

  /// A point of the curve `tag`. Slashes in tags make groups.
  absl::Status scalar(std::string_view tag, double value, std::int64_t step);
  /// Markdown, under "Text".
  absl::Status text(std::string_view tag, std::string_view markdown, std::int64_t step);
  /// An encoded PNG of that size in pixels, under "Images".
  absl::Status image(std::string_view tag, std::string_view png, std::int64_t width,
                     std::int64_t height, std::int64_t step);
  /// Makes readers forget what earlier files of the folder say of `step` and after: a run that goes
  /// on from there begins its file so.
  absl::Status restart(std::int64_t step);

  const std::string& path() const { return path_; }

 private:
  EventFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  absl::Status append(std::string_view event);

  std::string path_;
  int descriptor_ = -1;
};

/// Writes each epoch's record, the epoch as step: "loss/train", "loss/val", … for train_loss,
/// val_loss, …, and other values under their names.
class TensorBoardLog : public Callback {
 public:
  explicit TensorBoardLog(std::string folder) : folder_(std::move(folder)) {}

  absl::Status on_fit_begin(Run& run) override;
  absl::Status on_epoch_end(Run& run) override;

 private:
  std::string folder_;
  std::unique_ptr<EventFile> file_;
};

}  // namespace tenon::train

#endif  // TENON_TRAIN_TENSORBOARD_H_

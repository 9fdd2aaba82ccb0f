// Shows how far a training run is: a bar on a terminal, plain lines elsewhere.
//
//   ProgressBar bar;
//   fit(net, loader, optimizer, {.epochs = 10, .callbacks = {&bar}});
//
// In a loop of one's own:
//
//   bar.begin_epoch(epoch, epochs, loader.num_batches());
//   for (const data::Batch& batch : loader) {
//     ...
//     bar.advance(batch.size());
//     if (bar.due()) bar.draw({{"loss", mean.value()}});
//   }
//   bar.end_epoch({{"loss", mean.value()}});
#ifndef TENON_TRAIN_PROGRESS_BAR_H_
#define TENON_TRAIN_PROGRESS_BAR_H_

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "train/callback.h"
#include "train/history.h"

namespace tenon::train {

enum class ProgressStyle : std::uint8_t {
  kAuto,    ///< a bar where `out` is std::cout or std::cerr and that is a terminal, else lines
  kBar,     ///< one line drawn over and over, at most ten times a second
  kLines,   ///< a line per epoch, and one every 30 seconds within
  kSilent,  ///< nothing
};

struct ProgressOptions {
  ProgressStyle style = ProgressStyle::kAuto;
  std::ostream* out = nullptr;  ///< std::cerr where null; must outlive the bar
  int width = 0;                ///< columns; the terminal's where 0
  /// Seconds from any fixed moment; the system's steady clock where null.
  double (*clock)() = nullptr;
};

/// Colours and the line-drawing characters are used only on a terminal whose locale has UTF-8 and
/// where NO_COLOR is not set (no-color.org).
class ProgressBar : public Callback {
 public:
  explicit ProgressBar(const ProgressOptions& options = {});

  /// Ends the line of a bar that is left standing, as by an exception.
  ~ProgressBar() override;
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// Epoch number `epoch` of `epochs`, counted from 1, of `steps` steps.
  void begin_epoch(int epoch, int epochs, std::int64_t steps);
  /// One more step, over `examples` examples.
  void advance(std::int64_t examples);
  /// Whether enough time has gone by to draw again. Cheap: one look at the clock.
  bool due() const;
  void draw(const std::vector<NamedValue>& values);
  /// Replaces the bar by the epoch's last word, which stays.
  void end_epoch(const std::vector<NamedValue>& values);

  absl::Status on_epoch_begin(Run& run) override;
  absl::Status on_batch_end(Run& run, const data::Batch& batch) override;
  absl::Status on_epoch_end(Run& run) override;
  absl::Status on_fit_end(Run& run) override;

 private:
  double seconds() const { return clock_() - epoch_start_; }
  double rate() const;
  double seconds_left() const;
  std::string bar(int width) const;
  std::string heading() const;
  void print_line(const std::string& line);
  void overwrite(const std::string& line);
  void close_line();
  int columns() const;

  ProgressStyle style_;
  std::ostream& out_;
  int width_;
  double (*clock_)();
  bool pretty_;  // colours and UTF-8

  int epoch_ = 0;
  int epochs_ = 0;
  std::int64_t steps_ = 0;        // of an epoch
  std::int64_t step_ = 0;         // done in this epoch
  std::int64_t examples_ = 0;     // advanced since epoch_start_
  std::int64_t steps_timed_ = 0;  // advanced since start_, over all epochs
  double start_ = -1;             // of the first epoch
  double epoch_start_ = 0;
  double next_draw_ = 0;
  bool open_line_ = false;  // a bar stands on the cursor's line
};

}  // namespace tenon::train

#endif  // TENON_TRAIN_PROGRESS_BAR_H_

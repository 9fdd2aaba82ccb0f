// Draws the curves of a training run through gnuplot.
//
//   absl::StatusOr<Plot> plot = plot_curves(history, "run/curves", {.title = "LeNet on CIFAR-10"});
//   if (plot.ok() && !plot->note.empty()) std::printf("%s\n", plot->note.c_str());
#ifndef TENON_TRAIN_PLOT_H_
#define TENON_TRAIN_PLOT_H_

#include <string>

#include "absl/status/statusor.h"
#include "train/figure.h"
#include "train/history.h"

namespace tenon::train {

/// Writes `<base>.svg` and `<base>.png`: a panel for each quantity, in which `train_loss` and
/// `val_loss` share one, over the epochs. Values that are not finite leave gaps. Where gnuplot is
/// not installed nothing is written and the note says so.
/// InvalidArgumentError for a history without finite values; InternalError with gnuplot's own words
/// where it fails; the file's error where one cannot be written.
absl::StatusOr<Plot> plot_curves(const History& history, const std::string& base,
                                 const PlotOptions& options = {});

/// The same picture as text, two panels side by side, to put into a page. NotFoundError where
/// gnuplot is not installed; else as above.
absl::StatusOr<std::string> curves_svg(const History& history, const PlotOptions& options = {});

}  // namespace tenon::train

#endif  // TENON_TRAIN_PLOT_H_

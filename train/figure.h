// Pictures of curves and of points, through gnuplot.
//
//   std::vector<Panel> panels = {{.title = "loss", .x_label = "step", .series = {{"sgd", steps,
//   sgd},
//                                                                                {"adam", steps,
//                                                                                adam}}}};
//   absl::StatusOr<Plot> plot = draw_figure(panels, "run/loss", {.title = "LeNet on CIFAR-10"});
//   if (plot.ok() && !plot->note.empty()) std::printf("%s\n", plot->note.c_str());
#ifndef TENON_TRAIN_FIGURE_H_
#define TENON_TRAIN_FIGURE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tenon::train {

enum class SeriesStyle {
  kLines,   ///< a curve in the order of the points, which are marked while they are few
  kPoints,  ///< a cloud
};

/// `x` and `y` are of one length; values that are not finite leave gaps.
struct Series {
  std::string label = {};
  std::vector<double> x = {};
  std::vector<double> y = {};
  SeriesStyle style = SeriesStyle::kLines;
};

/// A pair of axes. A legend appears where there are several series.
struct Panel {
  std::string title = {};
  std::string x_label = {};
  std::string y_label = {};
  std::vector<Series> series = {};
  bool log_x = false;  ///< only positive values are drawn then
  bool log_y = false;
};

struct PlotOptions {
  std::string title = {};
  int panel_width = 480;  ///< pixels
  int panel_height = 360;
};

struct Plot {
  std::string svg = {};  ///< the files written; empty where there is no gnuplot
  std::string png = {};
  std::string note = {};  ///< why there is no picture; else empty
};

/// Writes `<base>.svg` and `<base>.png`, at most `columns` panels side by side. Where gnuplot is
/// not installed nothing is written and the note says so. Throws ValueError for a series whose x
/// and y differ in length, and for `columns` below 1. InvalidArgumentError where nothing finite is
/// to be drawn; InternalError with gnuplot's own words where it fails; the file's error where one
/// cannot be written.
absl::StatusOr<Plot> draw_figure(const std::vector<Panel>& panels, const std::string& base,
                                 const PlotOptions& options = {}, int columns = 2);

/// The same picture as text, to put into a page. NotFoundError where gnuplot is not installed; else
/// as above.
absl::StatusOr<std::string> figure_svg(const std::vector<Panel>& panels,
                                       const PlotOptions& options = {}, int columns = 2);

}  // namespace tenon::train

#endif  // TENON_TRAIN_FIGURE_H_

// Pictures of curves through gnuplot.
#ifndef TENON_TRAIN_INTERNAL_FIGURE_H_
#define TENON_TRAIN_INTERNAL_FIGURE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "train/plot.h"

namespace tenon::train::internal {

/// Values over epochs; those that are not finite leave gaps.
struct Curve {
  std::string label = {};
  std::vector<int> epochs = {};
  std::vector<double> values = {};
};

struct Panel {
  std::string quantity = {};  ///< "top5_accuracy", shown without underscores
  std::vector<Curve> curves = {};
};

/// "val_loss" -> {"val", "loss"}; a name without a known prefix has no label.
std::pair<std::string, std::string> split_name(const std::string& name);

/// Worth a picture: there is something finite, costs aside, and a learning rate that moves.
bool is_drawn(const std::string& name, const std::vector<double>& values);

/// The SVG of panels, at most `columns` side by side. NotFoundError where there is no gnuplot,
/// InternalError with its own words where it fails.
absl::StatusOr<std::string> draw_svg(const std::vector<Panel>& panels, const PlotOptions& options,
                                     int columns);

/// Writes `<base>.svg` and `<base>.png`, or nothing and a note where there is no gnuplot.
absl::StatusOr<Plot> write_pictures(const std::vector<Panel>& panels, const std::string& base,
                                    const PlotOptions& options, int columns);

}  // namespace tenon::train::internal

#endif  // TENON_TRAIN_INTERNAL_FIGURE_H_

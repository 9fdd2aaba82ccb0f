// The pictures of an experiment.
//
//   absl::Status drawn = draw(panels, options.output("curves"), {.title = "LeNet on CIFAR-10"});
#ifndef TENON_EXAMPLES_COMMON_PICTURE_H_
#define TENON_EXAMPLES_COMMON_PICTURE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "train/comparison.h"
#include "train/figure.h"

namespace tenon::examples {

/// train::draw_figure(), and a line on standard output where there is no gnuplot.
absl::Status draw(const std::vector<train::Panel>& panels, const std::string& base,
                  const train::PlotOptions& options = {}, int columns = 2);

/// train::plot_comparison(), and such a line.
absl::Status draw_runs(const std::vector<train::NamedRun>& runs, const std::string& base,
                       const train::PlotOptions& options = {});

/// A curve over 1, 2, 3, …
train::Series curve(std::string label, std::vector<double> values);

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_COMMON_PICTURE_H_

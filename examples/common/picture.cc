#include "examples/common/picture.h"

#include <cstdio>
#include <utility>

namespace tenon::examples {
namespace {

absl::Status said(const absl::StatusOr<train::Plot>& plot) {
  if (plot.ok() && !plot->note.empty()) std::printf("%s\n", plot->note.c_str());
  return plot.status();
}

}  // namespace

absl::Status draw(const std::vector<train::Panel>& panels, const std::string& base,
                  const train::PlotOptions& options, int columns) {
  return said(train::draw_figure(panels, base, options, columns));
}

absl::Status draw_runs(const std::vector<train::NamedRun>& runs, const std::string& base,
                       const train::PlotOptions& options) {
  return said(train::plot_comparison(runs, base, options));
}

train::Series curve(std::string label, std::vector<double> values) {
  train::Series result{.label = std::move(label), .y = std::move(values)};
  for (std::size_t i = 1; i <= result.y.size(); ++i) result.x.push_back(static_cast<double>(i));
  return result;
}

}  // namespace tenon::examples

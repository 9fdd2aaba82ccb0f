#include "train/plot.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "train/internal/quantity.h"

namespace tenon::train {
namespace {

// A panel for each quantity; `train_loss` and `val_loss` share one.
std::vector<Panel> make_panels(const History& history) {
  std::vector<Panel> panels;
  for (const std::string& name : names(history)) {
    const auto [label, quantity] = internal::split_name(name);
    if (!internal::is_drawn(quantity, column(history, name))) continue;
    const std::string title = internal::readable(quantity);
    auto panel = std::find_if(panels.begin(), panels.end(),
                              [&](const Panel& p) { return p.title == title; });
    if (panel == panels.end()) panel = panels.insert(panel, {.title = title, .x_label = "epoch"});
    panel->series.push_back(internal::over_epochs(history, name, label));
  }
  return panels;
}

}  // namespace

absl::StatusOr<Plot> plot_curves(const History& history, const std::string& base,
                                 const PlotOptions& options) {
  const std::vector<Panel> panels = make_panels(history);
  if (panels.empty()) {
    return absl::InvalidArgumentError(base + ": expected a history with finite values to draw");
  }
  return draw_figure(panels, base, options, static_cast<int>(panels.size()));
}

absl::StatusOr<std::string> curves_svg(const History& history, const PlotOptions& options) {
  const std::vector<Panel> panels = make_panels(history);
  if (panels.empty()) {
    return absl::InvalidArgumentError("expected a history with finite values to draw");
  }
  return figure_svg(panels, options);
}

}  // namespace tenon::train

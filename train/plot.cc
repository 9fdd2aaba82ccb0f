#include "train/plot.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "train/internal/figure.h"

namespace tenon::train {
namespace {

std::vector<int> epochs_of(const History& history) {
  std::vector<int> epochs;
  for (const EpochRecord& record : history) epochs.push_back(record.epoch);
  return epochs;
}

// A panel for each quantity; `train_loss` and `val_loss` share one.
std::vector<internal::Panel> make_panels(const History& history) {
  std::vector<internal::Panel> panels;
  for (const std::string& name : names(history)) {
    const auto [label, quantity] = internal::split_name(name);
    std::vector<double> values = column(history, name);
    if (!internal::is_drawn(quantity, values)) continue;
    const auto same = [&, q = quantity](const internal::Panel& p) { return p.quantity == q; };
    auto panel = std::find_if(panels.begin(), panels.end(), same);
    if (panel == panels.end()) panel = panels.insert(panels.end(), {.quantity = quantity});
    panel->curves.push_back(
        {.label = label, .epochs = epochs_of(history), .values = std::move(values)});
  }
  return panels;
}

}  // namespace

absl::StatusOr<Plot> plot_curves(const History& history, const std::string& base,
                                 const PlotOptions& options) {
  const std::vector<internal::Panel> panels = make_panels(history);
  if (panels.empty()) {
    return absl::InvalidArgumentError(base + ": expected a history with finite values to draw");
  }
  return internal::write_pictures(panels, base, options, static_cast<int>(panels.size()));
}

absl::StatusOr<std::string> curves_svg(const History& history, const PlotOptions& options) {
  const std::vector<internal::Panel> panels = make_panels(history);
  if (panels.empty()) {
    return absl::InvalidArgumentError("expected a history with finite values to draw");
  }
  return internal::draw_svg(panels, options, 2);
}

}  // namespace tenon::train

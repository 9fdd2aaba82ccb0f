#include "train/comparison.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "absl/status/status.h"
#include "train/internal/quantity.h"

namespace tenon::train {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<std::string> all_names(const std::vector<NamedRun>& runs) {
  std::vector<std::string> all;
  for (const NamedRun& run : runs) {
    for (const std::string& name : names(run.history)) {
      if (std::find(all.begin(), all.end(), name) == all.end()) all.push_back(name);
    }
  }
  return all;
}

bool is_cost(const std::string& name) {
  return name == "seconds" || name == "items_per_second" || name == "peak_bytes" || name == "lr";
}

bool lower_is_better(const std::string& name) {
  return name.ends_with("loss") || name.ends_with("perplexity");
}

struct Summary {
  double last = kNaN;
  double best = kNaN;
  int best_epoch = 0;
};

Summary summarize(const History& history, const std::string& name) {
  Summary summary;
  for (const EpochRecord& record : history) {
    const double value = record.value(name);
    if (std::isnan(value)) continue;
    summary.last = value;
    const bool better = lower_is_better(name) ? value < summary.best : value > summary.best;
    if (!better && !std::isnan(summary.best)) continue;
    summary.best = value;
    summary.best_epoch = record.epoch;
  }
  return summary;
}

double total(const History& history, const std::string& name) {
  double sum = 0;
  for (const EpochRecord& record : history) sum += record.value(name);
  return sum;
}

std::string number(double value, const char* pattern = "%.4g") {
  if (std::isnan(value)) return "-";
  char text[32];
  std::snprintf(text, sizeof text, pattern, value);
  return text;
}

using Row = std::vector<std::string>;

// Columns to the right of the first, which stands to the left.
std::string aligned(const std::vector<Row>& rows) {
  std::string text;
  for (const Row& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      std::size_t width = 0;
      for (const Row& other : rows) width = std::max(width, other[c].size());
      const std::string space(width - row[c].size(), ' ');
      text += c == 0 ? row[c] + space : "  " + space + row[c];
    }
    text += '\n';
  }
  return text;
}

}  // namespace

std::string comparison_table(const std::vector<NamedRun>& runs) {
  std::vector<std::string> quantities = all_names(runs);
  std::erase_if(quantities, is_cost);
  Row head{"run", "epochs", "seconds"};
  for (const std::string& name : quantities) {
    head.push_back(name);
    head.push_back("best (epoch)");
  }
  std::vector<Row> rows{head};
  for (const NamedRun& run : runs) {
    Row row{run.name, std::to_string(run.history.size()),
            number(total(run.history, "seconds"), "%.1f")};
    for (const std::string& name : quantities) {
      const Summary summary = summarize(run.history, name);
      row.push_back(number(summary.last));
      row.push_back(number(summary.best) + " (" + std::to_string(summary.best_epoch) + ")");
    }
    rows.push_back(row);
  }
  return aligned(rows);
}

std::string comparison_csv(const std::vector<NamedRun>& runs) {
  std::string csv = "run,quantity,last,best,best_epoch\n";
  for (const NamedRun& run : runs) {
    for (const std::string& name : names(run.history)) {
      if (is_cost(name)) continue;
      const Summary summary = summarize(run.history, name);
      csv += run.name + "," + name + "," + number(summary.last, "%.9g") + "," +
             number(summary.best, "%.9g") + "," + std::to_string(summary.best_epoch) + "\n";
    }
  }
  return csv;
}

absl::StatusOr<Plot> plot_comparison(const std::vector<NamedRun>& runs, const std::string& base,
                                     const PlotOptions& options) {
  std::vector<Panel> panels;
  for (const std::string& name : all_names(runs)) {
    Panel panel{.title = internal::readable(name), .x_label = "epoch"};
    for (const NamedRun& run : runs) {
      if (!internal::is_drawn(name, column(run.history, name))) continue;
      panel.series.push_back(internal::over_epochs(run.history, name, run.name));
    }
    if (!panel.series.empty()) panels.push_back(std::move(panel));
  }
  if (panels.empty()) {
    return absl::InvalidArgumentError(base + ": expected runs with finite values to draw");
  }
  return draw_figure(panels, base, options);
}

}  // namespace tenon::train

#include "train/plot.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tensor/io/atomic_file.h"
#include "train/internal/run_program.h"

namespace tenon::train {
namespace {

// Colours that people with any kind of colour vision tell apart (Okabe & Ito 2008).
constexpr const char* kColours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7"};
constexpr int kTitleHeight = 44;

struct Curve {
  std::string label;  // "train"
  std::vector<double> values;
};

struct Panel {
  std::string quantity = {};  // "loss"
  std::vector<Curve> curves = {};
};

// "val_top5_accuracy" -> {"val", "top5_accuracy"}; a name without a known prefix has no label.
std::pair<std::string, std::string> split_name(const std::string& name) {
  for (const std::string prefix : {"train_", "val_", "test_"}) {
    if (name.rfind(prefix, 0) == 0) {
      return {prefix.substr(0, prefix.size() - 1), name.substr(prefix.size())};
    }
  }
  return {"", name};
}

bool is_timing(const std::string& quantity) {
  return quantity == "seconds" || quantity == "items_per_second";
}

// Worth a picture: there is something finite, run times aside, and a learning rate that moves.
bool is_drawn(const std::string& quantity, const std::vector<double>& values) {
  const auto finite = std::find_if(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
  if (finite == values.end() || is_timing(quantity)) return false;
  return quantity != "lr" || std::any_of(finite, values.end(), [&](double v) { return v != *finite; });
}

std::vector<Panel> make_panels(const History& history) {
  std::vector<Panel> panels;
  for (const std::string& name : names(history)) {
    const auto [label, quantity] = split_name(name);
    std::vector<double> values = column(history, name);
    if (!is_drawn(quantity, values)) continue;
    const auto same = [&, q = quantity](const Panel& p) { return p.quantity == q; };
    auto panel = std::find_if(panels.begin(), panels.end(), same);
    if (panel == panels.end()) panel = panels.insert(panels.end(), {.quantity = quantity});
    panel->curves.push_back({.label = label, .values = std::move(values)});
  }
  return panels;
}

// gnuplot's single-quoted strings know one escape, a doubled quote.
std::string quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\n' || c == '\r') continue;
    result += c;
    if (c == '\'') result += c;
  }
  return result + "'";
}

std::string readable(std::string name) {
  if (name == "lr") return "learning rate";
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

void write_data(const History& history, const Panel& panel, std::ostream& script) {
  script << "$data << END_OF_DATA\n";
  for (std::size_t row = 0; row < history.size(); ++row) {
    script << history[row].epoch;
    for (const Curve& curve : panel.curves) {
      const double v = curve.values[row];
      if (std::isfinite(v)) {
        script << ' ' << v;
      } else {
        script << " NaN";
      }
    }
    script << '\n';
  }
  script << "END_OF_DATA\n";
}

void write_panel(const History& history, const Panel& panel, std::ostream& script) {
  write_data(history, panel, script);
  script << "set title " << quoted(readable(panel.quantity)) << " font ',12' tc rgb '#333333'\n";
  const bool legend = panel.curves.size() > 1;
  script << (legend ? "set key " : "unset key\n");
  // Losses fall, so the upper right is free; what rises leaves the lower right.
  const std::vector<double>& first = panel.curves[0].values;
  if (legend) script << (first.back() < first.front() ? "top" : "bottom") << " right\n";
  // Points are drawn while they can be told apart.
  const char* style = history.size() <= 40 ? "linespoints pt 7 ps 0.45" : "lines";
  script << "plot ";
  for (std::size_t c = 0; c < panel.curves.size(); ++c) {
    script << (c == 0 ? "" : ", ") << "$data using 1:" << c + 2 << " with " << style << " lw 2 lc rgb '"
           << kColours[c % std::size(kColours)] << "' title "
           << quoted(readable(panel.curves[c].label));
  }
  script << '\n';
}

std::string make_script(const History& history, const std::vector<Panel>& panels,
                        const PlotOptions& options, const std::string& terminal) {
  const int width = options.panel_width * static_cast<int>(panels.size());
  const int height = options.panel_height + (options.title.empty() ? 0 : kTitleHeight);
  std::ostringstream script;
  script.precision(9);
  script << "set terminal " << terminal << " size " << width << ',' << height
         << " font 'DejaVu Sans,10' background rgb 'white' noenhanced\n"
         << "set encoding utf8\n"
         << "set border 3 lc rgb '#888888'\nset tics nomirror out scale 0.5 textcolor rgb '#333333'\n"
         << "set grid ytics lc rgb '#e4e4e4' lt 1 lw 1\nset key samplen 2 textcolor rgb '#333333'\n"
         << "set xlabel 'epoch' tc rgb '#333333'\nset offsets graph 0.02, graph 0.02, graph 0.04, graph 0.04\n"
         << "set autoscale noextend\n"
         // Whole epochs on the axis, also where there are few.
         << "set xtics " << (history.size() <= 12 ? "1" : "autofreq") << "\nset datafile missing 'NaN'\n"
         << "set multiplot layout 1," << panels.size();
  if (!options.title.empty()) script << " title " << quoted(options.title) << " font ',14'";
  script << '\n';
  for (const Panel& panel : panels) write_panel(history, panel, script);
  script << "unset multiplot\n";
  return script.str();
}

// The picture's bytes: gnuplot writes to standard output where no file is set.
absl::StatusOr<std::string> draw(const std::string& script) {
  const auto run = internal::run_program({"gnuplot"}, script);
  if (!run.ok()) return run.status();
  if (run->exit_code != 0 || run->output.empty()) {
    return absl::InternalError("gnuplot ended with code " + std::to_string(run->exit_code) + ": " +
                               run->errors);
  }
  return run->output;
}

absl::Status draw_to(const std::string& path, const std::string& script) {
  const absl::StatusOr<std::string> picture = draw(script);
  return picture.ok() ? write_file(path, *picture) : picture.status();
}

}  // namespace

absl::StatusOr<Plot> plot_curves(const History& history, const std::string& base,
                                 const PlotOptions& options) {
  const std::vector<Panel> panels = make_panels(history);
  if (panels.empty()) {
    return absl::InvalidArgumentError(base + ": expected a history with finite values to draw");
  }
  if (absl::IsNotFound(internal::run_program({"gnuplot", "--version"}, "").status())) {
    return Plot{.note = "no curves drawn: gnuplot is not installed"};
  }
  Plot plot{.svg = base + ".svg", .png = base + ".png"};
  absl::Status status = draw_to(plot.svg, make_script(history, panels, options, "svg"));
  if (status.ok()) status = draw_to(plot.png, make_script(history, panels, options, "pngcairo"));
  if (!status.ok()) return status;
  return plot;
}

}  // namespace tenon::train

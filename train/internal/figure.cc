#include "train/internal/figure.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string_view>

#include "tensor/io/atomic_file.h"
#include "train/internal/run_program.h"

namespace tenon::train::internal {
namespace {

// Colours that people with any kind of colour vision tell apart (Okabe & Ito 2008).
constexpr const char* kColours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                    "#56b4e9", "#e69f00", "#000000"};
constexpr int kTitleHeight = 44;
// Points are drawn while they can be told apart, whole epochs named while there is room.
constexpr int kMaxPoints = 40;
constexpr int kMaxNamedEpochs = 12;

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

int last_epoch(const std::vector<Panel>& panels) {
  int last = 0;
  for (const Panel& panel : panels) {
    for (const Curve& curve : panel.curves) {
      if (!curve.epochs.empty()) last = std::max(last, curve.epochs.back());
    }
  }
  return last;
}

void write_data(const Panel& panel, std::ostream& script) {
  for (std::size_t c = 0; c < panel.curves.size(); ++c) {
    const Curve& curve = panel.curves[c];
    script << "$data" << c << " << END_OF_DATA\n";
    for (std::size_t i = 0; i < curve.epochs.size(); ++i) {
      script << curve.epochs[i] << ' ';
      if (std::isfinite(curve.values[i])) {
        script << curve.values[i] << '\n';
      } else {
        script << "NaN\n";
      }
    }
    script << "END_OF_DATA\n";
  }
}

void write_panel(const Panel& panel, int epochs, std::ostream& script) {
  write_data(panel, script);
  script << "set title " << quoted(readable(panel.quantity)) << " font ',12' tc rgb '#333333'\n";
  const bool legend = panel.curves.size() > 1;
  script << (legend ? "set key " : "unset key\n");
  // Losses fall, so the upper right is free; what rises leaves the lower right.
  const std::vector<double>& first = panel.curves[0].values;
  if (legend) script << (first.back() < first.front() ? "top" : "bottom") << " right\n";
  const char* style = epochs <= kMaxPoints ? "linespoints pt 7 ps 0.45" : "lines";
  script << "plot ";
  for (std::size_t c = 0; c < panel.curves.size(); ++c) {
    script << (c == 0 ? "" : ", ") << "$data" << c << " using 1:2 with " << style
           << " lw 2 lc rgb '" << kColours[c % std::size(kColours)] << "' title "
           << quoted(readable(panel.curves[c].label));
  }
  script << '\n';
}

std::string make_script(const std::vector<Panel>& panels, const PlotOptions& options, int columns,
                        const std::string& terminal) {
  const int count = static_cast<int>(panels.size());
  const int across = std::min(columns, count);
  const int rows = (count + across - 1) / across;
  const int width = options.panel_width * across;
  const int height = options.panel_height * rows + (options.title.empty() ? 0 : kTitleHeight);
  const int epochs = last_epoch(panels);
  std::ostringstream script;
  script.precision(9);
  script
      << "set terminal " << terminal << " size " << width << ',' << height
      << " font 'DejaVu Sans,10' background rgb 'white' noenhanced\n"
      << "set encoding utf8\n"
      << "set border 3 lc rgb '#888888'\nset tics nomirror out scale 0.5 textcolor rgb '#333333'\n"
      << "set grid ytics lc rgb '#e4e4e4' lt 1 lw 1\nset key samplen 2 textcolor rgb '#333333'\n"
      << "set xlabel 'epoch' tc rgb '#333333'\nset offsets graph 0.02, graph 0.02, graph 0.04, "
         "graph 0.04\n"
      << "set autoscale noextend\n"
      << "set xtics " << (epochs <= kMaxNamedEpochs ? "1" : "autofreq")
      << "\nset datafile missing 'NaN'\n"
      << "set multiplot layout " << rows << ',' << across;
  if (!options.title.empty()) script << " title " << quoted(options.title) << " font ',14'";
  script << '\n';
  for (const Panel& panel : panels) write_panel(panel, epochs, script);
  script << "unset multiplot\n";
  return script.str();
}

// The picture's bytes: gnuplot writes to standard output where no file is set.
absl::StatusOr<std::string> draw(const std::string& script) {
  const auto run = run_program({"gnuplot"}, script);
  if (!run.ok()) return run.status();
  if (run->exit_code != 0 || run->output.empty()) {
    return absl::InternalError("gnuplot ended with code " + std::to_string(run->exit_code) + ": " +
                               run->errors);
  }
  return run->output;
}

}  // namespace

std::pair<std::string, std::string> split_name(const std::string& name) {
  for (const std::string prefix : {"train_", "val_", "test_"}) {
    if (name.rfind(prefix, 0) == 0) {
      return {prefix.substr(0, prefix.size() - 1), name.substr(prefix.size())};
    }
  }
  return {"", name};
}

bool is_drawn(const std::string& name, const std::vector<double>& values) {
  if (name == "seconds" || name == "items_per_second" || name == "peak_bytes") return false;
  const auto finite =
      std::find_if(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
  if (finite == values.end()) return false;
  return name != "lr" || std::any_of(finite, values.end(), [&](double v) { return v != *finite; });
}

absl::StatusOr<std::string> draw_svg(const std::vector<Panel>& panels, const PlotOptions& options,
                                     int columns) {
  return draw(make_script(panels, options, columns, "svg"));
}

absl::StatusOr<Plot> write_pictures(const std::vector<Panel>& panels, const std::string& base,
                                    const PlotOptions& options, int columns) {
  const absl::StatusOr<std::string> svg = draw_svg(panels, options, columns);
  if (absl::IsNotFound(svg.status())) {
    return Plot{.note = "no curves drawn: gnuplot is not installed"};
  }
  if (!svg.ok()) return svg.status();
  const absl::StatusOr<std::string> png = draw(make_script(panels, options, columns, "pngcairo"));
  if (!png.ok()) return png.status();
  const Plot plot{.svg = base + ".svg", .png = base + ".png"};
  absl::Status status = write_file(plot.svg, *svg);
  if (status.ok()) status = write_file(plot.png, *png);
  if (!status.ok()) return status;
  return plot;
}

}  // namespace tenon::train::internal

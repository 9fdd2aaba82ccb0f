#include "train/figure.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string_view>

#include "tensor/error.h"
#include "tensor/io/atomic_file.h"
#include "train/internal/run_program.h"

namespace tenon::train {
namespace {

// Colours that people with any kind of colour vision tell apart (Okabe & Ito 2008), and three more.
constexpr const char* kColours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9",
                                    "#e69f00", "#000000", "#882255", "#999999", "#b8a800"};
constexpr int kTitleHeight = 44;
// Points of a curve are marked while they can be told apart, whole numbers named while there is
// room.
constexpr std::size_t kMaxMarks = 40;
constexpr double kMaxNamedNumbers = 12;

bool is_shown(const Panel& panel, double x, double y) {
  return std::isfinite(x) && std::isfinite(y) && (!panel.log_x || x > 0) && (!panel.log_y || y > 0);
}

void check(const std::vector<Panel>& panels, int columns) {
  if (columns < 1)
    throw ValueError("[draw_figure] expected columns >= 1, got " + std::to_string(columns));
  for (const Panel& panel : panels) {
    for (const Series& series : panel.series) {
      if (series.x.size() == series.y.size()) continue;
      throw ValueError("[draw_figure] expected as many x as y in series '" + series.label +
                       "', got " + std::to_string(series.x.size()) + " and " +
                       std::to_string(series.y.size()));
    }
  }
}

bool has_something(const Panel& panel) {
  for (const Series& series : panel.series) {
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (is_shown(panel, series.x[i], series.y[i])) return true;
    }
  }
  return false;
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

void write_data(const Panel& panel, std::ostream& script) {
  for (std::size_t s = 0; s < panel.series.size(); ++s) {
    const Series& series = panel.series[s];
    script << "$data" << s << " << END_OF_DATA\n";
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (is_shown(panel, series.x[i], series.y[i])) {
        script << series.x[i] << ' ' << series.y[i] << '\n';
      } else if (series.style == SeriesStyle::kLines) {
        script << '\n';  // a gap
      }
    }
    script << "END_OF_DATA\n";
  }
}

std::string style_of(const Series& series) {
  if (series.style == SeriesStyle::kPoints) return "points pt 7 ps 0.35";
  return series.x.size() <= kMaxMarks ? "linespoints pt 7 ps 0.45 lw 2" : "lines lw 2";
}

bool is_cloud(const Panel& panel) {
  return std::any_of(panel.series.begin(), panel.series.end(),
                     [](const Series& s) { return s.style == SeriesStyle::kPoints; });
}

// Outside: where curves leave room, nobody knows.
std::string legend(const Panel& panel) {
  if (panel.series.size() < 2) return "unset key\n";
  return is_cloud(panel) ? "set key outside right top\n" : "set key below height 1\n";
}

// Few whole numbers, such as epochs, are all named.
bool names_all_numbers(const Panel& panel) {
  if (panel.log_x || is_cloud(panel)) return false;
  double low = 0, high = 0;
  for (const Series& series : panel.series) {
    for (const double x : series.x) {
      if (x != std::floor(x)) return false;
      low = std::min(low, x);
      high = std::max(high, x);
    }
  }
  return high - low <= kMaxNamedNumbers;
}

void write_axes(const Panel& panel, std::ostream& script) {
  script << "set title " << quoted(panel.title) << " font ',12' tc rgb '#333333'\n"
         << "set xlabel " << quoted(panel.x_label) << " tc rgb '#333333'\n"
         << "set ylabel " << quoted(panel.y_label) << " tc rgb '#333333'\n"
         << (panel.log_x ? "set logscale x\n" : "unset logscale x\n")
         << (panel.log_y ? "set logscale y\nset format y '%g'\n" : "unset logscale y\n")
         << "set xtics " << (names_all_numbers(panel) ? "1" : "autofreq") << '\n'
         << legend(panel);
}

void write_panel(const Panel& panel, std::ostream& script) {
  write_data(panel, script);
  write_axes(panel, script);
  script << "plot ";
  for (std::size_t s = 0; s < panel.series.size(); ++s) {
    script << (s == 0 ? "" : ", ") << "$data" << s << " using 1:2 with "
           << style_of(panel.series[s]) << " lc rgb '" << kColours[s % std::size(kColours)]
           << "' title " << quoted(panel.series[s].label);
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
  std::ostringstream script;
  script.precision(9);
  script
      << "set terminal " << terminal << " size " << width << ',' << height
      << " font 'DejaVu Sans,10' background rgb 'white' noenhanced\n"
      << "set encoding utf8\n"
      << "set border 3 lc rgb '#888888'\nset tics nomirror out scale 0.5 textcolor rgb '#333333'\n"
      << "set grid ytics lc rgb '#e4e4e4' lt 1 lw 1\nset key samplen 2 textcolor rgb '#333333'\n"
      << "set offsets graph 0.02, graph 0.02, graph 0.04, graph 0.04\n"
      << "set autoscale noextend\n"
      << "set multiplot layout " << rows << ',' << across;
  if (!options.title.empty()) script << " title " << quoted(options.title) << " font ',14'";
  script << '\n';
  for (const Panel& panel : panels) write_panel(panel, script);
  script << "unset multiplot\n";
  return script.str();
}

// The picture's bytes: gnuplot writes to standard output where no file is set.
absl::StatusOr<std::string> draw(const std::vector<Panel>& panels, const PlotOptions& options,
                                 int columns, const std::string& terminal) {
  check(panels, columns);
  std::vector<Panel> shown;
  std::copy_if(panels.begin(), panels.end(), std::back_inserter(shown), has_something);
  if (shown.empty()) return absl::InvalidArgumentError("expected finite values to draw");
  const auto run =
      internal::run_program({"gnuplot"}, make_script(shown, options, columns, terminal));
  if (!run.ok()) return run.status();
  if (run->exit_code != 0 || run->output.empty()) {
    return absl::InternalError("gnuplot ended with code " + std::to_string(run->exit_code) + ": " +
                               run->errors);
  }
  return run->output;
}

}  // namespace

absl::StatusOr<std::string> figure_svg(const std::vector<Panel>& panels, const PlotOptions& options,
                                       int columns) {
  return draw(panels, options, columns, "svg");
}

absl::StatusOr<Plot> draw_figure(const std::vector<Panel>& panels, const std::string& base,
                                 const PlotOptions& options, int columns) {
  const absl::StatusOr<std::string> svg = figure_svg(panels, options, columns);
  if (absl::IsNotFound(svg.status())) {
    return Plot{.note = "no curves drawn: gnuplot is not installed"};
  }
  if (absl::IsInvalidArgument(svg.status())) {
    return absl::InvalidArgumentError(base + ": " + std::string(svg.status().message()));
  }
  if (!svg.ok()) return svg.status();
  const absl::StatusOr<std::string> png = draw(panels, options, columns, "pngcairo");
  if (!png.ok()) return png.status();
  const Plot plot{.svg = base + ".svg", .png = base + ".png"};
  absl::Status status = write_file(plot.svg, *svg);
  if (status.ok()) status = write_file(plot.png, *png);
  if (!status.ok()) return status;
  return plot;
}

}  // namespace tenon::train

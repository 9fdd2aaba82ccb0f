#include "train/figure.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <sstream>

#include "tensor/error.h"
#include "train/internal/run_program.h"

namespace tenon::train {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool has_gnuplot() { return internal::run_program({"gnuplot", "--version"}, "").ok(); }

std::string temporary(const std::string& name) { return testing::TempDir() + "/" + name; }

std::string begin_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(8, '\0');
  file.read(bytes.data(), 8);
  return bytes;
}

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(Figure, NamesPanelsAxesAndSeries) {
  if (!has_gnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  const std::vector<Panel> panels = {
      {.title = "it's 100 %",
       .x_label = "share kept",
       .y_label = "accuracy",
       .series = {{"ticket", {0.1, 0.5}, {0.9, 0.8}}, {"re-init", {0.1, 0.5}, {0.7, 0.6}}}},
      {.title = "classes",
       .series = {{"cats", {1, 2, 3}, {1, 2, 1}, SeriesStyle::kPoints},
                  {"dogs", {4, 5}, {2, 2}, SeriesStyle::kPoints}}}};
  const auto svg = figure_svg(panels, {.title = "both"});
  ASSERT_TRUE(svg.ok()) << svg.status();
  for (const char* text : {"100 %", ">share kept<", ">accuracy<", ">ticket<", ">re-init<",
                           ">classes<", ">cats<", ">dogs<", ">both<"}) {
    EXPECT_NE(svg->find(text), svg->npos) << text;
  }
  const auto plot = draw_figure(panels, temporary("both"), {}, 1);
  ASSERT_TRUE(plot.ok()) << plot.status();
  EXPECT_EQ(begin_of(plot->png), "\x89PNG\r\n\x1a\n");
}

TEST(Figure, DrawsOnlyWhatIsPositiveOnLogarithmicAxes) {
  if (!has_gnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  Panel panel{.title = "gradients",
              .series = {{"norm", {1, 2, 3, 4}, {1e-9, 0, -1, 1e-3}, SeriesStyle::kPoints}}};
  panel.log_y = true;
  const auto logarithmic = figure_svg({panel});
  ASSERT_TRUE(logarithmic.ok()) << logarithmic.status();
  panel.log_y = false;
  const auto linear = figure_svg({panel});
  ASSERT_TRUE(linear.ok()) << linear.status();
  // gnuplot's SVG places each point by a reference to its symbol.
  EXPECT_EQ(count(*logarithmic, "xlink:href='#gpPt6'"), 2);
  EXPECT_EQ(count(*linear, "xlink:href='#gpPt6'"), 4);
}

TEST(Figure, LeavesOutPanelsWithoutAFiniteValue) {
  if (!has_gnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  const auto svg = figure_svg({{.title = "diverged", .series = {{"sgd", {1}, {kInfinity}}}},
                               {.title = "fine", .series = {{"sgd", {1, 2}, {1, 2}}}}});
  ASSERT_TRUE(svg.ok()) << svg.status();
  EXPECT_EQ(svg->find("diverged"), svg->npos);
  EXPECT_NE(svg->find(">fine<"), svg->npos);
}

TEST(Figure, RefusesWhatCannotBeDrawn) {
  EXPECT_THROW((void)figure_svg({{.series = {{"short", {1, 2}, {1}}}}}), ValueError);
  EXPECT_THROW((void)figure_svg({{.series = {{"one", {1}, {1}}}}}, {}, 0), ValueError);
  const auto nothing = draw_figure({{.series = {{"sgd", {1}, {kInfinity}}}}}, "run/nothing");
  EXPECT_EQ(nothing.status().message(), "run/nothing: expected finite values to draw");
  EXPECT_FALSE(figure_svg({}).ok());
}

}  // namespace
}  // namespace tenon::train

#include "train/plot.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include "train/internal/run_program.h"

namespace tenon::train {
namespace {

std::string temporary(const std::string& name) { return testing::TempDir() + "/" + name; }

std::string read(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

History falling_loss() {
  History history;
  for (int epoch = 1; epoch <= 5; ++epoch) {
    history.push_back({.epoch = epoch,
                       .values = {{"train_loss", 1.0 / epoch},
                                  {"val_loss", 1.5 / epoch},
                                  {"val_accuracy", 1 - 0.5 / epoch},
                                  {"seconds", 3}}});
  }
  return history;
}

bool has_gnuplot() { return internal::run_program({"gnuplot", "--version"}, "").ok(); }

// Sets PATH for one test.
class PathGuard {
 public:
  explicit PathGuard(const std::string& path) : before_(std::getenv("PATH")) {
    setenv("PATH", path.c_str(), 1);
  }
  ~PathGuard() { setenv("PATH", before_.c_str(), 1); }

 private:
  std::string before_;
};

// A folder with a program of that name, for PATH.
std::string fake_program(const std::string& name, const std::string& script) {
  const std::string folder = temporary("fake_" + name);
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/" + name) << "#!/bin/sh\n" << script;
  chmod((folder + "/" + name).c_str(), 0755);
  return folder;
}

TEST(Plot, DrawsSvgAndPng) {
  if (!has_gnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  const auto plot = plot_curves(falling_loss(), temporary("it's"), {.title = "it's 100%"});
  ASSERT_TRUE(plot.ok()) << plot.status();
  EXPECT_EQ(plot->note, "");
  EXPECT_EQ(plot->png, temporary("it's.png"));
  const std::string png = read(plot->png);
  EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  EXPECT_EQ(png.substr(png.size() - 8, 4), "IEND");
  const std::string svg = read(plot->svg);
  EXPECT_NE(svg.find("</svg>"), svg.npos);
  for (const char* text : {">train<", ">val<", ">loss<", ">accuracy<", ">epoch<", "100%"}) {
    EXPECT_NE(svg.find(text), svg.npos) << text;
  }
  EXPECT_EQ(svg.find(">seconds<"), svg.npos);
}

TEST(Plot, LeavesGapsWhereNothingIsFinite) {
  if (!has_gnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  History history = falling_loss();
  history[2].values[0].value = std::numeric_limits<double>::infinity();
  history[3].values[0].value = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(plot_curves(history, temporary("gaps")).ok());
  // A single point, and a curve without height.
  EXPECT_TRUE(plot_curves({{.epoch = 1, .values = {{"train_loss", 2}}}}, temporary("one")).ok());
}

TEST(Plot, NothingFiniteIsAnError) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const History& history :
       {History{}, History{{.epoch = 1, .values = {{"train_loss", nan}, {"seconds", 1}}}}}) {
    EXPECT_TRUE(absl::IsInvalidArgument(plot_curves(history, temporary("none")).status()));
  }
  EXPECT_FALSE(std::filesystem::exists(temporary("none.svg")));
}

TEST(Plot, WithoutGnuplotANoteSaysSo) {
  const PathGuard path(temporary("nowhere"));
  const auto plot = plot_curves(falling_loss(), temporary("noted"));
  ASSERT_TRUE(plot.ok()) << plot.status();
  EXPECT_NE(plot->note.find("gnuplot"), std::string::npos);
  EXPECT_EQ(plot->svg + plot->png, "");
  EXPECT_FALSE(std::filesystem::exists(temporary("noted.svg")));
}

TEST(Plot, PassesGnuplotsComplaintOn) {
  const PathGuard path(fake_program("gnuplot", "echo no such terminal >&2\nexit 3\n"));
  const absl::Status status = plot_curves(falling_loss(), temporary("failed")).status();
  EXPECT_TRUE(absl::IsInternal(status)) << status;
  EXPECT_NE(status.message().find("no such terminal"), std::string::npos) << status;
  EXPECT_FALSE(std::filesystem::exists(temporary("failed.svg")));
}

TEST(Plot, UnwritableFileIsNamed) {
  if (!has_gnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  const absl::Status status =
      plot_curves(falling_loss(), temporary("no_such_folder/curves")).status();
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.message().find("no_such_folder/curves.svg"), std::string::npos) << status;
}

TEST(RunProgram, PassesTextBothWays) {
  const std::string text(1 << 20, 'x');  // more than a pipe holds
  const auto run = internal::run_program({"sh", "-c", "cat; echo oops >&2; exit 7"}, text);
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->output, text);
  EXPECT_EQ(run->errors, "oops\n");
  EXPECT_EQ(run->exit_code, 7);
  EXPECT_EQ(internal::run_program({"sh", "-c", "kill -9 $$"}, "")->exit_code, 137);
  EXPECT_TRUE(absl::IsNotFound(internal::run_program({"no-such-program"}, "").status()));
}

}  // namespace
}  // namespace tenon::train

#include "train/comparison.h"

#include <filesystem>
#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "train/testing.h"

namespace tenon::train {
namespace {

std::vector<NamedRun> two_runs() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  return {{"sgd",
           {{.epoch = 1, .values = {{"val_loss", 2}, {"val_accuracy", 0.5}, {"seconds", 1}}},
            {.epoch = 2, .values = {{"val_loss", 1}, {"val_accuracy", 0.7}, {"seconds", 2}}},
            {.epoch = 3, .values = {{"val_loss", 1.5}, {"val_accuracy", 0.6}, {"seconds", 1.5}}}}},
          {"adam", {{.epoch = 1, .values = {{"val_loss", nan}, {"seconds", 1}}}}}};
}

TEST(ComparisonTest, Table) {
  EXPECT_EQ(comparison_table(two_runs()),
            "run   epochs  seconds  val_loss  best (epoch)  val_accuracy  best (epoch)\n"
            "sgd        3      4.5       1.5         1 (2)           0.6       0.7 (2)\n"
            "adam       1      1.0         -         - (0)             -         - (0)\n");
}

TEST(ComparisonTest, Csv) {
  EXPECT_EQ(comparison_csv(two_runs()),
            "run,quantity,last,best,best_epoch\n"
            "sgd,val_loss,1.5,1,2\n"
            "sgd,val_accuracy,0.6,0.7,2\n"
            "adam,val_loss,-,-,0\n");
}

TEST(ComparisonTest, PictureHasACurveForEachRun) {
  const std::string folder = testing::fresh_folder(::testing::TempDir() + "/comparison");
  auto runs = two_runs();
  runs[1].history[0].values[0].value = 3;
  const auto plot = plot_comparison(runs, folder + "/both");
  ASSERT_TRUE(plot.ok()) << plot.status();
  if (!plot->note.empty()) GTEST_SKIP() << plot->note;
  const std::string svg = testing::read_bytes(plot->svg);
  for (const char* text : {">sgd<", ">adam<", ">val loss<", ">val accuracy<"}) {
    EXPECT_NE(svg.find(text), svg.npos) << text;
  }
  EXPECT_EQ(testing::read_bytes(plot->png).substr(1, 3), "PNG");
}

TEST(ComparisonTest, NothingToDraw) {
  EXPECT_TRUE(absl::IsInvalidArgument(plot_comparison({}, "nothing").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(plot_comparison({{"empty", {}}}, "nothing").status()));
}

}  // namespace
}  // namespace tenon::train

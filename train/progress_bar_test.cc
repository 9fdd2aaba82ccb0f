#include "train/progress_bar.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

namespace tenon::train {
namespace {

double g_now = 0;
double test_clock() { return g_now; }

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> pieces;
  std::stringstream stream(text);
  for (std::string piece; std::getline(stream, piece, separator);) pieces.push_back(piece);
  return pieces;
}

// What stands on a terminal's screen in the end, line by line.
std::vector<std::string> screen(const std::string& written) {
  std::vector<std::string> lines;
  for (const std::string& line : split(written, '\n')) {
    const std::size_t erased = line.rfind("\x1b[2K");
    lines.push_back(erased == line.npos ? line : line.substr(erased + 4));
  }
  return lines;
}

class ProgressBarTest : public testing::Test {
 protected:
  ProgressBarTest() { g_now = 100; }

  ProgressBar make(ProgressStyle style, int width = 100) {
    return ProgressBar({.style = style, .out = &out_, .width = width, .clock = test_clock});
  }

  // Ten steps of 64 examples, 0.2 s each.
  void run_epoch(ProgressBar& bar, int epoch, double seconds_per_step = 0.2) {
    bar.begin_epoch(epoch, 2, 10);
    for (int step = 0; step < 10; ++step) {
      g_now += seconds_per_step;
      bar.advance(64);
      if (bar.due()) bar.draw({{"loss", 0.5}, {"accuracy", 0.25}});
    }
    bar.end_epoch({{"train_loss", 0.5}, {"val_accuracy", 0.75}});
  }

  std::ostringstream out_;
};

TEST_F(ProgressBarTest, LinesElsewhere) {
  ProgressBar bar = make(ProgressStyle::kLines);
  run_epoch(bar, 1);
  run_epoch(bar, 2);
  EXPECT_EQ(out_.str(),
            "epoch 1/2  loss 0.5000  val accuracy 0.7500  320/s  2.0s\n"
            "epoch 2/2  loss 0.5000  val accuracy 0.7500  320/s  2.0s\n");
}

TEST_F(ProgressBarTest, LongEpochsSayThatTheyGoOn) {
  ProgressBar bar = make(ProgressStyle::kLines);
  run_epoch(bar, 1, 7);
  const auto lines = split(out_.str(), '\n');
  ASSERT_EQ(lines.size(), 3u) << out_.str();  // after 35 and 70 seconds, and the end
  // 5 of 10 steps after 35 s: 5 more here and 10 of the next epoch at 7 s each.
  EXPECT_EQ(lines[0], "epoch 1/2   50%  loss 0.5000  accuracy 0.2500  9/s  1:45 left");
}

TEST_F(ProgressBarTest, StringStreamIsNoTerminal) {
  ProgressBar bar = make(ProgressStyle::kAuto);
  run_epoch(bar, 1);
  EXPECT_EQ(out_.str().find('\x1b'), std::string::npos);
  EXPECT_EQ(split(out_.str(), '\n').size(), 1u);
}

TEST_F(ProgressBarTest, BarIsDrawnInPlace) {
  ProgressBar bar = make(ProgressStyle::kBar);
  bar.begin_epoch(1, 2, 10);
  for (int step = 0; step < 5; ++step) {
    g_now += 1;
    bar.advance(64);
    ASSERT_TRUE(bar.due());
    bar.draw({{"loss", 0.5}});
  }
  ASSERT_EQ(screen(out_.str()).size(), 1u);
  EXPECT_EQ(screen(out_.str())[0],
            "epoch 1/2  [================>               ]   50%  loss 0.5000  64/s  15s left");
  bar.end_epoch({{"train_loss", 0.25}});
  EXPECT_EQ(screen(out_.str())[0], "epoch 1/2  loss 0.2500  64/s  5.0s");
  EXPECT_EQ(out_.str().back(), '\n');
}

TEST_F(ProgressBarTest, DrawsAtMostTenTimesASecond) {
  ProgressBar bar = make(ProgressStyle::kBar);
  bar.begin_epoch(1, 1, 10000);
  int drawn = 0;
  for (int step = 0; step < 10000; ++step) {
    g_now += 1e-4;  // one second in all
    bar.advance(1);
    if (!bar.due()) continue;
    bar.draw({});
    ++drawn;
  }
  EXPECT_GE(drawn, 8);
  EXPECT_LE(drawn, 10);
}

TEST_F(ProgressBarTest, FitsIntoNarrowTerminals) {
  for (const int width : {1, 20, 40, 60, 80, 200}) {
    out_.str("");
    ProgressBar bar = make(ProgressStyle::kBar, width);
    bar.begin_epoch(1, 2, 10);
    g_now += 1;
    bar.advance(64);
    bar.draw({{"loss", 0.5}, {"accuracy", 0.25}});
    EXPECT_LT(screen(out_.str()).at(0).size(), static_cast<std::size_t>(width)) << out_.str();
  }
}

TEST_F(ProgressBarTest, SilentSaysNothing) {
  ProgressBar bar = make(ProgressStyle::kSilent);
  run_epoch(bar, 1, 100);
  EXPECT_EQ(out_.str(), "");
  EXPECT_FALSE(bar.due());
}

TEST_F(ProgressBarTest, UnfinishedBarEndsItsLine) {
  {
    ProgressBar bar = make(ProgressStyle::kBar);
    bar.begin_epoch(1, 2, 10);
    g_now += 1;
    bar.advance(1);
    bar.draw({});
  }
  EXPECT_EQ(out_.str().back(), '\n');
}

TEST_F(ProgressBarTest, NumbersOfAnySize) {
  ProgressBar bar = make(ProgressStyle::kLines);
  bar.begin_epoch(7, 10, 1);
  g_now += 3725;
  bar.advance(3725LL * 2500000);
  bar.end_epoch({{"a", 0}, {"b", 1e-7}, {"c", 123456}, {"d", std::nan("")}, {"e", -0.5}});
  EXPECT_EQ(out_.str(),
            "epoch  7/10  a 0.0000  b 1e-07  c 1.23e+05  d nan  e -0.5000  2.5M/s  1:02:05\n");
}

TEST_F(ProgressBarTest, EpochWithoutStepsDoesNoHarm) {
  ProgressBar bar = make(ProgressStyle::kBar);
  bar.begin_epoch(1, 1, 0);
  bar.draw({});
  bar.end_epoch({});
  EXPECT_NE(out_.str().find("epoch 1/1"), std::string::npos);
}

}  // namespace
}  // namespace tenon::train

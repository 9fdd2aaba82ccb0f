#include "optim/moving_average.h"

#include <vector>

#include "gtest/gtest.h"
#include "optim/testing.h"

namespace tenon::optim {
namespace {

using autograd::Variable;
using testing::floats;
using testing::leaf;
using testing::message_of;

TEST(MovingAverageTest, AgainstALoop) {
  const Variable w = leaf({3}, 1), v(full({2}, 2, {.dtype = DType::kBF16}), true);
  MovingAverage average({w, v}, {.decay = 0.75});
  double expected_w = 1, expected_v = 2;
  for (int step = 1; step <= 5; ++step) {
    w.value().fill_(step);
    v.value().fill_(-step);
    average.update();
    expected_w = 0.75 * expected_w + 0.25 * step;
    expected_v = 0.75 * expected_v - 0.25 * step;
  }
  EXPECT_NEAR(average.averages()[0].item<float>({0}), expected_w, 1e-6);
  EXPECT_EQ(average.averages()[1].dtype(), DType::kF32);
  EXPECT_NEAR(average.averages()[1].item<float>({1}), expected_v, 1e-6);
}

TEST(MovingAverageTest, WarmupForgetsTheFirstValues) {
  const Variable w = leaf({1}, 1);
  MovingAverage average({w}, {.decay = 0.999, .warmup = true});
  w.value().fill_(2);
  average.update();  // decay 1/10
  EXPECT_NEAR(average.averages()[0].item<float>({0}), 1.9, 1e-6);
  average.update();  // 2/11
  EXPECT_NEAR(average.averages()[0].item<float>({0}), 2 - 0.1 * 2 / 11, 1e-6);
}

TEST(MovingAverageTest, ChangesPlacesWithTheParameters) {
  const Variable w(full({2}, 1, {.dtype = DType::kBF16}), true);
  MovingAverage average({w}, {.decay = 0.5});
  w.value().fill_(3);
  average.update();
  average.apply();
  EXPECT_EQ(floats(w.value()), (std::vector<float>{2, 2}));
  EXPECT_THROW(average.apply(), ValueError);
  EXPECT_THROW(average.update(), ValueError);
  average.restore();
  EXPECT_EQ(floats(w.value()), (std::vector<float>{3, 3}));
  EXPECT_THROW(average.restore(), ValueError);
  average.update();
  EXPECT_EQ(floats(average.averages()[0]), (std::vector<float>{2.5, 2.5}));
}

TEST(MovingAverageTest, SavedAndRestoredGoesOn) {
  const Variable w = leaf({2});
  MovingAverage average({w}, {.decay = 0.9, .warmup = true});
  w.value().fill_(5);
  average.update();
  MovingAverage resumed({w}, {.decay = 0.9, .warmup = true});
  resumed.load_state_dict(testing::clone(average.state_dict()));
  average.update();
  resumed.update();
  EXPECT_EQ(floats(resumed.averages()[0]), floats(average.averages()[0]));
  EXPECT_EQ(resumed.updates(), 2);
}

TEST(MovingAverageTest, BadInput) {
  const std::vector<Variable> p = {leaf({2})};
  EXPECT_EQ(message_of<ValueError>([&] { MovingAverage(p, {.decay = 1}); }),
            "[MovingAverage] expected a decay in [0,1), got 1.000000");
  EXPECT_THROW(MovingAverage(std::vector<Variable>{}), ValueError);
  MovingAverage average(p);
  StateDict state = average.state_dict();
  state[1].second = zeros({3});
  EXPECT_EQ(message_of<ShapeError>([&] { average.load_state_dict(state); }),
            "[MovingAverage.load_state_dict] expected \"average.0\" [2], got [3]");
  EXPECT_EQ(floats(average.averages()[0]), (std::vector<float>{1, 1}));
}

}  // namespace
}  // namespace tenon::optim

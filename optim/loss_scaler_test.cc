#include "optim/loss_scaler.h"

#include <cmath>
#include <limits>
#include <vector>

#include "autograd/ops.h"
#include "gtest/gtest.h"
#include "optim/sgd.h"
#include "optim/testing.h"

namespace tenon::optim {
namespace {

using testing::floats;
using testing::leaf;
using testing::message_of;

TEST(LossScalerTest, TheStepIsThatOfTheLossItself) {
  const Variable w = leaf({2});
  SGD sgd({w}, {.lr = 0.5});
  LossScaler scaler({.scale = 1024});
  scaler.scale(sum(square(w))).backward();
  EXPECT_EQ(floats(w.grad().value()), (std::vector<float>{2048, 2048}));
  EXPECT_TRUE(scaler.step(sgd));
  EXPECT_EQ(floats(w.value()), (std::vector<float>{0, 0}));
}

TEST(LossScalerTest, ClipsWhatTheLossItselfGives) {
  const Variable w = leaf({1});
  SGD sgd({w}, {.lr = 1});
  LossScaler scaler({.scale = 1024});
  w.set_grad(full({1}, 2048));
  scaler.step(sgd, {.max_norm = 0.5});
  EXPECT_NEAR(w.value().item<float>(), 0.5, 1e-6);
}

// A gradient of 1e-9 is 0 in f16; its scaled self, taken down in f32, moves the f32 master.
TEST(LossScalerTest, SmallGradientsOfF16AreNotLost) {
  const Variable w(zeros({1}, {.dtype = DType::kF16}), true);
  SGD sgd({w}, {.lr = 1000});
  sgd.keep_master_weights();
  LossScaler scaler({.scale = 65536});
  w.set_grad(full({1}, 1e-9 * 65536, {.dtype = DType::kF16}));
  scaler.step(sgd);
  EXPECT_NEAR(w.value().item<float>(), -1e-6, 1e-7);
}

TEST(LossScalerTest, BacksOffAndGrows) {
  const Variable w = leaf({1});
  SGD sgd({w}, {.lr = 1});
  LossScaler scaler({.scale = 8, .growth = 4, .interval = 3, .backoff = 0.5});
  const auto step = [&](double grad) {
    w.set_grad(full({1}, grad));
    return scaler.step(sgd);
  };
  EXPECT_TRUE(step(0));
  EXPECT_FALSE(step(std::numeric_limits<double>::infinity()));
  EXPECT_FALSE(step(std::nan("")));
  EXPECT_EQ(w.value().item<float>(), 1);
  EXPECT_EQ(scaler.scale(), 2);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(step(0));
  EXPECT_EQ(scaler.scale(), 2);
  EXPECT_TRUE(step(0));
  EXPECT_EQ(scaler.scale(), 8);
}

TEST(LossScalerTest, SavedAndRestoredGoesOn) {
  const Variable w = leaf({1});
  SGD sgd({w});
  LossScaler scaler({.scale = 8, .interval = 2}), resumed({.interval = 2});
  w.set_grad(zeros({1}));
  scaler.step(sgd);
  resumed.load_state_dict(scaler.state_dict());
  EXPECT_EQ(resumed.scale(), 8);
  resumed.step(sgd);
  EXPECT_EQ(resumed.scale(), 16);
}

TEST(LossScalerTest, BadInput) {
  EXPECT_EQ(message_of<ValueError>([] { LossScaler({.scale = 0}); }),
            "[LossScaler] expected a finite scale above 0, got 0.000000");
  EXPECT_THROW(LossScaler({.growth = -1}), ValueError);
  EXPECT_THROW(LossScaler({.interval = 0}), ValueError);
  EXPECT_THROW(LossScaler({.backoff = std::nan("")}), ValueError);
  LossScaler scaler;
  EXPECT_EQ(message_of<ValueError>([&] { scaler.load_state_dict({}); }),
            "[LossScaler.load_state_dict] entry \"scaler.scale\" is missing");
  StateDict state = scaler.state_dict();
  state[0].second = zeros({});
  EXPECT_THROW(scaler.load_state_dict(state), ValueError);
}

}  // namespace
}  // namespace tenon::optim

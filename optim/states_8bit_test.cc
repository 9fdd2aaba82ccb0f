// States in 8 bits against bitsandbytes' (testdata/make_states_8bit.py), and what is kept of them.
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "optim/optim.h"
#include "optim/testing.h"
#include "tensor/io/safetensors.h"
#include "tensor/ops.h"

namespace tenon::optim {
namespace {

using testing::clone;
using testing::floats;
using testing::leaf;
using testing::message_of;
using testing::names;

const Tensor& fixture(const std::string& name) {
  static const SafetensorsFile file =
      read_safetensors("optim/testdata/states_8bit.safetensors").value();
  return *file.find(name);
}

struct Case {
  std::string name;                ///< in the fixture
  std::string rule;                ///< Optimizer::name()
  std::vector<std::string> slots;  ///< those with a sign first, as in the fixture
};
const Case kCases[] = {{"adamw", "AdamW", {"exp_avg", "exp_avg_sq"}},
                       {"sgd", "SGD", {"momentum_buffer"}},
                       {"lion", "Lion", {"exp_avg"}}};

std::unique_ptr<FusedOptimizer> make(const std::string& name, const Variable& w) {
  std::unique_ptr<FusedOptimizer> rule;
  if (name == "adamw") {
    rule = std::make_unique<AdamW>(std::vector{w}, AdamWOptions{.lr = 1e-2, .weight_decay = 0.1});
  } else if (name == "sgd") {
    rule = std::make_unique<SGD>(std::vector{w},
                                 SGDOptions{.lr = 1e-2, .momentum = 0.9, .weight_decay = 0.1});
  } else {
    rule = std::make_unique<Lion>(std::vector{w}, LionOptions{.lr = 1e-3, .weight_decay = 0.1});
  }
  rule->keep_8bit_states();
  return rule;
}

void step(FusedOptimizer& rule, const Variable& w, int number) {
  w.set_grad(fixture("grads").select(0, number - 1).to(DType::kF32));
  rule.step();
}

/// A state as `rule` keeps it, from what bitsandbytes has after a step.
StateDict state_of(const Case& c, int step, double lr) {
  const std::string at = c.name + "/" + std::to_string(step) + "/";
  StateDict state{{c.rule + ".lr", from_vector(std::vector{lr})},
                  {"step", from_vector(std::vector<std::int64_t>{step})}};
  for (std::size_t k = 0; k < c.slots.size(); ++k) {
    const std::string number = std::to_string(k + 1);
    state.emplace_back("0." + c.slots[k], fixture(at + "codes" + number));
    state.emplace_back("0." + c.slots[k] + ".scales", fixture(at + "scales" + number));
  }
  return state;
}

/// Codes may differ by one where the two formulas' last digits fall on two sides of a midpoint.
void expect_codes(const Tensor& got, const Tensor& expected, const std::string& what) {
  const auto a = got.to_vector<std::uint8_t>(), b = expected.to_vector<std::uint8_t>();
  ASSERT_EQ(a.size(), b.size());
  int differ = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_LE(std::abs(a[i] - b[i]), 1) << what << " element " << i;
    differ += a[i] != b[i];
  }
  EXPECT_LE(differ, 4) << what << " of " << a.size();
}

void expect_near(const Tensor& got, const Tensor& expected, double tolerance,
                 const std::string& what) {
  const auto a = floats(got), b = floats(expected);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_NEAR(a[i], b[i], tolerance * (1 + std::abs(b[i]))) << what << " element " << i;
  }
}

void expect_fixture(const Case& c, int step, const FusedOptimizer& rule, const Variable& w) {
  const std::string what = c.name + " step " + std::to_string(step);
  expect_near(w.value(), fixture(c.name + "/" + std::to_string(step) + "/parameter"), 1e-6, what);
  const StateDict expected = state_of(c, step, rule.lr()), got = rule.state_dict();
  ASSERT_EQ(names(got), names(expected));
  for (std::size_t i = 2; i < got.size(); i += 2) {
    expect_codes(got[i].second, expected[i].second, what + " " + got[i].first);
    expect_near(got[i + 1].second, expected[i + 1].second, 1e-6, what + " " + got[i + 1].first);
  }
}

TEST(States8bitTest, TheFirstStepIsBitsandbytes) {
  for (const Case& c : kCases) {
    const Variable w(fixture("initial").clone(), true);
    const auto rule = make(c.name, w);
    step(*rule, w, 1);
    expect_fixture(c, 1, *rule, w);
  }
}

TEST(States8bitTest, GoesOnFromBitsandbytesState) {
  for (const Case& c : kCases) {
    const Variable w(fixture(c.name + "/9/parameter").clone(), true);
    const auto rule = make(c.name, w);
    rule->load_state_dict(state_of(c, 9, rule->lr()));
    step(*rule, w, 10);
    expect_fixture(c, 10, *rule, w);
  }
}

TEST(States8bitTest, SavedAndRestoredEqualsUninterruptedBitForBit) {
  for (const Case& c : kCases) {
    const Variable w(fixture("initial").clone(), true);
    const auto rule = make(c.name, w);
    for (int i = 1; i <= 4; ++i) step(*rule, w, i);
    const Variable again(w.value().clone(), true);
    const auto resumed = make(c.name, again);
    resumed->load_state_dict(clone(rule->state_dict()));
    for (int i = 5; i <= 10; ++i) {
      step(*rule, w, i);
      step(*resumed, again, i);
    }
    EXPECT_EQ(floats(w.value()), floats(again.value())) << c.name;
  }
}

TEST(States8bitTest, BytesOfLargeAndSmallParameters) {
  const Variable large = leaf({60, 70}), small = leaf({4095}),
                 wide(zeros({5000}, {.dtype = DType::kF64}), true);
  AdamW adamw({large, small, wide});
  adamw.keep_8bit_states();
  EXPECT_EQ(adamw.state_bytes(), 0u);
  for (const Variable& w : {large, small, wide}) w.set_grad(ones_like(w.value()));
  adamw.step();
  EXPECT_EQ(adamw.state_bytes(), 2 * (4200 + 4 * 17 + 4 * 4095 + 8 * 5000));
  EXPECT_EQ(names(adamw.state_dict()),
            (std::vector<std::string>{"AdamW.lr", "step", "0.exp_avg", "0.exp_avg.scales",
                                      "0.exp_avg_sq", "0.exp_avg_sq.scales", "1.exp_avg",
                                      "1.exp_avg_sq", "2.exp_avg", "2.exp_avg_sq"}));
}

// 8 and the square of a gradient of 1 are 9, whose root is 3.
TEST(States8bitTest, StartsFromTheSlotsInitialValue) {
  const Variable w = leaf({5000});
  Adagrad adagrad({w}, {.lr = 0.5, .initial_accumulator = 8});
  adagrad.keep_8bit_states();
  w.set_grad(ones({5000}));
  adagrad.step();
  for (const float value : floats(w.value())) ASSERT_FLOAT_EQ(value, 1 - 0.5f / 3);
}

TEST(States8bitTest, BesideMasterWeights) {
  const Variable w(ones({5000}, {.dtype = DType::kBF16}), true);
  SGD sgd({w}, {.lr = 0x1p-10, .momentum = 1e-30});
  sgd.keep_master_weights();
  sgd.keep_8bit_states();
  for (int i = 0; i < 16; ++i) {
    w.set_grad(ones({5000}, {.dtype = DType::kBF16}));
    sgd.step();
  }
  EXPECT_EQ(floats(w.value())[0], 1 - 0x1p-6f);
  EXPECT_EQ(sgd.state_bytes(), 4 * 5000 + 5000 + 4 * 20u);
}

// One block of 256 is spoilt, its neighbours are not.
TEST(States8bitTest, NaNStaysInItsBlock) {
  const Variable w = leaf({5000});
  AdamW adamw({w});
  adamw.keep_8bit_states();
  const Tensor grad = ones({5000});
  grad.data<float>()[300] = std::numeric_limits<float>::quiet_NaN();
  w.set_grad(grad);
  adamw.step();
  w.set_grad(ones({5000}));
  adamw.step();
  const auto values = floats(w.value());
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(std::isnan(values[i]), i / 256 == 1) << i;
  }
}

TEST(States8bitTest, RefusesAStateOfTheOtherKind) {
  const Variable w = leaf({5000});
  w.set_grad(ones({5000}));
  AdamW plain({w}), coded({w});
  coded.keep_8bit_states();
  plain.step();
  coded.step();
  EXPECT_EQ(message_of<ValueError>([&] { coded.load_state_dict(plain.state_dict()); }),
            "[AdamW.load_state_dict] entry \"0.exp_avg\" is f32, which is not kept here");
  EXPECT_EQ(message_of<ValueError>([&] { plain.load_state_dict(coded.state_dict()); }),
            "[AdamW.load_state_dict] entry \"0.exp_avg\" is u8, which is not kept here");
  EXPECT_EQ(message_of<ValueError>([&] { coded.keep_8bit_states(); }),
            "[AdamW] expected to be told of states in 8 bits before the first step, not after, "
            "got 1.000000");
}

TEST(States8bitTest, RefusesCenteredRmsprop) {
  const Variable w = leaf({5000});
  w.set_grad(ones({5000}));
  RMSprop rmsprop({w}, {.centered = true});
  rmsprop.keep_8bit_states();
  EXPECT_EQ(message_of<ValueError>([&] { rmsprop.step(); }),
            "[optimizer_update_] expected floating states for centered RMSprop");
}

}  // namespace
}  // namespace tenon::optim

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "optim/optim.h"
#include "optim/testing.h"
#include "tensor/ops.h"

namespace tenon::optim {
namespace {

using testing::clone;
using testing::floats;
using testing::leaf;
using testing::message_of;
using testing::names;

// A step of 2^-10 is lost in a bf16 1; sixteen of them, kept in f32, are not.
TEST(MasterWeightsTest, SmallStepsAddUp) {
  const auto after = [](bool masters) {
    const Variable w(ones({3}, {.dtype = DType::kBF16}), true);
    SGD sgd({w, leaf({2})}, {.lr = 0x1p-10, .momentum = 0.5});
    if (masters) sgd.keep_master_weights();
    for (int i = 0; i < 16; ++i) {
      w.set_grad(ones({3}, {.dtype = DType::kBF16}));
      sgd.set_momentum(0, 1e-30);
      sgd.step();
    }
    return floats(w.value())[0];
  };
  EXPECT_EQ(after(false), 1);
  EXPECT_EQ(after(true), 1 - 0x1p-6f);
}

TEST(MasterWeightsTest, AreStateAndRestored) {
  const TensorOptions bf16{.dtype = DType::kBF16};
  const Variable w(ones({3}, bf16), true);
  Adam adam({w}, {.lr = 1e-3});
  adam.keep_master_weights();
  const auto step = [](const Variable& v, Adam& rule) {
    v.set_grad(full({3}, 0.5, {.dtype = DType::kBF16}));
    rule.step();
  };
  step(w, adam);
  EXPECT_EQ(names(adam.state_dict()),
            (std::vector<std::string>{"Adam.lr", "step", "0.master", "0.exp_avg", "0.exp_avg_sq"}));
  for (std::size_t i = 2; i < 5; ++i) {
    EXPECT_EQ(adam.state_dict()[i].second.dtype(), DType::kF32);
  }
  const Variable again(w.value().clone(), true);
  Adam resumed({again}, {.lr = 1e-3});
  resumed.keep_master_weights();
  resumed.load_state_dict(clone(adam.state_dict()));
  for (int i = 0; i < 5; ++i) {
    step(w, adam);
    step(again, resumed);
  }
  EXPECT_EQ(floats(w.value()), floats(again.value()));
  EXPECT_EQ(floats(adam.state_dict()[2].second), floats(resumed.state_dict()[2].second));
  EXPECT_THROW(adam.keep_master_weights(), ValueError);
}

TEST(MasterWeightsTest, StateWithoutThemIsRefused) {
  const Variable w(ones({3}, {.dtype = DType::kBF16}), true);
  Adam plain({w});
  w.set_grad(ones({3}, {.dtype = DType::kBF16}));
  plain.step();
  Adam adam({w});
  adam.keep_master_weights();
  EXPECT_EQ(message_of<ValueError>([&] { adam.load_state_dict(plain.state_dict()); }),
            "[Adam.load_state_dict] entry \"0.master\" is missing");
}

}  // namespace
}  // namespace tenon::optim

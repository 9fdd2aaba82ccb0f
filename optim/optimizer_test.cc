#include "optim/optimizer.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "optim/optim.h"
#include "tensor/ops.h"

namespace tenon::optim {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Variable leaf(const Shape& shape, double value = 1) { return Variable(full(shape, value), true); }

template <class Exception, class F>
std::string message_of(F&& call) {
  try {
    call();
  } catch (const Exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}

std::vector<std::string> names(const StateDict& state) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : state) names.push_back(name);
  return names;
}

StateDict clone(const StateDict& state) {
  StateDict copy;
  for (const auto& [name, tensor] : state) copy.emplace_back(name, tensor.clone());
  return copy;
}

TEST(OptimizerTest, BadParameterListsAreNamed) {
  const Variable w = leaf({2});
  const Variable constant(zeros({2}));
  EXPECT_EQ(message_of<ValueError>([] { SGD({}); }),
            "[SGD] expected parameters, got an empty list");
  EXPECT_EQ(message_of<ValueError>([&] {
              Adam({w, leaf({2}), w});
            }),
            "[Adam] parameter 2 comes twice");
  EXPECT_EQ(message_of<ValueError>([&] {
              AdamW({w, constant});
            }),
            "[AdamW] parameter 1 does not require a gradient");
  EXPECT_EQ(message_of<ValueError>([&] {
              SGD({w, Variable()});
            }),
            "[SGD] parameter 1 is undefined");
}

TEST(OptimizerTest, BadRatesAreRefused) {
  const std::vector<Variable> p = {leaf({2})};
  for (double bad : {-0.1, kNaN, kInfinity}) {
    EXPECT_THROW(SGD(p, {.lr = bad}), ValueError) << bad;
    EXPECT_THROW(SGD(p, {.momentum = bad}), ValueError) << bad;
    EXPECT_THROW(SGD(p, {.weight_decay = bad}), ValueError) << bad;
    EXPECT_THROW(Adam(p, {.lr = bad}), ValueError) << bad;
    EXPECT_THROW(Adam(p, {.beta1 = bad}), ValueError) << bad;
    EXPECT_THROW(Adam(p, {.eps = bad}), ValueError) << bad;
    EXPECT_THROW(Adam(p, {.weight_decay = bad}), ValueError) << bad;
    EXPECT_THROW(AdamW(p, {.beta2 = bad}), ValueError) << bad;
  }
  EXPECT_THROW(Adam(p, {.beta1 = 1}), ValueError);
  EXPECT_THROW(AdamW(p, {.beta2 = 1}), ValueError);
  EXPECT_THROW(SGD(p, {.dampening = kNaN}), ValueError);
  EXPECT_EQ(message_of<ValueError>([&] { SGD(p, {.lr = -1}); }),
            "[SGD] expected a finite lr of at least 0, got -1.000000");
  EXPECT_EQ(message_of<ValueError>([&] { Adam(p, {.beta1 = 1.5}); }),
            "[Adam] expected beta1 in [0,1), got 1.500000");
}

TEST(OptimizerTest, NesterovNeedsMomentumWithoutDampening) {
  const std::vector<Variable> p = {leaf({2})};
  EXPECT_THROW(SGD(p, {.nesterov = true}), ValueError);
  EXPECT_THROW(SGD(p, {.momentum = 0.9, .dampening = 0.1, .nesterov = true}), ValueError);
  EXPECT_NO_THROW(SGD(p, {.momentum = 0.9, .nesterov = true}));
}

TEST(OptimizerTest, TheRateCanBeChangedButNotSpoiled) {
  SGD sgd({leaf({2})}, {.lr = 0.5});
  sgd.set_lr(0.25);
  EXPECT_EQ(sgd.lr(), 0.25);
  EXPECT_THROW(sgd.set_lr(-1), ValueError);
  EXPECT_THROW(sgd.set_lr(kNaN), ValueError);
  EXPECT_EQ(sgd.lr(), 0.25);
}

TEST(OptimizerTest, ParametersWithoutGradientStayAsTheyAre) {
  const Variable w = leaf({2});
  const Variable unused = leaf({2});
  Adam adam({w, unused}, {.lr = 0.1, .weight_decay = 0.5});
  w.set_grad(ones({2}));
  adam.step();
  EXPECT_NE(w.value().item<float>({0}), 1);
  EXPECT_EQ(unused.value().to_vector<float>(), (std::vector<float>{1, 1}));
  EXPECT_EQ(names(adam.state_dict()),
            (std::vector<std::string>{"lr", "step", "0.exp_avg", "0.exp_avg_sq"}));
}

TEST(OptimizerTest, ZeroGradForgetsAllGradients) {
  const Variable w = leaf({2});
  SGD sgd({w});
  w.set_grad(ones({2}));
  sgd.zero_grad();
  EXPECT_FALSE(w.grad().defined());
  sgd.step();
  EXPECT_EQ(w.value().to_vector<float>(), (std::vector<float>{1, 1}));
}

TEST(OptimizerTest, AGradientInAnotherMemoryOrderIsTheSameGradient) {
  Generator generator(4);
  const Tensor grad = randn({2, 3, 4, 5}, generator);
  const auto after = [&](const Tensor& g) {
    const Variable w = leaf({2, 3, 4, 5});
    SGD sgd({w}, {.lr = 0.1, .momentum = 0.9});
    for (int i = 0; i < 3; ++i) {
      w.set_grad(g);
      sgd.step();
    }
    return w.value().to_vector<float>();
  };
  EXPECT_EQ(after(grad), after(grad.contiguous(Layout::kChannelsLast)));
}

TEST(OptimizerTest, AWrongGradientIsNamedAndNothingMoves) {
  const Variable w = leaf({2});
  const Variable v = leaf({2, 3});
  SGD sgd({w, v}, {.lr = 1});
  w.set_grad(ones({2}));
  // The gradient fits when it is set; the parameter is then given another value.
  v.set_grad(ones({2, 3}));
  v.set_value(zeros({4}));
  EXPECT_EQ(message_of<ShapeError>([&] { sgd.step(); }),
            "[SGD] expected the gradient of parameter 1 to be [4], got [2,3]");
  EXPECT_EQ(w.value().to_vector<float>(), (std::vector<float>{1, 1}));
}

TEST(OptimizerTest, StateOfAFreshOptimizer) {
  const SGD sgd({leaf({2}), leaf({3})}, {.lr = 0.125, .momentum = 0.9});
  const StateDict state = sgd.state_dict();
  EXPECT_EQ(names(state), (std::vector<std::string>{"lr", "step"}));
  EXPECT_EQ(state[0].second.item<double>(), 0.125);
  EXPECT_EQ(state[1].second.to_vector<std::int64_t>(), (std::vector<std::int64_t>{0, 0}));
}

class LoadTest : public testing::Test {
 protected:
  LoadTest() {
    w_.set_grad(full({2, 3}, 0.5));
    adam_.step();
    state_ = clone(adam_.state_dict());
  }

  template <class Exception>
  std::string load_fails(const StateDict& state) {
    const StateDict before = clone(adam_.state_dict());
    const std::string message = message_of<Exception>([&] { adam_.load_state_dict(state); });
    const StateDict after = adam_.state_dict();
    EXPECT_EQ(names(before), names(after));
    for (std::size_t i = 0; i < before.size(); ++i) {
      EXPECT_EQ(before[i].second.to(DType::kF64).to_vector<double>(),
                after[i].second.to(DType::kF64).to_vector<double>());
    }
    return message;
  }

  Variable w_ = leaf({2, 3});
  Adam adam_{{w_}, {.lr = 0.25}};
  StateDict state_;
};

TEST_F(LoadTest, CopiesInsteadOfSharing) {
  Adam other({leaf({2, 3})});
  other.load_state_dict(state_);
  EXPECT_EQ(other.lr(), 0.25);
  state_[2].second.fill_(99);
  EXPECT_NEAR(other.state_dict()[2].second.item<float>({0, 0}), 0.05, 1e-7);
}

TEST_F(LoadTest, BackToAFreshState) {
  const StateDict fresh = Adam({leaf({2, 3})}).state_dict();
  adam_.load_state_dict(fresh);
  EXPECT_EQ(adam_.state_dict().size(), 2u);
}

TEST_F(LoadTest, MissingEntry) {
  StateDict state = state_;
  state.pop_back();
  EXPECT_EQ(load_fails<ValueError>(state),
            "[Adam.load_state_dict] entry \"0.exp_avg_sq\" is missing");
  EXPECT_EQ(load_fails<ValueError>({}), "[Adam.load_state_dict] entry \"lr\" is missing");
}

TEST_F(LoadTest, UnexpectedEntry) {
  StateDict state = state_;
  state.emplace_back("0.momentum_buffer", zeros({2, 3}));
  EXPECT_EQ(load_fails<ValueError>(state),
            "[Adam.load_state_dict] entry \"0.momentum_buffer\" is unexpected");
}

TEST_F(LoadTest, DuplicateEntry) {
  StateDict state = state_;
  state.push_back(state.back());
  EXPECT_EQ(load_fails<ValueError>(state),
            "[Adam.load_state_dict] entry \"0.exp_avg_sq\" comes twice");
}

TEST_F(LoadTest, UndefinedEntry) {
  StateDict state = state_;
  state[2].second = Tensor();
  EXPECT_EQ(load_fails<ValueError>(state),
            "[Adam.load_state_dict] entry \"0.exp_avg\" is undefined");
}

TEST_F(LoadTest, OtherShapes) {
  StateDict state = state_;
  state[3].second = zeros({3, 2});
  EXPECT_EQ(load_fails<ShapeError>(state),
            "[Adam.load_state_dict] expected \"0.exp_avg_sq\" [2,3], got [3,2]");
  state = state_;
  state[1].second = zeros({2}, {.dtype = DType::kI64});
  EXPECT_EQ(load_fails<ShapeError>(state), "[Adam.load_state_dict] expected \"step\" [1], got [2]");
}

TEST_F(LoadTest, NegativeNumbers) {
  StateDict state = state_;
  state[1].second = full({1}, -4, {.dtype = DType::kI64});
  EXPECT_EQ(load_fails<ValueError>(state),
            "[Adam.load_state_dict] \"step\" of parameter 0 is negative: -4");
  state = state_;
  state[0].second = scalar(-1);
  EXPECT_EQ(load_fails<ValueError>(state),
            "[Adam.load_state_dict] expected a finite lr of at least 0, got -1.000000");
}

// The example of the README.
TEST(OptimizerTest, ReadmeExample) {
  autograd::Variable w(full({3}, 2.0), /*requires_grad=*/true);
  optim::SGD optimizer({w}, {.lr = 0.1, .momentum = 0.9});
  for (int step = 0; step < 100; ++step) {
    optimizer.zero_grad();
    w.set_grad(2 * w.value());  // of the sum of squares; usually loss.backward()
    optimizer.step();
  }
  EXPECT_LT(std::abs(w.value().item<float>({0})), 0.1);
}

}  // namespace
}  // namespace tenon::optim

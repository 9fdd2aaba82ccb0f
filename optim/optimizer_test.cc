#include "optim/optimizer.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "autograd/ops.h"
#include "gtest/gtest.h"
#include "optim/optim.h"
#include "optim/testing.h"
#include "tensor/ops.h"
#include "tensor/testing/readme.h"

namespace tenon::optim {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

using testing::clone;
using testing::floats;
using testing::leaf;
using testing::message_of;
using testing::names;

Tensor values_between(double low, double high) {
  Generator generator(7);
  return uniform({40, 50}, low, high, generator);
}

TEST(OptimizerTest, BadParameterListsAreNamed) {
  const Variable w = leaf({2});
  const Variable constant(zeros({2}));
  EXPECT_EQ(message_of<ValueError>([] { SGD(std::vector<Variable>{}); }),
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
            (std::vector<std::string>{"Adam.lr", "step", "0.exp_avg", "0.exp_avg_sq"}));
}

TEST(OptimizerTest, AStepFromTheLossIsTheSameStep) {
  const auto train = [](bool from_loss) {
    const Variable w = leaf({3}, 2);
    Adam adam({w}, {.lr = 0.1});
    const auto loss = [&] { return autograd::sum(autograd::square(w)); };
    for (int i = 0; i < 3; ++i) {
      if (from_loss) {
        const double before = loss().item<double>();
        EXPECT_EQ(adam.step(loss), before);
      } else {
        adam.zero_grad();
        loss().backward();
        adam.step();
      }
    }
    return floats(w.value());
  };
  EXPECT_EQ(train(true), train(false));
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
  EXPECT_EQ(names(state), (std::vector<std::string>{"SGD.lr", "step"}));
  EXPECT_EQ(state[0].second.to_vector<double>(), std::vector<double>{0.125});
  EXPECT_EQ(state[1].second.to_vector<std::int64_t>(), (std::vector<std::int64_t>{0, 0}));
}

class LoadTest : public ::testing::Test {
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
  EXPECT_EQ(load_fails<ValueError>({}), "[Adam.load_state_dict] entry \"Adam.lr\" is missing");
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
  state[0].second = full({1}, -1);
  EXPECT_EQ(load_fails<ValueError>(state),
            "[Adam.load_state_dict] expected a finite lr of at least 0, got -1.000000");
}

TEST_F(LoadTest, StateOfAnotherOptimizer) {
  EXPECT_EQ(load_fails<ValueError>(AdamW({leaf({2, 3})}).state_dict()),
            "[Adam.load_state_dict] expected a state of Adam, got one of AdamW");
  EXPECT_EQ(load_fails<ValueError>(SGD({leaf({2, 3})}).state_dict()),
            "[Adam.load_state_dict] expected a state of Adam, got one of SGD");
}

TEST_F(LoadTest, OtherGroups) {
  Adam other({leaf({2, 3})});
  other.add_group({leaf({4})}, {.lr = 0.5});
  EXPECT_EQ(load_fails<ShapeError>(other.state_dict()),
            "[Adam.load_state_dict] expected \"Adam.lr\" [1], got [2]");
}

TEST(GroupTest, EachHasItsOptions) {
  const Variable w = leaf({2}), b = leaf({3});
  SGD sgd({w}, {.lr = 0.5, .weight_decay = 1});
  sgd.add_group({b}, {.lr = 0.25, .momentum = 0.5});
  w.set_grad(ones({2}));
  b.set_grad(ones({3}));
  sgd.step();
  sgd.step();
  EXPECT_EQ(floats(w.value()), std::vector<float>(2, -0.5));              // 1 -> 0 -> -0.5
  EXPECT_EQ(floats(b.value()), std::vector<float>(3, 1 - 0.25 - 0.375));  // b = 1, 1.5
  EXPECT_EQ(sgd.group_count(), 2u);
  EXPECT_EQ(sgd.parameters().size(), 2u);
  EXPECT_TRUE(sgd.parameters(1)[0].same_as(b));
  EXPECT_EQ(names(sgd.state_dict()),
            (std::vector<std::string>{"SGD.lr", "step", "1.momentum_buffer"}));
  sgd.set_lr(1, 0.125);
  EXPECT_EQ(sgd.lr(0), 0.5);
  EXPECT_EQ(sgd.lr(1), 0.125);
  EXPECT_EQ(sgd.options(1).lr, 0.125);
  sgd.set_lr(1);
  EXPECT_EQ(sgd.lr(0) + sgd.lr(1), 2);
}

TEST(GroupTest, TogetherAreAsEachAlone) {
  const auto train = [](bool together) {
    const Variable w(values_between(0, 1), true), b(values_between(1, 2), true);
    Adam both({w}, {.lr = 0.1});
    Adam other({leaf({1})});
    if (together) {
      both.add_group({b}, {.lr = 0.01, .weight_decay = 0.5});
    } else {
      other.add_group({b}, {.lr = 0.01, .weight_decay = 0.5});
    }
    for (int i = 0; i < 3; ++i) {
      w.set_grad(square(w.value()));
      b.set_grad(square(b.value()));
      both.step();
      other.step();
    }
    std::vector<float> all = floats(w.value());
    const std::vector<float> rest = floats(b.value());
    all.insert(all.end(), rest.begin(), rest.end());
    return all;
  };
  EXPECT_EQ(train(true), train(false));
}

TEST(GroupTest, BadGroupsAreRefusedWhole) {
  const Variable w = leaf({2});
  SGD sgd({w}, {.lr = 0.5});
  EXPECT_EQ(message_of<ValueError>([&] {
              sgd.add_group({leaf({2}), w}, {});
            }),
            "[SGD] parameter 2 comes twice");
  EXPECT_EQ(message_of<ValueError>([&] { sgd.add_group({}, {}); }),
            "[SGD] expected parameters, got an empty list");
  EXPECT_THROW(sgd.add_group({leaf({2})}, {.lr = -1}), ValueError);
  EXPECT_THROW(sgd.add_group({leaf({2})}, {.momentum = -1}), ValueError);
  EXPECT_EQ(sgd.group_count(), 1u);
  EXPECT_EQ(sgd.parameters().size(), 1u);
  EXPECT_EQ(message_of<IndexError>([&] { sgd.lr(1); }), "[SGD] expected a group below 1, got 1");
  EXPECT_THROW(sgd.set_lr(1, 0.5), IndexError);
  EXPECT_THROW(sgd.options(1), IndexError);
  EXPECT_THROW(sgd.parameters(1), IndexError);
}

TEST(GroupTest, OptionsCanBeChangedButNotTheState) {
  SGD sgd({leaf({2})}, {.lr = 0.5});
  sgd.set_options(0, {.lr = 0.25, .weight_decay = 1});
  EXPECT_EQ(sgd.lr(), 0.25);
  EXPECT_EQ(sgd.options().weight_decay, 1);
  EXPECT_EQ(message_of<ValueError>([&] { sgd.set_options(0, {.momentum = 0.9}); }),
            "[SGD] expected options that keep the same state");
  EXPECT_THROW(sgd.set_options(0, {.weight_decay = -1}), ValueError);
  EXPECT_EQ(sgd.options().weight_decay, 1);
}

TEST(MomentumTest, IsWhatEachRuleCallsIt) {
  SGD sgd({leaf({2})}, {.momentum = 0.9});
  sgd.set_momentum(0, 0.5);
  EXPECT_EQ(sgd.momentum(), 0.5);
  AdamW adam({leaf({2})});
  adam.set_momentum(0, 0.5);
  EXPECT_EQ(adam.options().beta1, 0.5);
  EXPECT_THROW(adam.set_momentum(0, 1), ValueError);
  Adagrad adagrad({leaf({2})});
  EXPECT_EQ(adagrad.momentum(), std::nullopt);
  EXPECT_THROW(adagrad.set_momentum(0, 0.5), ValueError);
}

class NonFiniteTest : public ::testing::Test {
 protected:
  void spoil(double value) {
    good_.set_grad(ones({2}));
    bad_.set_grad(ones({2, 3}));
    bad_.grad().value().select(0, 1).fill_(value);
  }

  Variable good_ = leaf({2}), bad_ = leaf({2, 3});
  Adam adam_{{good_, bad_}};
};

TEST_F(NonFiniteTest, AreAppliedUnlessToldOtherwise) {
  spoil(kNaN);
  EXPECT_TRUE(adam_.step());
  EXPECT_TRUE(std::isnan(bad_.value().item<float>({1, 0})));
}

TEST_F(NonFiniteTest, AreRefusedByName) {
  adam_.set_nonfinite(NonFinite::kThrow);
  for (const double value : {kNaN, kInfinity, -kInfinity}) {
    spoil(value);
    EXPECT_EQ(message_of<ValueError>([&] { adam_.step(); }),
              "[Adam] the gradient of parameter 1 [2,3] is not finite");
  }
  EXPECT_EQ(floats(good_.value()), (std::vector<float>{1, 1}));
  EXPECT_EQ(names(adam_.state_dict()).size(), 2u);
  spoil(0);
  EXPECT_TRUE(adam_.step());
}

TEST_F(NonFiniteTest, OrSkipped) {
  adam_.set_nonfinite(NonFinite::kSkip);
  spoil(kInfinity);
  EXPECT_FALSE(adam_.step());
  EXPECT_EQ(floats(good_.value()), (std::vector<float>{1, 1}));
  EXPECT_EQ(names(adam_.state_dict()).size(), 2u);
  spoil(0);
  EXPECT_TRUE(adam_.step());
  EXPECT_NE(floats(good_.value()), (std::vector<float>{1, 1}));
}

TEST(StepOptionsTest, ClipsAsIfTheGradientsWere) {
  const auto after = [](bool in_step, double max_norm) {
    const Variable w(values_between(0, 1), true), v(values_between(1, 2), true);
    SGD sgd({w}, {.lr = 0.5, .momentum = 0.9});
    sgd.add_group({v}, {.lr = 0.25});
    w.set_grad(values_between(-1, 1));
    v.set_grad(values_between(-3, 1));
    if (!in_step) clip_grad_norm_(sgd.parameters(), max_norm);
    sgd.step(in_step ? StepOptions{.max_norm = max_norm} : StepOptions{});
    EXPECT_EQ(floats(w.grad().value()) == floats(values_between(-1, 1)), in_step || max_norm > 50);
    return floats(w.value());
  };
  EXPECT_EQ(after(true, 0.1), after(false, 0.1));
  EXPECT_EQ(after(true, 100), after(false, 100));
  EXPECT_NE(after(true, 0.1), after(true, 100));
}

TEST(StepOptionsTest, BadOnesAreRefused) {
  SGD sgd({leaf({2})});
  // Named, for Clang 14 makes nothing of braces around a variable where one overload takes a
  // function.
  EXPECT_THROW(sgd.step(StepOptions{.max_norm = 0}), ValueError);
  EXPECT_THROW(sgd.step(StepOptions{.max_norm = kNaN}), ValueError);
  EXPECT_THROW(sgd.step(StepOptions{.grad_scale = kInfinity}), ValueError);
}

TEST(OptimizerTest, BadOptionsOfEveryRule) {
  const std::vector<Variable> p = {leaf({2, 2})};
  for (double bad : {-0.1, kNaN, kInfinity}) {
    EXPECT_THROW(Adagrad(p, {.lr = bad}), ValueError);
    EXPECT_THROW(Adagrad(p, {.lr_decay = bad}), ValueError);
    EXPECT_THROW(Adagrad(p, {.initial_accumulator = bad}), ValueError);
    EXPECT_THROW(Adadelta(p, {.rho = bad}), ValueError);
    EXPECT_THROW(Adadelta(p, {.eps = bad}), ValueError);
    EXPECT_THROW(RMSprop(p, {.alpha = bad}), ValueError);
    EXPECT_THROW(RMSprop(p, {.momentum = bad}), ValueError);
    EXPECT_THROW(Adamax(p, {.beta1 = bad}), ValueError);
    EXPECT_THROW(NAdam(p, {.momentum_decay = bad}), ValueError);
    EXPECT_THROW(RAdam(p, {.beta2 = bad}), ValueError);
    EXPECT_THROW(Lion(p, {.weight_decay = bad}), ValueError);
    EXPECT_THROW(Muon(p, {.momentum = bad}), ValueError);
    EXPECT_THROW(Muon(p, {.eps = bad}), ValueError);
  }
  EXPECT_THROW(Muon(p, {.iterations = -1}), ValueError);
  EXPECT_THROW(Muon(p, {.compute_dtype = DType::kI32}), DTypeError);
  EXPECT_EQ(message_of<ShapeError>([] {
              Muon({leaf({2, 2}), leaf({3})});
            }),
            "[Muon] expected parameter 1 with at least 2 dimensions, got [3]");
}

TEST(OptimizerTest, AParameterThatIsNotDenseIsNamedAndNothingMoves) {
  const Variable w = leaf({2}), v(ones({4, 6}).slice(1, 0, 6, 2), true);
  SGD sgd({w, v}, {.lr = 1});
  w.set_grad(ones({2}));
  v.set_grad(ones({4, 3}));
  EXPECT_EQ(message_of<ShapeError>([&] { sgd.step(); }),
            "[SGD] expected parameter 1 to lie dense in memory, got strides [6,2]");
  EXPECT_EQ(floats(w.value()), (std::vector<float>{1, 1}));
}

// The example of the README.
TEST(OptimizerTest, ReadmeExample) {
  autograd::Variable w(full({3}, 2.0), /*requires_grad=*/true);
  autograd::Variable b(zeros({3}), /*requires_grad=*/true);
  optim::AdamW optimizer({w}, {.lr = 0.1, .weight_decay = 0.01});
  optimizer.add_group({b}, {.lr = 0.1, .weight_decay = 0});
  optim::Scheduler schedule(optimizer, optim::one_cycle_lr({.max_lr = 0.1, .steps = 100}));
  for (int step = 0; step < 100; ++step) {
    optimizer.zero_grad();
    autograd::sum(autograd::square(w + b - 1)).backward();
    optimizer.step({.max_norm = 1});  // gradients clipped as they are read
    schedule.step();
  }
  EXPECT_NEAR(floats(w.value())[0] + floats(b.value())[0], 1, 0.1);
}

TEST(OptimizerTest, ReadmeShowsThisExample) {
  tenon::testing::expect_examples_shown("optim/README.md", "optim/optimizer_test.cc");
}

}  // namespace
}  // namespace tenon::optim

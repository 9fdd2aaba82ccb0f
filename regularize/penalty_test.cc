// Penalties, weight decay, norms, max-norm and noise against closed forms and PyTorch.

#include "regularize/penalty.h"

#include <cmath>
#include <limits>

#include "autograd/ops.h"
#include "gtest/gtest.h"
#include "layers/linear.h"
#include "optim/sgd.h"
#include "regularize/gradient_noise.h"
#include "regularize/internal/fixtures.h"
#include "regularize/max_norm.h"
#include "regularize/norms.h"
#include "regularize/weight_decay.h"
#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon::regularize {
namespace {

using internal::expect_near;
using internal::fixture;
using internal::Pair;
using tenon::testing::expect_error;

// One unit: weights 3, -4, 0 and bias 10.
struct Unit : layers::Module {
  Unit() {
    fc.weight().value().copy_(tensor({{3, -4, 0}}));
    fc.bias().value().fill_(10);
  }
  Variable forward(const Variable& x) override { return fc(x); }

  layers::Linear fc{this, "fc", {.in_features = 3, .out_features = 1}};
};

std::vector<float> values(const Variable& x) { return x.value().to_vector<float>(); }

TEST(PenaltyTest, ValuesByHand) {
  const Unit net;
  const std::vector<Variable> weights = {net.fc.weight()};
  EXPECT_FLOAT_EQ(l1_penalty(weights).item<float>(), 7);
  EXPECT_FLOAT_EQ(l2_penalty(weights).item<float>(), 25);
  EXPECT_FLOAT_EQ(l1_penalty(net.parameters()).item<float>(), 17);
  EXPECT_NEAR(ElasticNet(net, {.l1 = 0.5, .l2 = 0.1}).value(), 6, 1e-6);
  EXPECT_NEAR(ElasticNet(net, {.l2 = 1, .parameters = "*"}).value(), 125, 1e-5);
}

TEST(PenaltyTest, GradientsByHandBothWays) {
  const Unit net;
  const ElasticNet penalty(net, {.l1 = 0.5, .l2 = 0.1});
  penalty().backward();
  // l1 sign(w) + 2 l2 w
  expect_near(net.fc.weight().grad().value(), tensor({{1.1f, -1.3f, 0}}), "backward");
  EXPECT_FALSE(net.fc.bias().grad().defined());
  net.zero_grad();
  penalty.add_gradients();
  EXPECT_FALSE(net.fc.weight().grad().defined());  // none of the loss: frozen, or not used
  net.fc.weight().set_grad(tensor({{1, 1, 1}}));
  penalty.add_gradients();
  expect_near(net.fc.weight().grad().value(), tensor({{2.1f, -0.3f, 1}}), "added");
}

TEST(PenaltyTest, BadArguments) {
  const Unit net;
  EXPECT_THROW(l1_penalty({}), ValueError);
  EXPECT_THROW(l2_penalty({}), ValueError);
  expect_error<ValueError>([&] { ElasticNet(net, {.l1 = -1}); }, {"[ElasticNet]", "l1", "-1"});
  EXPECT_THROW(ElasticNet(net, {.l2 = std::numeric_limits<double>::quiet_NaN()}), ValueError);
  EXPECT_THROW(ElasticNet(net, {.parameters = "conv*"}), ValueError);
}

TEST(WeightDecayTest, IsDecoupled) {
  const Unit net;
  const WeightDecay decay(net, {.rate = 0.1});
  decay.apply(0.5);
  expect_near(net.fc.weight().value(), tensor({{2.85f, -3.8f, 0}}), "decayed");
  EXPECT_EQ(values(net.fc.bias()), std::vector<float>{10});
  EXPECT_THROW(WeightDecay(net, {.rate = -0.1}), ValueError);
}

// With plain SGD both are the same rule: rate r is the penalty r/2 Σw².
TEST(WeightDecayTest, IsTheL2PenaltyUnderSgd) {
  const Unit decayed;
  const Unit penalized;
  const Tensor x = tensor({{1, 2, 3}});
  for (const Unit* net : {&decayed, &penalized}) {
    const_cast<Unit*>(net)->forward(x).backward();
    optim::SGD sgd({net->fc.weight()}, {.lr = 0.1});
    if (net == &decayed) WeightDecay(*net, {.rate = 0.2}).apply(0.1);
    if (net == &penalized) ElasticNet(*net, {.l2 = 0.1}).add_gradients();
    sgd.step();
  }
  expect_near(decayed.fc.weight().value(), penalized.fc.weight().value(), "sgd");
}

TEST(NormsTest, ByHand) {
  const Unit net;
  const auto norms = parameter_norms(net);
  ASSERT_EQ(norms.size(), 2u);
  EXPECT_EQ(norms[0].first, "fc.weight");
  EXPECT_DOUBLE_EQ(norms[0].second, 5);
  EXPECT_DOUBLE_EQ(norms[1].second, 10);
  EXPECT_DOUBLE_EQ(frobenius_norm(net), std::sqrt(125));
  EXPECT_DOUBLE_EQ(frobenius_norm(net, "*weight"), 5);
  EXPECT_THROW(frobenius_norm(net, "nothing"), ValueError);
}

TEST(MaxNormTest, IsPyTorchsRenorm) {
  const Pair net;
  MaxNorm(net, {.limit = 0.5, .parameters = "fc.weight"}).apply();
  expect_near(net.fc.weight().value(), fixture("renorm.fc"), "fc");
  MaxNorm(net, {.limit = 0.9, .parameters = "conv.weight"}).apply();
  expect_near(net.conv.weight().value(), fixture("renorm.conv"), "conv");
}

TEST(MaxNormTest, LeavesSmallRowsZerosAndVectorsAlone) {
  const Unit net;
  MaxNorm(net, {.limit = 5.01, .parameters = "*"}).apply();
  EXPECT_EQ(values(net.fc.weight()), (std::vector<float>{3, -4, 0}));
  EXPECT_EQ(values(net.fc.bias()), std::vector<float>{10});
  net.fc.weight().value().fill_(0);
  MaxNorm(net).apply();
  EXPECT_EQ(values(net.fc.weight()), (std::vector<float>{0, 0, 0}));
  EXPECT_THROW(MaxNorm(net, {.limit = 0}), ValueError);
}

TEST(GradientNoiseTest, HasThePapersVariance) {
  const GradientNoise noise({.eta = 0.3, .gamma = 0.55});
  EXPECT_DOUBLE_EQ(noise.deviation(0), std::sqrt(0.3));
  EXPECT_DOUBLE_EQ(noise.deviation(9), std::sqrt(0.3 / std::pow(10, 0.55)));
  const Variable w(zeros({100, 100}), true);
  const Variable unused(zeros({2}), true);
  w.set_grad(full({100, 100}, 2));
  manual_seed(3);
  noise.add(std::vector<Variable>{w, unused}, 9);
  const Tensor added = w.grad().value() - 2;
  // Four standard errors of 10,000 numbers.
  EXPECT_NEAR(mean(added).item<double>(), 0, 4 * noise.deviation(9) / 100);
  EXPECT_NEAR(std::sqrt(mean(square(added)).item<double>()), noise.deviation(9),
              4 * noise.deviation(9) / std::sqrt(2e4));
  EXPECT_FALSE(unused.grad().defined());
  EXPECT_THROW(GradientNoise({.eta = -1}), ValueError);
  EXPECT_THROW(GradientNoise({.gamma = -1}), ValueError);
}

}  // namespace
}  // namespace tenon::regularize

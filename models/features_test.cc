#include "models/features.h"

#include "autograd/ops.h"
#include "gtest/gtest.h"
#include "models/lenet.h"
#include "models/mlp.h"
#include "models/resnet.h"
#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon::models {
namespace {

using layers::Variable;
using tenon::testing::expect_error;
using tenon::testing::expect_identical;

TEST(FeaturesTest, AreWhatTheLayersCompute) {
  Mlp net({.sizes = {3, 4, 2}});
  Features features(net, {"0", "1", "2"});
  const Variable x(tensor({{1, -2, 0.5}, {-1, 0.25, 3}}));
  const std::vector<Variable> seen = features(x);
  ASSERT_EQ(seen.size(), 3u);
  const Variable hidden = net[0](x);
  expect_identical(seen[0].value(), hidden.value());
  expect_identical(seen[1].value(), relu(hidden.value()));
  expect_identical(seen[2].value(), net(x).value());
  expect_identical(features.output().value(), net(x).value());
}

TEST(FeaturesTest, NestedLayersAndOrderOfNames) {
  ResNet net({.depth = 8});
  Features features(net, {"layer3", "layer1.0.bn1"});
  const autograd::NoGrad guard;
  const std::vector<Variable> seen = features(zeros({2, 3, 16, 16}));
  EXPECT_EQ(to_string(seen[0].shape()), "[2,64,4,4]");
  EXPECT_EQ(to_string(seen[1].shape()), "[2,16,16,16]");
}

TEST(FeaturesTest, KeepTheGraph) {
  LeNet net;
  Features features(net, {"fc1"});
  autograd::sum(features(ones({1, 3, 32, 32}))[0]).backward();
  EXPECT_TRUE(net.fc1.bias().grad().defined());
  EXPECT_FALSE(net.fc2.bias().grad().defined());
}

TEST(FeaturesTest, LeaveTheModelAsItWas) {
  LeNet net;
  {
    Features features(net, {"fc1"});
    EXPECT_TRUE(net.fc1.has_forward_hooks());
    EXPECT_THROW(Features(net, {"fc2", "nothing"}), ValueError);
    EXPECT_FALSE(net.fc2.has_forward_hooks());
  }
  EXPECT_FALSE(net.fc1.has_forward_hooks());
}

struct Half : layers::Module {
  layers::Linear used{this, "used", {.in_features = 2, .out_features = 2}};
  layers::Linear unused{this, "unused", {.in_features = 2, .out_features = 2}};
  Variable forward(const Variable& x) override { return used(x); }
};

TEST(FeaturesTest, BadNames) {
  Half net;
  expect_error<ValueError>([&] { Features(net, {"head"}); },
                           {"[Features]", "Half", "(used, unused)", "\"head\""});
  EXPECT_THROW(Features(net, {}), ValueError);
  EXPECT_THROW(Features(net, {""}), ValueError);
  Features features(net, {"unused"});
  expect_error<ValueError>([&] { features(zeros({1, 2})); }, {"\"unused\"", "did not"});
}

}  // namespace
}  // namespace tenon::models

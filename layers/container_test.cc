#include "layers/container.h"

#include <cmath>

#include "autograd/ops.h"
#include "gtest/gtest.h"
#include "layers/internal/test_util.h"
#include "layers/layers.h"

namespace tenon::layers {
namespace {

using internal::message_of;
using internal::values;

struct Twice final : Module {
  using Module::Module;
  Variable forward(const Variable& x) override { return x * 2.0; }
};

TEST(ModuleListTest, HoldsModulesForAnothersForward) {
  ModuleList list;
  list.add<Linear>({.in_features = 2, .out_features = 3});
  list.add<Twice>();
  ASSERT_EQ(list.size(), 2);
  EXPECT_EQ(list.named_parameters().front().first, "0.weight");
  EXPECT_EQ(values(list[1](ones({2}))), (std::vector<float>{2, 2}));
  EXPECT_THROW(list[2], IndexError);
  EXPECT_THROW(list(ones({2})), Error);
}

TEST(ResidualTest, AddsTheInput) {
  Residual block;
  EXPECT_EQ(values(block(tensor({1, -2}))), (std::vector<float>{2, -4}));  // nothing is identity
  block.add<Twice>();
  block.add<Twice>();
  const Variable x(tensor({1, -2}), true);
  const Variable y = block(x);
  EXPECT_EQ(values(y), (std::vector<float>{5, -10}));
  y.backward(ones({2}));
  EXPECT_EQ(values(x.grad()), (std::vector<float>{5, 5}));
}

TEST(ResidualTest, RefusesLayersThatChangeTheShape) {
  Residual block;
  block.add<Linear>({.in_features = 2, .out_features = 3});
  const std::string message = message_of<ShapeError>([&] { block(ones({4, 2})); });
  EXPECT_NE(message.find("[4,2], got [4,3]"), std::string::npos) << message;
}

TEST(IdentityTest, IsTheSameVariable) {
  Identity identity;
  const Variable x(ones({2}), true);
  EXPECT_TRUE(identity(x).same_as(x));
}

TEST(BilinearTest, IsTheSumOverBothInputs) {
  Bilinear layer({.in1_features = 2, .in2_features = 3, .out_features = 4});
  const Tensor w = layer.parameters()[0].value();
  const Tensor b = layer.parameters()[1].value();
  EXPECT_EQ(to_string(w.shape()), "[4,2,3]");
  const Variable x1(rand({5, 2}), true);
  const Variable x2(rand({5, 3}), true);
  const Variable y = layer(x1, x2);
  ASSERT_EQ(to_string(y.shape()), "[5,4]");
  for (int n = 0; n < 5; ++n) {
    for (int k = 0; k < 4; ++k) {
      double sum = b.item<double>({k});
      for (int i = 0; i < 2; ++i) {
        for (int j = 0; j < 3; ++j) {
          sum += x1.value().item<double>({n, i}) * w.item<double>({k, i, j}) *
                 x2.value().item<double>({n, j});
        }
      }
      EXPECT_NEAR(y.value().item<double>({n, k}), sum, 1e-6);
    }
  }
  autograd::sum(y).backward();
  double slope = 0;  // d sum(y) / d x1[0,1]
  for (int k = 0; k < 4; ++k) {
    for (int j = 0; j < 3; ++j) {
      slope += w.item<double>({k, 1, j}) * x2.value().item<double>({0, j});
    }
  }
  EXPECT_NEAR(x1.grad().value().item<double>({0, 1}), slope, 1e-5);
}

TEST(BilinearTest, BadSizes) {
  EXPECT_THROW(Bilinear({.in1_features = 0, .in2_features = 1, .out_features = 1}), ValueError);
  Bilinear layer({.in1_features = 2, .in2_features = 3, .out_features = 4, .bias = false});
  EXPECT_EQ(layer.describe(), "Bilinear(2, 3 -> 4, no bias)");
  EXPECT_EQ(to_string(layer(ones({2}), ones({3})).shape()), "[4]");
  EXPECT_THROW(layer(ones({5, 2}), ones({5, 2})), ShapeError);
  EXPECT_THROW(layer(ones({5, 2}), ones({4, 3})), ShapeError);
}

TEST(FreezeTest, ByNames) {
  Sequential net;
  net.add_named<Linear>("body", {.in_features = 2, .out_features = 3});
  net.add_named<Linear>("head", {.in_features = 3, .out_features = 1});
  autograd::sum(net(ones({1, 2}))).backward();
  EXPECT_EQ(freeze(net, "body.*"), 2);
  EXPECT_EQ(net.num_parameters(/*trainable_only=*/true), 4);
  EXPECT_FALSE(net.parameters()[0].grad().defined());
  EXPECT_TRUE(net.parameters()[2].grad().defined());
  EXPECT_EQ(freeze(net, "*"), 4);
  EXPECT_EQ(unfreeze(net, "*.b?as"), 2);
  EXPECT_EQ(net.num_parameters(true), 4);
  EXPECT_EQ(unfreeze(net, "head.weight"), 1);
  EXPECT_THROW(freeze(net, "tail.*"), ValueError);
  EXPECT_THROW(freeze(net, "body"), ValueError);
  EXPECT_THROW(freeze(net, ""), ValueError);
}

}  // namespace
}  // namespace tenon::layers

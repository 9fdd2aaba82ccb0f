#include "finetune/vision.h"

#include "gtest/gtest.h"
#include "layers/sequential.h"
#include "models/resnet.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::finetune {
namespace {

const std::vector<std::string> kGroups = {"conv1.*|bn1.*|layer1.*", "layer2.*", "layer3.*",
                                          "linear.*"};

TEST(VisionTest, AHeadForOtherClasses) {
  models::ResNet net({.depth = 8});
  replace_head(net.linear, 3);
  EXPECT_EQ(to_string(net(ones({2, 3, 32, 32})).shape()), "[2,3]");
  EXPECT_EQ(net.linear.describe(), "Linear(64 -> 3)");
  EXPECT_TRUE(net.linear.weight().requires_grad());
  layers::Linear plain({.in_features = 4, .out_features = 2, .bias = false});
  plain.to(DType::kBF16);
  replace_head(plain, 5);
  EXPECT_FALSE(plain.bias().defined());
  EXPECT_EQ(plain.weight().dtype(), DType::kBF16);
  EXPECT_THROW(replace_head(plain, 0), ValueError);
}

TEST(VisionTest, RatesFallTowardsTheInput) {
  const models::ResNet net({.depth = 8});
  const auto optimizer =
      discriminative_adamw(layer_groups(net, kGroups), {.lr = 0.08, .factor = 2});
  ASSERT_EQ(optimizer->group_count(), 4u);
  EXPECT_DOUBLE_EQ(optimizer->lr(0), 0.01);
  EXPECT_DOUBLE_EQ(optimizer->lr(3), 0.08);
}

TEST(VisionTest, GroupsJoinTheTraining) {
  const models::ResNet net({.depth = 8});
  GradualUnfreezing unfreezing(layer_groups(net, kGroups), 2);
  EXPECT_EQ(net.num_parameters(true), net.linear.num_parameters());
  EXPECT_EQ(unfreezing.at_epoch(1), 1);
  EXPECT_EQ(unfreezing.at_epoch(2), 2);
  EXPECT_EQ(net.num_parameters(true), net.linear.num_parameters() + net.layer3.num_parameters());
  EXPECT_EQ(unfreezing.at_epoch(100), 4);
  EXPECT_EQ(net.num_parameters(true), net.num_parameters());
  EXPECT_EQ(unfreezing.at_epoch(0), 1);
}

TEST(VisionTest, BadGroups) {
  const models::ResNet net({.depth = 8});
  EXPECT_THROW(layer_groups(net, {"linear.*"}), ValueError);
  EXPECT_THROW(layer_groups(net, {"*", "linear.*"}), ValueError);
  EXPECT_THROW(layer_groups(net, {"*", "none"}), ValueError);
  EXPECT_THROW(discriminative_adamw({}), ValueError);
  EXPECT_THROW(GradualUnfreezing({}), ValueError);
}

}  // namespace
}  // namespace tenon::finetune

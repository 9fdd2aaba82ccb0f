// AlexNet and the residual networks against PyTorch's (models/testdata/make_models.py) and the
// parameter counts that torchvision's documentation lists.

#include <algorithm>

#include "gtest/gtest.h"
#include "models/internal/golden.h"
#include "models/models.h"
#include "tensor/testing/check.h"

namespace tenon::models {
namespace {

using internal::expect_golden;
using tenon::testing::expect_error;

TEST(AlexNetTest, AgreesWithPyTorch) {
  AlexNet net;
  EXPECT_EQ(net.num_parameters(), 61'100'840);
  const layers::StateDict state = net.state_dict();
  ASSERT_EQ(state.size(), 16u);
  EXPECT_EQ(state[0].first, "features.0.weight");
  EXPECT_EQ(state[10].first, "classifier.1.weight");
  EXPECT_EQ(to_string(state[10].second.shape()), "[4096,9216]");
  EXPECT_EQ(state[15].first, "classifier.6.bias");
  const autograd::NoGrad guard;
  EXPECT_EQ(to_string(net(zeros({1, 3, 63, 300})).shape()), "[1,1000]");
  EXPECT_THROW(net(zeros({1, 3, 62, 224})), ShapeError);
  EXPECT_THROW(net(zeros({1, 1, 224, 224})), ShapeError);
}

TEST(AlexNetTest, FeaturesAgreeWithPyTorch) {
  AlexNet net({.classes = 1});
  expect_golden(net.features, "alexnet_features");
}

TEST(AlexNetTest, BadOptions) {
  EXPECT_THROW(AlexNet({.in_channels = 0}), ValueError);
  EXPECT_THROW(AlexNet({.classes = 0}), ValueError);
  EXPECT_THROW(AlexNet({.dropout = 1}), ValueError);
}

TEST(ImageResNetTest, IsTorchvisions) {
  ImageResNet net;
  EXPECT_EQ(net.num_parameters(), 11'689'512);
  const layers::StateDict state = net.state_dict();
  EXPECT_EQ(state.size(), 122u);
  for (const char* name :
       {"conv1.weight", "bn1.running_var", "layer1.1.conv2.weight", "layer2.0.downsample.0.weight",
        "layer4.0.downsample.1.num_batches_tracked", "fc.bias"}) {
    EXPECT_TRUE(std::any_of(state.begin(), state.end(), [&](const auto& entry) {
      return entry.first == name;
    })) << name;
  }
  expect_golden(net, "resnet18");
  EXPECT_EQ(ImageResNet({.depth = 34}).num_parameters(), 21'797'672);
}

TEST(ImageResNetTest, ThumbnailsAgreeWithPyTorch) {
  ImageResNet net({.classes = 10, .thumbnails = true});
  expect_golden(net, "resnet18_thumbnails");
}

TEST(ImageResNetTest, BadOptions) {
  expect_error<ValueError>([] { ImageResNet({.depth = 50}); }, {"[ImageResNet]", "18 or 34", "50"});
  EXPECT_THROW(ImageResNet({.in_channels = 0}), ValueError);
  EXPECT_THROW(ImageResNet({.classes = 0}), ValueError);
}

}  // namespace
}  // namespace tenon::models

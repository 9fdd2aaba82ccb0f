// AlexNet and the residual networks against PyTorch's (models/testdata/make_models.py) and the
// parameter counts that torchvision's documentation lists.

#include <algorithm>

#include "gtest/gtest.h"
#include "layers/freeze.h"
#include "models/internal/golden.h"
#include "models/models.h"
#include "tensor/ops.h"
#include "tensor/random.h"
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

TEST(AirbenchNetTest, AgreesWithPyTorch) {
  AirbenchNet net({.widths = {32, 40, 48}, .classes = 5});
  layers::unfreeze(net, "*");  // gradients of all parameters are compared
  expect_golden(net, "airbench_net");
}

TEST(AirbenchNetTest, BeginsAsThePaperSays) {
  const AirbenchNet net;
  EXPECT_EQ(net.num_parameters(), 1'972'792);
  // All but the patches' 288 weights and the norms' scales.
  EXPECT_EQ(net.num_parameters(/*trainable_only=*/true), 1'972'792 - 288 - 2 * (64 + 256 + 256));
  // Channel i of a convolution's input is handed on as channel i.
  for (const layers::Conv2d* conv : {&net.block1.conv1, &net.block2.conv1, &net.block3.conv2}) {
    Generator generator(1);
    const Tensor x = randn({1, conv->options().in_channels, 6, 6}, generator);
    const Tensor y = conv2d(x, conv->weight().value(), {}, {.padding = {1, 1}});
    const Tensor difference = y.narrow(1, 0, x.size(1)) - x;
    EXPECT_LT(total_norm({&difference, 1}, Norm::kMax), 1e-5);
  }
  const std::vector<float> head = net.head.weight().value().to_vector<float>();
  double squares = 0;
  for (const float w : head)
    squares += static_cast<double>(w) * w / static_cast<double>(head.size());
  EXPECT_NEAR(squares, 1, 0.08);  // 4.5 deviations of the mean of 2,560 squares
}

// Folding the norms into convolutions, which happens without gradients, changes nothing.
TEST(AirbenchNetTest, EvaluatesTheSameWithoutGradients) {
  AirbenchNet net({.widths = {16, 24, 24}});
  Generator generator(2);
  const Tensor x = randn({3, 3, 32, 32}, generator);
  net(x);  // moves the running statistics
  net.eval();
  const std::vector<float> recorded = net(x).value().to_vector<float>();
  const autograd::NoGrad guard;
  const std::vector<float> folded = net(x).value().to_vector<float>();
  for (std::size_t i = 0; i < folded.size(); ++i) EXPECT_NEAR(folded[i], recorded[i], 1e-4);
}

TEST(AirbenchNetTest, BadInput) {
  AirbenchNet net({.widths = {16, 16, 16}});
  EXPECT_THROW(net(zeros({1, 3, 28, 28})), ShapeError);
  EXPECT_THROW(net(zeros({3, 32, 32})), ShapeError);
  EXPECT_THROW(AirbenchNet({.widths = {16, 0, 16}}), ValueError);
  EXPECT_THROW(AirbenchNet({.classes = 0}), ValueError);
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

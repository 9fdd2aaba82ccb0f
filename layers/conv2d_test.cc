#include "layers/conv2d.h"

#include <cmath>

#include "gtest/gtest.h"
#include "layers/internal/test_util.h"
#include "layers/sequential.h"
#include "tensor/random.h"

namespace tenon::layers {
namespace {

using internal::message_of;

TEST(Conv2dTest, FirstValuesArePyTorchs) {
  manual_seed(12);
  const Conv2d conv({.in_channels = 8, .out_channels = 64, .kernel = {3, 6}, .groups = 2});
  EXPECT_EQ(to_string(conv.weight().shape()), "[64,4,3,6]");
  internal::expect_default_init(conv.weight(), 1 / std::sqrt(72.0));
  internal::expect_default_init(conv.bias(), 1 / std::sqrt(72.0));
}

TEST(Conv2dTest, WrongInputsNameTheLayer) {
  Sequential net;
  net.add<Conv2d>({.in_channels = 3, .out_channels = 6, .kernel = 5});
  EXPECT_EQ(message_of<ShapeError>([&] {
              net(ones({2, 1, 28, 28}));
            }),
            "[Conv2d] 0: expected x [N,3,H,W] (weight [6,3,5,5]), got [2,1,28,28]");
  EXPECT_THROW(net(ones({3, 28, 28})), ShapeError);
  EXPECT_THROW(net(ones({2, 3, 4, 4})), ShapeError);  // smaller than the kernel
}

TEST(Conv2dTest, BadOptions) {
  const Conv2dOptions good = {.in_channels = 4, .out_channels = 6, .kernel = 3};
  const auto with = [&](auto change) {
    Conv2dOptions options = good;
    change(options);
    return message_of<ValueError>([&] { Conv2d conv(options); });
  };
  EXPECT_EQ(with([](auto& o) { o.in_channels = 0; }),
            "[Conv2d] expected in_channels of at least 1, got 0");
  EXPECT_EQ(with([](auto& o) { o.out_channels = -2; }),
            "[Conv2d] expected out_channels of at least 1, got -2");
  EXPECT_EQ(with([](auto& o) {
              o.kernel = {3, 0};
            }),
            "[Conv2d] expected a kernel of at least 1, got 3x0");
  EXPECT_EQ(with([](auto& o) { o.stride = 0; }),
            "[Conv2d] expected a stride of at least 1, got 0x0");
  EXPECT_EQ(with([](auto& o) { o.padding = -1; }),
            "[Conv2d] expected padding of at least 0, got -1x-1");
  EXPECT_EQ(with([](auto& o) { o.dilation = 0; }),
            "[Conv2d] expected a dilation of at least 1, got 0x0");
  EXPECT_EQ(with([](auto& o) { o.groups = 0; }), "[Conv2d] expected groups of at least 1, got 0");
  EXPECT_EQ(with([](auto& o) { o.groups = 4; }),
            "[Conv2d] expected groups that divide both channels, got 4 for 4 -> 6");
}

TEST(Conv2dTest, Describe) {
  EXPECT_EQ(Conv2d({.in_channels = 4,
                    .out_channels = 6,
                    .kernel = {3, 5},
                    .stride = 2,
                    .padding = 1,
                    .dilation = 3,
                    .groups = 2,
                    .bias = false})
                .describe(),
            "Conv2d(4 -> 6, kernel 3x5, stride 2x2, padding 1x1, dilation 3x3, groups 2, no bias)");
}

}  // namespace
}  // namespace tenon::layers

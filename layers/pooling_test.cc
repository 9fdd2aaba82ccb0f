#include "layers/pooling.h"

#include "gtest/gtest.h"
#include "layers/internal/test_util.h"

namespace tenon::layers {
namespace {

using internal::message_of;

TEST(MaxPool2dTest, BadOptionsAndInputs) {
  EXPECT_THROW(MaxPool2d({.kernel = 0}), ValueError);
  EXPECT_THROW(MaxPool2d({.stride = {1, 0}}), ValueError);
  EXPECT_THROW(MaxPool2d({.padding = -1}), ValueError);
  EXPECT_EQ(message_of<ValueError>([] { MaxPool2d({.kernel = 3, .padding = 2}); }),
            "[MaxPool2d] expected padding of at most half the kernel, got 2x2");
  MaxPool2d pool;
  EXPECT_EQ(message_of<ShapeError>([&] {
              pool(ones({3, 8, 8}));
            }),
            "[MaxPool2d] expected x [N,C,H,W], got [3,8,8]");
  EXPECT_EQ(MaxPool2d({.kernel = 3, .stride = 2, .padding = 1}).describe(),
            "MaxPool2d(3x3, stride 2x2, padding 1x1)");
}

TEST(AvgPool2dTest, BadOptionsAndInputs) {
  EXPECT_THROW(AvgPool2d({.kernel = 0}), ValueError);
  EXPECT_THROW(AvgPool2d({.kernel = 2, .padding = 2}), ValueError);
  EXPECT_THROW(MaxPool2d({.dilation = 0}), ValueError);
  EXPECT_THROW(AdaptiveAvgPool2d({.size = 0}), ValueError);
  EXPECT_THROW(AdaptiveMaxPool2d({.size = {1, -1}}), ValueError);
  EXPECT_THROW(AvgPool2d()(ones({3, 8, 8})), ShapeError);
  EXPECT_THROW(AvgPool2d({.kernel = 4})(ones({1, 1, 3, 8})), ShapeError);
  EXPECT_THROW(AdaptiveAvgPool2d()(ones({1, 1, 0, 8})), ShapeError);
  EXPECT_THROW(AdaptiveMaxPool2d()(ones({8, 8})), ShapeError);
}

TEST(AvgPool2dTest, Descriptions) {
  EXPECT_EQ(AvgPool2d({.kernel = 3, .ceil_mode = true, .count_include_pad = false}).describe(),
            "AvgPool2d(3x3, ceil mode, padding not counted)");
  EXPECT_EQ(MaxPool2d({.dilation = 2}).describe(), "MaxPool2d(2x2, dilation 2x2)");
  EXPECT_EQ(AdaptiveAvgPool2d().describe(), "AdaptiveAvgPool2d(1x1)");
  EXPECT_EQ(AdaptiveMaxPool2d({.size = {2, 3}}).describe(), "AdaptiveMaxPool2d(2x3)");
}

}  // namespace
}  // namespace tenon::layers

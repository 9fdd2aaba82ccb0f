#include "layers/pooling1d.h"

#include "gtest/gtest.h"
#include "layers/internal/test_util.h"

namespace tenon::layers {
namespace {

using internal::message_of;

TEST(Pooling1dTest, BadOptionsAndInputs) {
  EXPECT_THROW(MaxPool1d({.kernel = 0}), ValueError);
  EXPECT_THROW(MaxPool1d({.stride = -1}), ValueError);
  EXPECT_THROW(MaxPool1d({.dilation = 0}), ValueError);
  EXPECT_THROW(AvgPool1d({.padding = -1}), ValueError);
  EXPECT_THROW(AdaptiveAvgPool1d({.size = 0}), ValueError);
  EXPECT_THROW(AdaptiveMaxPool1d({.size = 0}), ValueError);
  EXPECT_EQ(message_of<ValueError>([] { AvgPool1d({.kernel = 3, .padding = 2}); }),
            "[AvgPool1d] expected padding of at most half the kernel, got 2");
  EXPECT_EQ(message_of<ShapeError>([] {
              MaxPool1d()(ones({1, 3, 8, 8}));
            }),
            "[MaxPool1d] expected x [N,C,L], got [1,3,8,8]");
  EXPECT_THROW(AvgPool1d({.kernel = 4})(ones({1, 1, 3})), ShapeError);
  EXPECT_THROW(AdaptiveAvgPool1d()(ones({1, 1, 0})), ShapeError);
  EXPECT_THROW(AdaptiveMaxPool1d()(ones({8})), ShapeError);
}

TEST(Pooling1dTest, Descriptions) {
  EXPECT_EQ(MaxPool1d({.kernel = 3, .stride = 2, .padding = 1, .dilation = 2}).describe(),
            "MaxPool1d(3, stride 2, padding 1, dilation 2)");
  EXPECT_EQ(AvgPool1d({.ceil_mode = true, .count_include_pad = false}).describe(),
            "AvgPool1d(2, ceil mode, padding not counted)");
  EXPECT_EQ(AdaptiveAvgPool1d().describe(), "AdaptiveAvgPool1d(1)");
  EXPECT_EQ(AdaptiveMaxPool1d({.size = 2}).describe(), "AdaptiveMaxPool1d(2)");
}

}  // namespace
}  // namespace tenon::layers

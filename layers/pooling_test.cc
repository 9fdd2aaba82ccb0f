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

}  // namespace
}  // namespace tenon::layers

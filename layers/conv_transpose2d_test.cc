#include "layers/conv_transpose2d.h"

#include <cmath>

#include "gtest/gtest.h"
#include "layers/conv1d.h"
#include "layers/internal/test_util.h"

namespace tenon::layers {
namespace {

using internal::expect_default_init;
using internal::message_of;

TEST(ConvTranspose2dTest, BadOptionsAndInputs) {
  EXPECT_THROW(ConvTranspose2d({.in_channels = 0, .out_channels = 1, .kernel = 1}), ValueError);
  EXPECT_THROW(ConvTranspose2d({.in_channels = 2, .out_channels = 3, .kernel = 1, .groups = 2}),
               ValueError);
  EXPECT_EQ(
      message_of<ValueError>([] {
        ConvTranspose2d(
            {.in_channels = 1, .out_channels = 1, .kernel = 2, .stride = 2, .output_padding = 2});
      }),
      "[ConvTranspose2d] expected output_padding from 0 to below the stride 2x2, got 2x2");
  ConvTranspose2d up({.in_channels = 3, .out_channels = 2, .kernel = 2, .stride = 2});
  EXPECT_EQ(message_of<ShapeError>([&] {
              up(ones({1, 2, 4, 4}));
            }),
            "[ConvTranspose2d] expected x [N,3,H,W] (weight [3,2,2,2]), got [1,2,4,4]");
  EXPECT_EQ(up.describe(), "ConvTranspose2d(3 -> 2, kernel 2x2, stride 2x2)");
}

TEST(ConvTranspose2dTest, StartsAsPyTorchDoes) {
  const ConvTranspose2d up({.in_channels = 30, .out_channels = 20, .kernel = {3, 2}, .groups = 2});
  expect_default_init(up.weight(), 1 / std::sqrt(10.0 * 3 * 2));
  EXPECT_EQ(up.bias().shape(), Shape({20}));
}

TEST(Conv1dTest, BadOptionsAndInputs) {
  EXPECT_THROW(Conv1d({.in_channels = 1, .out_channels = 1, .kernel = 0}), ValueError);
  EXPECT_THROW(Conv1d({.in_channels = 3, .out_channels = 2, .kernel = 1, .groups = 2}), ValueError);
  Conv1d conv({.in_channels = 3, .out_channels = 2, .kernel = 2, .stride = 2, .bias = false});
  EXPECT_EQ(message_of<ShapeError>([&] {
              conv(ones({1, 2, 4}));
            }),
            "[Conv1d] expected x [N,3,L] (weight [2,3,2]), got [1,2,4]");
  EXPECT_EQ(conv.describe(), "Conv1d(3 -> 2, kernel 2, stride 2, no bias)");
  expect_default_init(Conv1d({.in_channels = 30, .out_channels = 40, .kernel = 5}).weight(),
                      1 / std::sqrt(150.0));
}

}  // namespace
}  // namespace tenon::layers

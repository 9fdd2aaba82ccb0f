#include "layers/normalization.h"

#include "gtest/gtest.h"
#include "layers/internal/test_util.h"

namespace tenon::layers {
namespace {

using internal::message_of;

TEST(NormalizationTest, BadOptionsAndInputs) {
  EXPECT_THROW(LayerNorm({.shape = {}}), ValueError);
  EXPECT_THROW(LayerNorm({.shape = {3, 0}}), ValueError);
  EXPECT_THROW(RMSNorm({.shape = {3}, .eps = -1}), ValueError);
  EXPECT_THROW(GroupNorm({.groups = 3, .channels = 4}), ValueError);
  EXPECT_THROW(GroupNorm({.groups = 0, .channels = 4}), ValueError);
  LayerNorm rows({.shape = {4}});
  EXPECT_EQ(message_of<ShapeError>([&] {
              rows(ones({2, 3}));
            }),
            "[LayerNorm] expected x that ends in [4], got [2,3]");
  EXPECT_THROW(RMSNorm({.shape = {2, 3}})(ones({3})), ShapeError);
  EXPECT_THROW(GroupNorm({.groups = 2, .channels = 4})(ones({2, 6})), ShapeError);
}

TEST(NormalizationTest, Descriptions) {
  EXPECT_EQ(LayerNorm({.shape = {4}, .bias = false}).describe(), "LayerNorm([4], no bias)");
  EXPECT_EQ(RMSNorm({.shape = {4}}).describe(), "RMSNorm([4])");
  EXPECT_EQ(GroupNorm({.groups = 2, .channels = 4, .affine = false}).describe(),
            "GroupNorm(4 in 2 groups, not affine)");
}

TEST(NormalizationTest, EmptyBatch) {
  EXPECT_EQ(LayerNorm({.shape = {4}})(ones({0, 4})).shape(), Shape({0, 4}));
  EXPECT_EQ(GroupNorm({.groups = 2, .channels = 4})(ones({0, 4, 3})).shape(), Shape({0, 4, 3}));
}

}  // namespace
}  // namespace tenon::layers

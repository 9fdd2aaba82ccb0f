#include "layers/flatten.h"

#include "gtest/gtest.h"
#include "layers/internal/test_util.h"

namespace tenon::layers {
namespace {

TEST(FlattenTest, DimensionsOutOfRange) {
  Flatten flatten({.first = 3});
  EXPECT_THROW(flatten(ones({2, 3})), IndexError);
}

}  // namespace
}  // namespace tenon::layers

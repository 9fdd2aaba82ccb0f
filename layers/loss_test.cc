#include "layers/loss.h"

#include <cstdint>

#include "gtest/gtest.h"
#include "layers/internal/test_util.h"

namespace tenon::layers {
namespace {

TEST(LossTest, BadLabels) {
  const Variable logits(ones({2, 3}));
  EXPECT_THROW(cross_entropy(logits, from_vector<std::int64_t>({0, 3})), IndexError);
  EXPECT_THROW(cross_entropy(logits, from_vector<std::int64_t>({0})), ShapeError);
  EXPECT_THROW(cross_entropy(logits, ones({2})), DTypeError);
}

}  // namespace
}  // namespace tenon::layers

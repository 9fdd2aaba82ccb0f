#include "layers/transformer.h"

#include "gtest/gtest.h"
#include "layers/internal/test_util.h"

namespace tenon::layers {
namespace {

using internal::values;

constexpr TransformerLayerOptions kBlock{.d_model = 6, .num_heads = 2, .dim_feedforward = 7};

TEST(TransformerTest, BadOptionsAndInputs) {
  EXPECT_THROW(TransformerEncoderLayer({.d_model = 6, .num_heads = 4}), ValueError);
  EXPECT_THROW(TransformerEncoderLayer({.d_model = 0}), ValueError);
  EXPECT_THROW(TransformerDecoderLayer({.d_model = 6, .dim_feedforward = 0}), ValueError);
  EXPECT_THROW(TransformerDecoderLayer({.d_model = 6, .dropout = 1}), ValueError);
  TransformerEncoderLayer encoder(kBlock);
  EXPECT_THROW(encoder(ones({2, 3, 5})), ShapeError);
  TransformerDecoderLayer decoder(kBlock);
  const Variable x(ones({2, 3, 6}));
  EXPECT_THROW(decoder(x, ones({3, 4, 6})), ShapeError);
  EXPECT_EQ(encoder.describe(), "TransformerEncoderLayer(6, 2 heads, feed-forward 7)");
}

TEST(TransformerTest, LaterPositionsDoNotReachEarlierOnes) {
  TransformerEncoderLayer block(kBlock);
  block.eval();
  Tensor x = randn({1, 4, 6});
  const auto first = values(block(x, {.causal = true}).value().select(1, 1).contiguous());
  x.select(1, 3).fill_(7);
  EXPECT_EQ(values(block(x, {.causal = true}).value().select(1, 1).contiguous()), first);
  EXPECT_NE(values(block(x).value().select(1, 1).contiguous()), first);
}

TEST(TransformerTest, DropoutWhileTraining) {
  TransformerEncoderLayer block(kBlock);
  const Variable x(randn({2, 4, 6}));
  EXPECT_NE(values(block(x)), values(block(x)));
  block.eval();
  EXPECT_EQ(values(block(x)), values(block(x)));
}

}  // namespace
}  // namespace tenon::layers

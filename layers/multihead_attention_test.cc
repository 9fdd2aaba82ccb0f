#include "layers/multihead_attention.h"

#include <cmath>

#include "gtest/gtest.h"
#include "layers/internal/test_util.h"

namespace tenon::layers {
namespace {

using internal::message_of;
using internal::values;

TEST(MultiheadAttentionTest, BadOptionsAndInputs) {
  EXPECT_THROW(MultiheadAttention({.embed_dim = 6, .num_heads = 4}), ValueError);
  EXPECT_THROW(MultiheadAttention({.embed_dim = 0}), ValueError);
  EXPECT_THROW(MultiheadAttention({.embed_dim = 4, .dropout = 1}), ValueError);
  EXPECT_THROW(MultiheadAttention({.embed_dim = 4, .key_dim = -1}), ValueError);
  MultiheadAttention attention({.embed_dim = 6, .num_heads = 2});
  EXPECT_THROW(attention(ones({2, 3, 5})), ShapeError);
  const Variable x(ones({2, 3, 6}));
  EXPECT_THROW(attention.forward(x, ones({1, 4, 6}), ones({1, 4, 6})), ShapeError);
  EXPECT_THROW(attention.forward(x, ones({2, 4, 6}), ones({2, 5, 6})), ShapeError);
  const std::string message = message_of<ShapeError>([&] {
    attention.forward(x, x, x, {.key_mask = ones({2, 3})});
  });
  EXPECT_EQ(message, "[MultiheadAttention] expected a bool key_mask [2,3], got f32 [2,3]");
}

TEST(MultiheadAttentionTest, OtherSizesOfKeysAndValues) {
  MultiheadAttention attention({.embed_dim = 6, .num_heads = 2, .key_dim = 5, .value_dim = 4});
  const Variable x(ones({2, 3, 6}));
  EXPECT_EQ(attention(x, ones({2, 7, 5}), ones({2, 7, 4})).shape(), Shape({2, 3, 6}));
  EXPECT_EQ(message_of<ShapeError>([&] { attention(x); }),
            "[MultiheadAttention] expected query [B,T,6], key [B,S,5] and value [B,S,4], got "
            "[2,3,6], [2,3,6] and [2,3,6]");
  EXPECT_THROW(attention(x, ones({2, 7, 5}), ones({2, 8, 4})), ShapeError);
  EXPECT_EQ(attention.named_parameters()[1].first, "k_proj_weight");
  internal::expect_default_init(
      MultiheadAttention({.embed_dim = 60, .key_dim = 40}).parameters()[1],
      std::sqrt(6.0 / (60 + 40)));
}

TEST(MultiheadAttentionTest, StartsAsPyTorchDoes) {
  MultiheadAttention attention({.embed_dim = 60, .num_heads = 3});
  internal::expect_default_init(attention.parameters()[0], std::sqrt(6.0 / (60 + 180)));
  EXPECT_EQ(values(attention.parameters()[1]), std::vector<float>(180, 0));
  EXPECT_EQ(values(attention.out_proj().bias()), std::vector<float>(60, 0));
}

TEST(MultiheadAttentionTest, DropoutOfWeights) {
  MultiheadAttention attention({.embed_dim = 6, .num_heads = 2, .dropout = 0.5});
  const Variable x(randn({2, 5, 6}));
  EXPECT_NE(values(attention(x)), values(attention(x)));
  attention.eval();
  EXPECT_EQ(values(attention(x)), values(attention(x)));
}

}  // namespace
}  // namespace tenon::layers

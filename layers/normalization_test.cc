#include "layers/normalization.h"

#include "gtest/gtest.h"
#include "layers/embedding.h"
#include "layers/internal/test_util.h"
#include "layers/multihead_attention.h"

namespace tenon::layers {
namespace {

using internal::message_of;
using internal::values;

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

TEST(EmbeddingLayerTest, StartsNormalWithAZeroRowOfPadding) {
  Embedding words({.num_embeddings = 200, .embedding_dim = 50, .padding_index = 3});
  EXPECT_EQ(values(words.weight().value().select(0, 3)), std::vector<float>(50, 0));
  double squares = 0;
  for (const float v : values(words.weight())) squares += static_cast<double>(v) * v;
  EXPECT_NEAR(squares / 10000, 1, 0.06);  // four deviations of the variance of 10,000 numbers
}

TEST(EmbeddingLayerTest, BadOptionsAndInputs) {
  EXPECT_THROW(Embedding({.num_embeddings = 0, .embedding_dim = 2}), ValueError);
  EXPECT_THROW(Embedding({.num_embeddings = 3, .embedding_dim = 2, .padding_index = 3}),
               ValueError);
  Embedding words({.num_embeddings = 3, .embedding_dim = 2});
  EXPECT_THROW(words(from_vector<std::int64_t>({3})), IndexError);
  EXPECT_THROW(words(ones({1})), DTypeError);
  EXPECT_EQ(words.describe(), "Embedding(3 x 2)");
}

TEST(MultiheadAttentionTest, BadOptionsAndInputs) {
  EXPECT_THROW(MultiheadAttention({.embed_dim = 6, .num_heads = 4}), ValueError);
  EXPECT_THROW(MultiheadAttention({.embed_dim = 0}), ValueError);
  EXPECT_THROW(MultiheadAttention({.embed_dim = 4, .dropout = 1}), ValueError);
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

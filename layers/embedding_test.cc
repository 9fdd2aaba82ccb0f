#include "layers/embedding.h"

#include "gtest/gtest.h"
#include "layers/internal/test_util.h"

namespace tenon::layers {
namespace {

using internal::values;

TEST(EmbeddingTest, StartsNormalWithAZeroRowOfPadding) {
  Embedding words({.num_embeddings = 200, .embedding_dim = 50, .padding_index = 3});
  EXPECT_EQ(values(words.weight().value().select(0, 3)), std::vector<float>(50, 0));
  double squares = 0;
  for (const float v : values(words.weight())) squares += static_cast<double>(v) * v;
  EXPECT_NEAR(squares / 10000, 1, 0.06);  // four deviations of the variance of 10,000 numbers
}

TEST(EmbeddingTest, BadOptionsAndInputs) {
  EXPECT_THROW(Embedding({.num_embeddings = 0, .embedding_dim = 2}), ValueError);
  EXPECT_THROW(Embedding({.num_embeddings = 3, .embedding_dim = 2, .padding_index = 3}),
               ValueError);
  Embedding words({.num_embeddings = 3, .embedding_dim = 2});
  EXPECT_THROW(words(from_vector<std::int64_t>({3})), IndexError);
  EXPECT_THROW(words(ones({1})), DTypeError);
  EXPECT_EQ(words.describe(), "Embedding(3 x 2)");
}

}  // namespace
}  // namespace tenon::layers

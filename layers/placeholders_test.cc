#include "layers/placeholders.h"

#include "gtest/gtest.h"
#include "layers/embedding.h"
#include "layers/linear.h"
#include "tensor/allocator.h"
#include "tensor/random.h"

namespace tenon::layers {
namespace {

TEST(PlaceholdersTest, TakeNoMemoryAndNoRandomNumbers) {
  const std::int64_t live = allocator().stats().live_bytes;
  const std::uint64_t offset = default_generator().offset();
  const Placeholders scope;
  const Linear fc({.in_features = 4096, .out_features = 4096});
  const Embedding words({.num_embeddings = 50000, .embedding_dim = 768, .padding_index = 1});
  EXPECT_LT(allocator().stats().live_bytes - live, 4096);
  EXPECT_EQ(default_generator().offset(), offset);
  EXPECT_EQ(to_string(fc.weight().shape()), "[4096,4096]");
  EXPECT_TRUE(fc.weight().requires_grad());
  EXPECT_EQ(to_string(words.weight().shape()), "[50000,768]");
}

TEST(PlaceholdersTest, LayersMadeAfterwardsHaveWeights) {
  { const Placeholders scope; }
  EXPECT_FALSE(Placeholders::wanted());
  EXPECT_TRUE(Linear({.in_features = 3, .out_features = 3}).weight().value().is_contiguous());
}

TEST(PlaceholdersTest, TakeTheValuesTheyAreGiven) {
  const Placeholders scope;
  Linear fc({.in_features = 2, .out_features = 1});
  fc.weight().set_value(tensor({{1, 2}}));
  fc.bias().set_value(tensor({3}));
  EXPECT_EQ(fc(ones({1, 2})).item<float>(), 6);
}

}  // namespace
}  // namespace tenon::layers

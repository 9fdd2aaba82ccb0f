#include "data/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "data/tensor_dataset.h"
#include "tensor/error.h"
#include "tensor/ops.h"

namespace tenon::data {
namespace {

using ::testing::ElementsAre;
using Indices = std::vector<std::int64_t>;

TensorDataset ten_squares() {
  const Tensor x = arange(0, 10, 1, {.dtype = DType::kF32});
  return TensorDataset(x.view({10, 1}), (x * x).to(DType::kI64));
}

TEST(Subset, GivesItsExamples) {
  const TensorDataset all = ten_squares();
  const Subset odd(all, {1, 3, 5, 7, 9});
  EXPECT_EQ(odd.size(), 5);
  const Batch batch = odd.get(Indices{4, 0});
  EXPECT_EQ(batch.inputs.shape(), Shape({2, 1}));
  EXPECT_THAT(batch.inputs.to_vector<float>(), ElementsAre(9, 1));
  EXPECT_THAT(batch.targets.to_vector<std::int64_t>(), ElementsAre(81, 1));
}

TEST(Subset, CountsIndicesFromItsOwnStart) {
  const TensorDataset all = ten_squares();
  const Subset odd(all, {1, 3, 5, 7, 9});
  EXPECT_THAT(odd.get(Indices{4, 0}).indices.to_vector<std::int64_t>(), ElementsAre(4, 0));
  EXPECT_EQ(odd.indices()[4], 9);
}

TEST(Subset, OfASubset) {
  const TensorDataset all = ten_squares();
  const Subset odd(all, {1, 3, 5, 7, 9});
  const Subset last_two(odd, {3, 4});
  EXPECT_THAT(last_two.get(Indices{0, 1}).inputs.to_vector<float>(), ElementsAre(7, 9));
}

TEST(Subset, ThrowsOutsideTheDataSet) {
  const TensorDataset all = ten_squares();
  EXPECT_THROW(Subset(all, {10}), IndexError);
  EXPECT_THROW(Subset(all, {-1}), IndexError);
  const Subset subset(all, {1, 2});
  EXPECT_THROW(subset.get(Indices{2}), IndexError);
  EXPECT_THROW(subset.get(Indices{-1}), IndexError);
}

TEST(Concat, KeepsTheOrderAskedFor) {
  const TensorDataset all = ten_squares();
  const Subset odd(all, {1, 3, 5, 7, 9}), none(all, {});
  const Concat both({&odd, &none, &all});
  EXPECT_EQ(both.size(), 15);
  const Batch batch = both.get(Indices{14, 0, 5, 4, 6, 0});
  EXPECT_THAT(batch.inputs.to_vector<float>(), ElementsAre(9, 1, 0, 9, 1, 1));
  EXPECT_THAT(batch.targets.to_vector<std::int64_t>(), ElementsAre(81, 1, 0, 81, 1, 1));
  EXPECT_THAT(batch.indices.to_vector<std::int64_t>(), ElementsAre(14, 0, 5, 4, 6, 0));
  EXPECT_EQ(both.get(Indices{}).inputs.shape(), Shape({0, 1}));
}

TEST(Concat, ThrowsOutsideItsParts) {
  const TensorDataset all = ten_squares();
  const Concat twice({&all, &all});
  EXPECT_THROW(twice.get(Indices{20}), IndexError);
  EXPECT_THROW(twice.get(Indices{-1}), IndexError);
  EXPECT_THROW(Concat({}), ValueError);
}

TEST(DataError, NamesIndexAndPath) {
  EXPECT_STREQ(DataError(7, "cats/7.jpg", "no").what(), "[dataset] example 7 (cats/7.jpg): no");
  EXPECT_STREQ(DataError(7, "", "no").what(), "[dataset] example 7: no");
}

TEST(Transformed, ChangesEachBatch) {
  const TensorDataset all = ten_squares();
  const Transformed doubled(all, [](Batch& batch) { batch.inputs = batch.inputs * 2; });
  EXPECT_EQ(doubled.size(), 10);
  const Batch batch = doubled.get(Indices{3, 4});
  EXPECT_THAT(batch.inputs.to_vector<float>(), ElementsAre(6, 8));
  EXPECT_THAT(batch.targets.to_vector<std::int64_t>(), ElementsAre(9, 16));
  EXPECT_THAT(all.get(Indices{3}).inputs.to_vector<float>(), ElementsAre(3));
}

TEST(Batch, HasASize) {
  EXPECT_EQ(Batch().size(), 0);
  EXPECT_EQ(ten_squares().get(Indices{3, 4, 3}).size(), 3);
}

}  // namespace
}  // namespace tenon::data

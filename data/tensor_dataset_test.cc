#include "data/tensor_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tensor/error.h"

namespace tenon::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Indices = std::vector<std::int64_t>;

TEST(TensorDataset, GathersRowsInTheOrderAskedFor) {
  const TensorDataset set(tensor({{0, 1}, {10, 11}, {20, 21}}), from_vector(Indices{5, 6, 7}));
  const Batch batch = set.get(Indices{2, 0, 2});
  EXPECT_EQ(batch.inputs.shape(), Shape({3, 2}));
  EXPECT_THAT(batch.inputs.to_vector<float>(), ElementsAre(20, 21, 0, 1, 20, 21));
  EXPECT_THAT(batch.targets.to_vector<std::int64_t>(), ElementsAre(7, 5, 7));
  EXPECT_THAT(batch.indices.to_vector<std::int64_t>(), ElementsAre(2, 0, 2));
}

TEST(TensorDataset, KeepsDtypesAndShapes) {
  const TensorDataset set(zeros({4, 1, 2, 2}, {.dtype = DType::kU8}), zeros({4, 3}));
  const Batch batch = set.get(Indices{1, 2});
  EXPECT_EQ(batch.inputs.dtype(), DType::kU8);
  EXPECT_EQ(batch.inputs.shape(), Shape({2, 1, 2, 2}));
  EXPECT_EQ(batch.targets.shape(), Shape({2, 3}));
  EXPECT_EQ(batch.indices.dtype(), DType::kI64);
}

TEST(TensorDataset, CopiesRowsButSharesTensors) {
  const Tensor inputs = tensor({{1, 1}, {2, 2}});
  const TensorDataset set(inputs, zeros({2}));
  const Batch batch = set.get(Indices{1});
  inputs.fill_(7);
  EXPECT_EQ(batch.inputs.item<float>({0, 0}), 2);
  EXPECT_EQ(set.get(Indices{1}).inputs.item<float>({0, 0}), 7);
}

TEST(TensorDataset, GivesEmptyBatches) {
  const TensorDataset set(zeros({4, 2}), zeros({4}));
  const Batch batch = set.get({});
  EXPECT_EQ(batch.size(), 0);
  EXPECT_EQ(batch.inputs.shape(), Shape({0, 2}));
}

TEST(TensorDataset, ThrowsForTensorsThatDoNotFit) {
  EXPECT_THROW(TensorDataset(zeros({4, 2}), zeros({3})), ShapeError);
  EXPECT_THROW(TensorDataset(scalar(1), zeros({1})), ShapeError);
  EXPECT_THROW(TensorDataset(Tensor(), zeros({1})), ShapeError);
  try {
    TensorDataset(zeros({4, 2}), zeros({3}));
  } catch (const ShapeError& error) {
    EXPECT_THAT(error.what(), HasSubstr("[tensor_dataset]"));
    EXPECT_THAT(error.what(), HasSubstr("inputs [4,2] and targets [3]"));
  }
}

TEST(TensorDataset, ThrowsOutsideTheDataSet) {
  const TensorDataset set(zeros({4, 2}), zeros({4}));
  EXPECT_THROW(set.get(Indices{4}), IndexError);
  EXPECT_THROW(set.get(Indices{-1}), IndexError);
}

}  // namespace
}  // namespace tenon::data

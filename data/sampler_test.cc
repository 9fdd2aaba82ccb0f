#include "data/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>

#include "data/data_loader.h"
#include "data/tensor_dataset.h"
#include "tensor/error.h"

namespace tenon::data {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

Indices upto(std::int64_t n) { return SequentialSampler(n).order(0); }

Indices sorted(Indices order) {
  std::sort(order.begin(), order.end());
  return order;
}

TEST(SequentialSampler, CountsUp) {
  EXPECT_THAT(SequentialSampler(3).order(5), ElementsAre(0, 1, 2));
  EXPECT_THAT(SequentialSampler(0).order(0), IsEmpty());
  EXPECT_THROW(SequentialSampler(-1), ValueError);
}

TEST(RandomSampler, PermutesByEpochAndSeed) {
  const RandomSampler sampler(50, 3);
  EXPECT_EQ(sorted(sampler.order(0)), upto(50));
  EXPECT_EQ(sampler.order(1), RandomSampler(50, 3).order(1));
  EXPECT_NE(sampler.order(1), sampler.order(0));
  EXPECT_NE(sampler.order(1), RandomSampler(50, 4).order(1));
}

TEST(SubsetRandomSampler, PermutesItsIndices) {
  const SubsetRandomSampler sampler({4, 8, 15, 16}, 1);
  EXPECT_EQ(sampler.size(), 4);
  EXPECT_THAT(sampler.order(0), UnorderedElementsAre(4, 8, 15, 16));
}

// 40,000 draws: index i comes 40,000 w_i / 10 times, within five deviations.
TEST(WeightedSampler, DrawsByWeight) {
  const WeightedSampler sampler(tensor({1, 0, 2, 3, 4, 0}), 40000, 7);
  std::map<std::int64_t, int> counts;
  for (const std::int64_t index : sampler.order(0)) ++counts[index];
  EXPECT_EQ(counts.size(), 4u);
  for (const auto& [index, weight] :
       std::map<std::int64_t, double>{{0, 1}, {2, 2}, {3, 3}, {4, 4}}) {
    const double p = weight / 10;
    EXPECT_NEAR(counts[index], 40000 * p, 5 * std::sqrt(40000 * p * (1 - p)));
  }
  EXPECT_NE(sampler.order(0), sampler.order(1));
}

// Weights 1, 2, 3 without replacement: the first draw is i with probability w_i / 6, and the order
// (2, 1, 0) has 3/6 * 2/3 = 1/3.
TEST(WeightedSampler, DrawsOneAfterTheOtherWithoutReplacement) {
  const WeightedSampler sampler(tensor({1, 2, 3}), 3, 1, false);
  std::map<Indices, int> orders;
  constexpr int kEpochs = 6000;
  for (int epoch = 0; epoch < kEpochs; ++epoch) ++orders[sampler.order(epoch)];
  const auto expect = [&](const Indices& order, double p) {
    EXPECT_NEAR(orders[order], kEpochs * p, 5 * std::sqrt(kEpochs * p * (1 - p)));
  };
  expect({2, 1, 0}, 1.0 / 3);
  expect({2, 0, 1}, 1.0 / 6);
  expect({0, 1, 2}, 1.0 / 6 * 2 / 5);
  expect({1, 0, 2}, 1.0 / 3 * 1 / 4);
}

TEST(WeightedSampler, ThrowsForWhatIsNoWeight) {
  EXPECT_THROW(WeightedSampler(tensor({1, -1}), 1, 0), ValueError);
  EXPECT_THROW(WeightedSampler(tensor({1, INFINITY}), 1, 0), ValueError);
  EXPECT_THROW(WeightedSampler(tensor({1, NAN}), 1, 0), ValueError);
  EXPECT_THROW(WeightedSampler(tensor({0, 0}), 1, 0), ValueError);
  EXPECT_THROW(WeightedSampler(tensor({1, 0}), 2, 0, false), ValueError);
  EXPECT_THROW(WeightedSampler(tensor({1, 0}), -1, 0), ValueError);
  EXPECT_THROW(WeightedSampler(zeros({2, 2}), 1, 0), ShapeError);
  EXPECT_THROW(WeightedSampler(arange(0, 3), 1, 0), DTypeError);
  EXPECT_THAT(WeightedSampler(tensor({0, 0}), 0, 0).order(0), IsEmpty());
}

Indices shard(std::int64_t n, const ShardOptions& options) {
  const ShardSampler sampler(std::make_shared<SequentialSampler>(n), options);
  Indices order = sampler.order(0);
  EXPECT_EQ(static_cast<std::int64_t>(order.size()), sampler.size());
  return order;
}

TEST(ShardSampler, DealsTheOrder) {
  EXPECT_THAT(shard(7, {.shards = 3, .shard = 0}), ElementsAre(0, 3, 6));
  EXPECT_THAT(shard(7, {.shards = 3, .shard = 1}), ElementsAre(1, 4, 0));
  EXPECT_THAT(shard(7, {.shards = 3, .shard = 2}), ElementsAre(2, 5, 1));
  EXPECT_THAT(shard(7, {.shards = 3, .shard = 2, .drop_last = true}), ElementsAre(2, 5));
  EXPECT_THAT(shard(1, {.shards = 3, .shard = 2}), ElementsAre(0));
  EXPECT_THAT(shard(0, {.shards = 3, .shard = 2}), IsEmpty());
  EXPECT_THROW(shard(1, {.shards = 0}), ValueError);
  EXPECT_THROW(shard(1, {.shards = 2, .shard = 2}), ValueError);
  EXPECT_THROW(shard(1, {.shards = 2, .shard = -1}), ValueError);
}

TEST(FixedBatches, CutTheOrder) {
  const auto sampler = std::make_shared<SequentialSampler>(5);
  EXPECT_THAT(FixedBatches(sampler, 2, false).batches(0),
              ElementsAre(Indices{0, 1}, Indices{2, 3}, Indices{4}));
  EXPECT_THAT(FixedBatches(sampler, 2, true).batches(0), ElementsAre(Indices{0, 1}, Indices{2, 3}));
  EXPECT_THROW(FixedBatches(sampler, 0, true), ValueError);
}

TEST(DataLoader, TakesASampler) {
  const Tensor x = arange(0, 10);
  const TensorDataset set(x, x);
  DataLoader loader(set, {.batch_size = 2,
                          .sampler = std::make_shared<SubsetRandomSampler>(Indices{7, 8, 9}, 1)});
  EXPECT_EQ(loader.num_batches(), 2);
  Indices seen;
  for (const Batch& batch : loader) {
    for (const std::int64_t i : batch.inputs.to_vector<std::int64_t>()) seen.push_back(i);
  }
  EXPECT_THAT(seen, UnorderedElementsAre(7, 8, 9));
}

}  // namespace
}  // namespace tenon::data

#include "data/data_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "data/tensor_dataset.h"
#include "tensor/error.h"

namespace tenon::data {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Indices = std::vector<std::int64_t>;

// Example i is the number i.
TensorDataset numbers(std::int64_t size) {
  const Tensor x = arange(0, static_cast<double>(size));
  return TensorDataset(x.to(DType::kF32), x);
}

// The examples of the batches from where the loader stands to the end of its epoch.
std::vector<Indices> rest_of_epoch(DataLoader& loader) {
  std::vector<Indices> batches;
  for (const Batch& batch : loader) batches.push_back(batch.targets.to_vector<std::int64_t>());
  return batches;
}

Indices joined(const std::vector<Indices>& batches) {
  Indices all;
  for (const Indices& batch : batches) all.insert(all.end(), batch.begin(), batch.end());
  return all;
}

TEST(DataLoader, KeepsTheOrderOfTheDataSet) {
  const TensorDataset set = numbers(7);
  DataLoader loader(set, {.batch_size = 3});
  EXPECT_EQ(loader.num_batches(), 3);
  EXPECT_THAT(rest_of_epoch(loader), ElementsAre(Indices{0, 1, 2}, Indices{3, 4, 5}, Indices{6}));
  EXPECT_THAT(joined(rest_of_epoch(loader)), ElementsAre(0, 1, 2, 3, 4, 5, 6));
}

TEST(DataLoader, DropsAShortLastBatchOnly) {
  const TensorDataset seven = numbers(7);
  DataLoader loader(seven, {.batch_size = 3, .drop_last = true});
  EXPECT_EQ(loader.num_batches(), 2);
  EXPECT_THAT(rest_of_epoch(loader), ElementsAre(Indices{0, 1, 2}, Indices{3, 4, 5}));
  const TensorDataset six = numbers(6);
  EXPECT_EQ(DataLoader(six, {.batch_size = 3, .drop_last = true}).num_batches(), 2);
  EXPECT_EQ(DataLoader(six, {.batch_size = 3}).num_batches(), 2);
}

TEST(DataLoader, TakesAnEmptyDataSetAndABatchLargerThanAll) {
  const TensorDataset none = numbers(0);
  DataLoader empty_loader(none);
  EXPECT_THAT(rest_of_epoch(empty_loader), IsEmpty());
  EXPECT_EQ(empty_loader.state(), (LoaderState{1, 0}));
  const TensorDataset three = numbers(3);
  DataLoader one_batch(three, {.batch_size = 100});
  EXPECT_THAT(rest_of_epoch(one_batch), ElementsAre(Indices{0, 1, 2}));
}

TEST(DataLoader, ShufflesEveryExampleOncePerEpoch) {
  const TensorDataset set = numbers(100);
  DataLoader loader(set, {.batch_size = 8, .shuffle = true});
  Indices in_order(100);
  std::iota(in_order.begin(), in_order.end(), 0);
  std::set<Indices> orders;
  for (int epoch = 0; epoch < 3; ++epoch) {
    Indices order = joined(rest_of_epoch(loader));
    EXPECT_NE(order, in_order);
    orders.insert(order);
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, in_order);
  }
  EXPECT_EQ(orders.size(), 3u);
}

// 2,000 orders of 4 examples: each comes first in about a quarter of them (500 ± 19.4).
TEST(DataLoader, EachExampleIsFirstEquallyOften) {
  const TensorDataset set = numbers(4);
  DataLoader loader(set, {.batch_size = 4, .shuffle = true});
  std::vector<int> first(4);
  for (int epoch = 0; epoch < 2000; ++epoch) {
    ++first[static_cast<std::size_t>(rest_of_epoch(loader)[0][0])];
  }
  for (const int count : first) EXPECT_NEAR(count, 500, 5 * 19.4);
}

TEST(DataLoader, OrderDependsOnSeedAndEpochAlone) {
  const TensorDataset set = numbers(50);
  const DataLoaderOptions options{.batch_size = 8, .shuffle = true, .seed = 3};
  DataLoader loader(set, options);
  rest_of_epoch(loader);
  const auto second = rest_of_epoch(loader);

  DataLoader again(set, options);
  again.set_epoch(1);
  EXPECT_EQ(rest_of_epoch(again), second);

  DataLoader other_batches(set, {.batch_size = 3, .shuffle = true, .seed = 3});
  other_batches.set_epoch(1);
  EXPECT_EQ(joined(rest_of_epoch(other_batches)), joined(second));

  DataLoader other_seed(set, {.batch_size = 8, .shuffle = true, .seed = 4});
  other_seed.set_epoch(1);
  EXPECT_NE(rest_of_epoch(other_seed), second);
}

TEST(DataLoader, StateCountsTheBatchInHand) {
  const TensorDataset set = numbers(5);
  DataLoader loader(set, {.batch_size = 2});
  EXPECT_EQ(loader.state(), (LoaderState{0, 0}));
  std::int64_t batch = 0;
  for ([[maybe_unused]] const Batch& b : loader) {
    EXPECT_EQ(loader.state(), (LoaderState{0, ++batch}));
  }
  EXPECT_EQ(batch, loader.num_batches());
  EXPECT_EQ(loader.state(), (LoaderState{1, 0}));
}

TEST(DataLoader, GoesOnAfterEveryBatch) {
  const TensorDataset set = numbers(23);
  const DataLoaderOptions options{.batch_size = 4, .shuffle = true, .seed = 9};
  DataLoader whole(set, options);
  std::vector<Indices> expected = rest_of_epoch(whole);
  const auto next_epoch = rest_of_epoch(whole);
  for (std::int64_t stop = 1; stop <= whole.num_batches(); ++stop) {
    DataLoader first(set, options);
    LoaderState saved;
    for ([[maybe_unused]] const Batch& batch : first) {
      saved = first.state();
      if (saved.batch == stop) break;
    }
    EXPECT_EQ(saved, (LoaderState{0, stop}));
    DataLoader second(set, options);
    second.restore(saved);
    EXPECT_EQ(second.state(), saved);
    EXPECT_EQ(rest_of_epoch(second), std::vector<Indices>(expected.begin() + stop, expected.end()));
    EXPECT_EQ(rest_of_epoch(second), next_epoch);
  }
}

TEST(DataLoader, ALoopLeftEarlyStartsAgain) {
  const TensorDataset set = numbers(10);
  DataLoader loader(set, {.batch_size = 2, .shuffle = true});
  const auto whole = rest_of_epoch(loader);
  loader.set_epoch(0);
  for ([[maybe_unused]] const Batch& batch : loader) break;
  EXPECT_EQ(rest_of_epoch(loader), whole);
}

TEST(DataLoader, SetEpochForgetsARestoredBatch) {
  const TensorDataset set = numbers(4);
  DataLoader loader(set, {.batch_size = 2});
  loader.restore({0, 1});
  loader.set_epoch(2);
  EXPECT_THAT(rest_of_epoch(loader), ElementsAre(Indices{0, 1}, Indices{2, 3}));
  EXPECT_EQ(loader.state(), (LoaderState{3, 0}));
}

TEST(DataLoader, ThrowsForWhatCannotBe) {
  const TensorDataset set = numbers(4);
  EXPECT_THROW(DataLoader(set, {.batch_size = 0}), ValueError);
  EXPECT_THROW(DataLoader(set, {.batch_size = -1}), ValueError);
  DataLoader loader(set, {.batch_size = 2});
  EXPECT_THROW(loader.set_epoch(-1), ValueError);
  EXPECT_THROW(loader.restore({-1, 0}), ValueError);
  EXPECT_THROW(loader.restore({0, -1}), ValueError);
  EXPECT_THROW(loader.restore({0, 3}), ValueError);
  EXPECT_EQ(loader.state(), (LoaderState{0, 0}));
}

}  // namespace
}  // namespace tenon::data

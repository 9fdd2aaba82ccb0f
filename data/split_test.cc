#include "data/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <vector>

#include "tensor/error.h"

namespace tenon::data {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Indices = std::vector<std::int64_t>;
using Parts = std::vector<Indices>;

// Whether the parts hold 0 … size-1 once each, and each part is in ascending order.
void expect_partition(const Parts& parts, std::int64_t size) {
  Indices all;
  for (const Indices& part : parts) {
    EXPECT_TRUE(std::is_sorted(part.begin(), part.end()));
    all.insert(all.end(), part.begin(), part.end());
  }
  std::sort(all.begin(), all.end());
  Indices expected(static_cast<std::size_t>(size));
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(all, expected);
}

TEST(RandomSplit, DealsEveryIndexOnce) {
  const Parts parts = random_split(1001, {0.7, 0.2, 0.1}, 1);
  ASSERT_EQ(parts.size(), 3u);
  expect_partition(parts, 1001);
  EXPECT_EQ(parts[0].size(), 701u);
  EXPECT_EQ(parts[1].size(), 200u);
  EXPECT_EQ(parts[2].size(), 100u);
}

TEST(RandomSplit, DependsOnTheSeedAlone) {
  EXPECT_EQ(random_split(100, {0.5, 0.5}, 1), random_split(100, {0.5, 0.5}, 1));
  EXPECT_NE(random_split(100, {0.5, 0.5}, 1), random_split(100, {0.5, 0.5}, 2));
}

TEST(RandomSplit, TakesAllAndNothing) {
  EXPECT_THAT(random_split(3, {1.0}, 1), ElementsAre(Indices{0, 1, 2}));
  EXPECT_THAT(random_split(0, {0.5, 0.5}, 1), ElementsAre(IsEmpty(), IsEmpty()));
  expect_partition(random_split(1, {1.0 / 3, 1.0 / 3, 1.0 / 3}, 1), 1);
}

TEST(RandomSplit, ThrowsForFractionsThatAreNone) {
  EXPECT_THROW(random_split(10, {0.5, 0.4}, 1), ValueError);
  EXPECT_THROW(random_split(10, {0.5, 0.6}, 1), ValueError);
  EXPECT_THROW(random_split(10, {1.5, -0.5}, 1), ValueError);
  EXPECT_THROW(random_split(10, {1.0, 0.0}, 1), ValueError);
  EXPECT_THROW(random_split(10, {}, 1), ValueError);
  EXPECT_THROW(random_split(-1, {1.0}, 1), ValueError);
}

// Class k of 0 … 4 has 10 (k + 1) examples, in the order 0 0 … 1 1 …
Tensor uneven_labels() {
  Indices labels;
  for (std::int64_t k = 0; k < 5; ++k) {
    labels.insert(labels.end(), static_cast<std::size_t>(10 * (k + 1)), k);
  }
  return from_vector(labels);
}

TEST(StratifiedSplit, KeepsTheProportionsOfEachClass) {
  const Tensor labels = uneven_labels();
  const Indices values = labels.to_vector<std::int64_t>();
  const Parts parts = stratified_split(labels, {0.8, 0.2}, 1);
  expect_partition(parts, 150);
  std::map<std::int64_t, int> in_second;
  for (const std::int64_t i : parts[1]) ++in_second[values[static_cast<std::size_t>(i)]];
  for (std::int64_t k = 0; k < 5; ++k) EXPECT_EQ(in_second[k], 2 * (k + 1)) << k;
}

TEST(StratifiedSplit, DependsOnTheSeedAlone) {
  const Tensor labels = uneven_labels();
  EXPECT_EQ(stratified_split(labels, {0.8, 0.2}, 1), stratified_split(labels, {0.8, 0.2}, 1));
  EXPECT_NE(stratified_split(labels, {0.8, 0.2}, 1), stratified_split(labels, {0.8, 0.2}, 2));
}

TEST(StratifiedSplit, ThrowsForOtherLabels) {
  EXPECT_THROW(stratified_split(zeros({4, 1}, {.dtype = DType::kI64}), {1.0}, 1), ShapeError);
  EXPECT_THROW(stratified_split(zeros({4}), {1.0}, 1), DTypeError);
  EXPECT_THROW(stratified_split(uneven_labels(), {0.5}, 1), ValueError);
}

}  // namespace
}  // namespace tenon::data

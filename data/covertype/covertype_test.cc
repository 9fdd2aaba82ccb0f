#include "data/covertype/covertype.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "data/data_dir.h"
#include "data/scratch_gzip.h"
#include "tensor/error.h"
#include "tensor/io/scratch_file.h"
#include "tensor/ops.h"

namespace tenon::data {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A row with the numbers base, base + 1 … and one wilderness, soil and label, these from 0.
std::string row(int base, int wilderness, int soil, int label) {
  std::string text;
  for (int i = 0; i < 10; ++i) text += std::to_string(base + i) + ",";
  for (int i = 0; i < 4; ++i) text += i == wilderness ? "1," : "0,";
  for (int i = 0; i < 40; ++i) text += i == soil ? "1," : "0,";
  return text + std::to_string(label + 1) + "\n";
}

absl::Status status_of(const ScratchFolder& folder, const std::string& text) {
  return load_covertype(folder.put("covtype.data", text)).status();
}

TEST(Covertype, FoldsIndicatorsIntoCategories) {
  const ScratchFolder folder;
  const std::string text = row(5, 0, 39, 6) + row(-3, 3, 0, 0);
  for (const std::string& bytes : {text, gzipped(text)}) {
    const auto rows = load_covertype(folder.put("covtype.data", bytes));
    ASSERT_TRUE(rows.ok()) << rows.status();
    EXPECT_EQ(rows->numeric.shape(), Shape({2, 10}));
    EXPECT_EQ(rows->numeric.item<float>({0, 9}), 14);
    EXPECT_EQ(rows->numeric.item<float>({1, 0}), -3);
    EXPECT_THAT(rows->wilderness.to_vector<std::int64_t>(), ElementsAre(0, 3));
    EXPECT_THAT(rows->soil.to_vector<std::int64_t>(), ElementsAre(39, 0));
    EXPECT_THAT(rows->labels.to_vector<std::int64_t>(), ElementsAre(6, 0));
  }
}

TEST(Covertype, NamesRowAndColumn) {
  const ScratchFolder folder;
  const auto expect = [&](const std::string& text, const std::string& what) {
    EXPECT_THAT(message(status_of(folder, row(0, 0, 0, 0) + text)),
                HasSubstr("covtype.data: row 2, " + what));
  };
  expect(row(0, 9, 0, 0), "columns 11 to 14 (wilderness): expected one of them to be 1, got 0");
  expect(row(0, 0, 99, 0), "columns 15 to 54 (soil): expected one of them to be 1, got 0");
  std::string two = row(0, 1, 7, 0);
  two[two.size() - 4] = '1';
  expect(two, "columns 15 to 54 (soil): expected one of them to be 1, got 2");
  expect(row(0, 0, 0, 7), "column 55 (label): expected an integer from 1 to 7, got '8'");
  expect(row(0, 0, 0, -1), "column 55 (label): expected an integer from 1 to 7, got '0'");
  expect("a" + row(0, 0, 0, 0), "column 1 (numeric): expected a number, got 'a0'");
  expect("1,2,3\n", "expected 55 columns, got 3");
}

TEST(Covertype, EveryTruncationIsAnError) {
  const ScratchFolder folder;
  const std::string text = row(0, 1, 2, 3);
  for (std::size_t size = 0; size + 1 < text.size(); ++size) {
    EXPECT_FALSE(status_of(folder, text.substr(0, size)).ok()) << size;
  }
}

Covertype synthetic(int rows) {
  std::vector<float> numeric;
  std::vector<std::int64_t> labels;
  for (int i = 0; i < rows; ++i) {
    for (int k = 0; k < 10; ++k) numeric.push_back(k == 9 ? 7.0f : static_cast<float>(i * (k + 1)));
    labels.push_back(i % 10 == 0 ? 6 : i % 2);
  }
  return {.numeric = from_vector(numeric, Shape{rows, 10}),
          .wilderness = zeros({rows}, {.dtype = DType::kI64}),
          .soil = ones({rows}, {.dtype = DType::kI64}),
          .labels = from_vector(labels)};
}

TEST(SplitCovertype, FitsTheScaleOnTrainingRowsOnly) {
  const Covertype all = synthetic(2000);
  const CovertypeSplit split = split_covertype(all, {.seed = 3});
  EXPECT_EQ(split.train.numeric.size(0), 1700);
  EXPECT_EQ(split.test.numeric.size(0), 300);
  const CovertypeScale after = covertype_scale(split.train.numeric);
  for (int k = 0; k < 9; ++k) {
    EXPECT_NEAR(after.mean.item<double>({k}), 0, 1e-6);
    EXPECT_NEAR(after.stddev.item<double>({k}), 1, 1e-6);
  }
  EXPECT_THAT(split.train.numeric.select(1, 9).to_vector<float>(), Each(0.0f));  // constant: no 0/0
  // The test rows, scaled back, are rows of the whole.
  const Tensor back = split.test.numeric * split.scale.stddev + split.scale.mean;
  for (const float first : back.select(1, 0).to_vector<float>()) {
    EXPECT_NEAR(first, std::round(first), 0.01);
  }
  std::int64_t sixes = 0;
  for (const auto label : split.test.labels.to_vector<std::int64_t>()) sixes += label == 6;
  EXPECT_EQ(sixes, 30);
}

TEST(SplitCovertype, DependsOnTheSeedAlone) {
  const Covertype all = synthetic(200);
  const auto first = [&](std::uint64_t seed) {
    return split_covertype(all, {.seed = seed}).test.numeric.to_vector<float>();
  };
  EXPECT_EQ(first(1), first(1));
  EXPECT_NE(first(1), first(2));
  EXPECT_THROW(split_covertype(all, {.test_fraction = 1}), ValueError);
  EXPECT_THROW(covertype_scale(zeros({0, 10})), ShapeError);
}

TEST(CovertypeDataset, CarriesCategoriesAsWholeNumbers) {
  const TensorDataset dataset = covertype_dataset(synthetic(5));
  const Batch batch = dataset.get(std::vector<std::int64_t>{4, 1});
  EXPECT_EQ(batch.inputs.shape(), Shape({2, 12}));
  EXPECT_EQ(batch.inputs.item<float>({0, 1}), 8);
  EXPECT_THAT(batch.inputs.select(1, 11).to(DType::kI64).to_vector<std::int64_t>(),
              ElementsAre(1, 1));
  EXPECT_THAT(batch.targets.to_vector<std::int64_t>(), ElementsAre(0, 1));
}

// The counts of these rows, and the ranges that the whole set is documented to have.
TEST(Covertype, ReadsTheRealRows) {
  const auto folder = data_dir();
  if (!folder.ok()) GTEST_SKIP() << folder.status();
  const auto rows = load_covertype(*folder + "/covertype/covtype.data.gz");
  ASSERT_TRUE(rows.ok()) << rows.status();
  std::vector<std::int64_t> counts(7);
  for (const auto label : rows->labels.to_vector<std::int64_t>()) {
    ++counts[static_cast<std::size_t>(label)];
  }
  EXPECT_THAT(counts, ElementsAre(35'676, 47'146, 7'498, 2'259, 3'355, 4'609, 5'092));
  const std::vector<float> low = min(rows->numeric, {0}).to_vector<float>();
  const std::vector<float> high = max(rows->numeric, {0}).to_vector<float>();
  const std::vector<float> least = {1859, 0, 0, 0, -173, 0, 0, 0, 0, 0};
  const std::vector<float> most = {3858, 360, 66, 1397, 601, 7117, 254, 254, 254, 7173};
  for (std::size_t k = 0; k < least.size(); ++k) {
    EXPECT_GE(low[k], least[k]) << k;
    EXPECT_LE(high[k], most[k]) << k;
  }
  EXPECT_EQ(rows->numeric.item<float>({0, 0}), 2596);
  EXPECT_EQ(rows->soil.item<int>({0}), 28);  // column 43 of 55: soil type 29
}

}  // namespace
}  // namespace tenon::data

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "data/stats/labels.h"
#include "data/stats/report.h"
#include "tensor/error.h"

namespace tenon::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Labels = std::vector<std::int64_t>;

Tensor cyclic_labels(std::int64_t count, std::int64_t classes) {
  Labels labels;
  for (std::int64_t i = 0; i < count; ++i) labels.push_back(i % classes);
  return from_vector(labels);
}

TEST(ClassCounts, CountsEachClass) {
  const Tensor labels = from_vector(Labels{2, 0, 2, 2});
  EXPECT_THAT(class_counts(labels), ElementsAre(1, 0, 3));
  EXPECT_THAT(class_counts(labels, 5), ElementsAre(1, 0, 3, 0, 0));
  EXPECT_TRUE(class_counts(from_vector(Labels{})).empty());
  EXPECT_THROW(class_counts(labels, 2), ValueError);
  EXPECT_THROW(class_counts(from_vector(Labels{-1})), ValueError);
  EXPECT_THROW(class_counts(from_vector(Labels{INT64_MAX})), ValueError);
  EXPECT_THROW(class_counts(zeros({2})), DTypeError);
  EXPECT_THROW(class_counts(zeros({2, 1}, {.dtype = DType::kI64})), ShapeError);
}

TEST(ShuffleLabels, KeepsCountsAndTheOthers) {
  const Tensor labels = cyclic_labels(1000, 10);
  const Labels before = labels.to_vector<std::int64_t>();
  const NoisyLabels noisy = shuffle_labels(labels, {.share = 0.4, .seed = 7});
  EXPECT_EQ(class_counts(noisy.labels), class_counts(labels));
  EXPECT_EQ(labels.to_vector<std::int64_t>(), before);
  ASSERT_EQ(noisy.indices.size(), 400u);
  EXPECT_TRUE(std::is_sorted(noisy.indices.begin(), noisy.indices.end()));
  std::vector<bool> drawn(1000);
  for (const auto index : noisy.indices) drawn[static_cast<std::size_t>(index)] = true;
  const Labels after = noisy.labels.to_vector<std::int64_t>();
  int changed = 0;
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (!drawn[i]) {
      EXPECT_EQ(after[i], before[i]) << i;
    }
    changed += after[i] != before[i];
  }
  EXPECT_NEAR(changed, 360, 30);  // nine of ten get another label
}

TEST(ShuffleLabels, DependsOnTheSeedAlone) {
  const Tensor labels = cyclic_labels(100, 5);
  const auto shuffled = [&](double share, std::uint64_t seed) {
    return shuffle_labels(labels, {.share = share, .seed = seed}).labels.to_vector<std::int64_t>();
  };
  EXPECT_EQ(shuffled(1, 3), shuffled(1, 3));
  EXPECT_NE(shuffled(1, 3), shuffled(1, 4));
  EXPECT_EQ(shuffled(0, 3), labels.to_vector<std::int64_t>());
  EXPECT_THROW(shuffle_labels(labels, {.share = 1.1}), ValueError);
  EXPECT_THROW(shuffle_labels(labels, {.share = -0.1}), ValueError);
}

TEST(Report, DescribesImages) {
  std::vector<std::uint8_t> pixels(2 * 2 * 2 * 2, 0);
  for (std::size_t i = 4; i < 8; ++i) pixels[i] = 255;  // the first image's second channel
  const Tensor images = from_vector(pixels, Shape{2, 2, 2, 2});
  const std::string report = report_images(images, from_vector(Labels{0, 1}),
                                           {.name = "tiny", .class_names = {"cat", "dog"}});
  EXPECT_EQ(report,
            "tiny: 2 images [2,2,2] u8, 2 classes\n"
            "class            count     share\n"
            "cat                  1   50.00 %\n"
            "dog                  1   50.00 %\n"
            "channel           mean      stddev         min         max\n"
            "0                    0           0           0           0\n"
            "1                  0.5         0.5           0           1\n");
  EXPECT_THROW(report_images(images, from_vector(Labels{0})), ShapeError);
  EXPECT_THROW(report_images(images, Tensor()), ShapeError);
}

TEST(Report, DescribesTablesAndTexts) {
  const Tensor columns = tensor({{1, 1000000}, {3, 1000001}});
  const std::string table =
      report_table(columns, from_vector(Labels{0, 0}), {.column_names = {"a", "a longer name"}});
  EXPECT_THAT(table, HasSubstr("data: 2 rows of 2 columns, 1 classes\n"));
  EXPECT_THAT(table, HasSubstr("a                       2           1           1           3\n"));
  EXPECT_THAT(table, HasSubstr("a longer name       1e+06         0.5       1e+06       1e+06\n"));
  const std::vector<std::int32_t> tokens = {1, 2, 1};
  EXPECT_EQ(report_text("one two\nthree\n", tokens, {.name = "text"}),
            "text: 14 bytes, 2 lines, 3 words\n3 tokens, 2 of them different, 4.67 bytes each\n");
  EXPECT_THAT(report_text(std::string(1234567, 'a'), {}), HasSubstr("1,234,567 bytes, 0 lines, 1"));
}

}  // namespace
}  // namespace tenon::data

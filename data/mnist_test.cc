#include "data/mnist.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "data/data_dir.h"
#include "data/scratch_gzip.h"
#include "data/transforms.h"
#include "tensor/io/scratch_file.h"

namespace tenon::data {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

const std::string kTrainImages = "train-images-idx3-ubyte";
const std::string kTrainLabels = "train-labels-idx1-ubyte";
const std::string kTestImages = "t10k-images-idx3-ubyte";
const std::string kTestLabels = "t10k-labels-idx1-ubyte";

// `count` images whose pixels are all `first`, `first` + 1, …
std::string images(int count, int first, char side = 28) {
  std::string bytes{0, 0, 8, 3, 0, 0, 0, static_cast<char>(count), 0, 0, 0, side, 0, 0, 0, 28};
  for (int i = 0; i < count; ++i) {
    bytes += std::string(static_cast<std::size_t>(side) * 28, static_cast<char>(first + i));
  }
  return bytes;
}

std::string labels(const std::vector<int>& values) {
  std::string bytes{0, 0, 8, 1, 0, 0, 0, static_cast<char>(values.size())};
  for (const int value : values) bytes += static_cast<char>(value);
  return bytes;
}

void put_small_mnist(const ScratchFolder& folder) {
  folder.put(kTrainImages, images(3, 10));
  folder.put(kTrainLabels, labels({7, 0, 9}));
  folder.put(kTestImages + ".gz", gzipped(images(2, 20)));
  folder.put(kTestLabels + ".gz", gzipped(labels({1, 2})));
}

TEST(LoadMnist, ReadsPlainAndGzippedFiles) {
  const ScratchFolder folder;
  put_small_mnist(folder);
  const auto mnist = load_mnist(folder.path());
  ASSERT_TRUE(mnist.ok()) << mnist.status();
  EXPECT_EQ(mnist->train.images.shape(), Shape({3, 1, 28, 28}));
  EXPECT_EQ(mnist->train.images.item<int>({1, 0, 0, 0}), 11);
  EXPECT_THAT(mnist->train.labels.to_vector<std::int64_t>(), ElementsAre(7, 0, 9));
  EXPECT_EQ(mnist->test.images.item<int>({1, 0, 27, 27}), 21);
  EXPECT_THAT(mnist->test.labels.to_vector<std::int64_t>(), ElementsAre(1, 2));
}

TEST(LoadMnist, ReadsTheFirst) {
  const ScratchFolder folder;
  put_small_mnist(folder);
  const auto mnist = load_mnist(folder.path(), {.train = 2, .test = 1});
  ASSERT_TRUE(mnist.ok()) << mnist.status();
  EXPECT_EQ(mnist->train.images.shape(), Shape({2, 1, 28, 28}));
  EXPECT_EQ(mnist->train.images.item<int>({1, 0, 27, 27}), 11);
  EXPECT_THAT(mnist->train.labels.to_vector<std::int64_t>(), ElementsAre(7, 0));
  EXPECT_EQ(mnist->test.images.shape(), Shape({1, 1, 28, 28}));
  EXPECT_THAT(mnist->test.labels.to_vector<std::int64_t>(), ElementsAre(1));
  folder.put(kTrainLabels, labels({7}));
  EXPECT_THAT(message(load_mnist(folder.path(), {.train = 2}).status()),
              HasSubstr("expected labels u8 [2], one for each image, got u8 [1]"));
}

TEST(LoadMnist, NamesWhatIsWrong) {
  const ScratchFolder folder;
  const auto expect = [&](const std::string& file, const std::string& bytes,
                          const std::string& what) {
    put_small_mnist(folder);
    const absl::Status status = load_mnist((folder.put(file, bytes), folder.path())).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(message(status), HasSubstr(folder.path(file) + ": " + what));
  };
  expect(kTrainLabels, labels({7, 0, 10}), "expected labels from 0 to 9, got 10 for image 2");
  expect(kTrainLabels, labels({7, 0}), "expected labels u8 [3], one for each image, got u8 [2]");
  expect(kTrainLabels, labels({7, 0, 1, 2}), "expected labels u8 [3]");
  expect(kTrainLabels, images(3, 1),
         "expected labels u8 [3], one for each image, got u8 [3,28,28]");
  put_small_mnist(folder);
  expect(kTrainImages, images(3, 1, 27), "expected images u8 [N,28,28], got u8 [3,27,28]");
  expect(kTrainImages, labels({1, 2, 3}), "expected images u8 [N,28,28], got u8 [3]");
}

TEST(LoadMnist, NamesAFileThatIsMissing) {
  const ScratchFolder folder;
  const auto status = load_mnist(folder.path()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(message(status), HasSubstr(folder.path(kTrainImages) + " or "));
  put_small_mnist(folder);
  std::filesystem::remove(folder.path(kTestLabels + ".gz"));
  EXPECT_THAT(message(load_mnist(folder.path()).status()), HasSubstr(folder.path(kTestLabels)));
}

TEST(LoadMnist, ReadsTheRealFiles) {
  const auto folder = data_dir();
  if (!folder.ok()) GTEST_SKIP() << folder.status();
  const auto mnist = load_mnist(*folder + "/mnist");
  if (mnist.status().code() == absl::StatusCode::kNotFound) GTEST_SKIP() << mnist.status();
  ASSERT_TRUE(mnist.ok()) << mnist.status();
  EXPECT_EQ(mnist->train.images.shape(), Shape({60000, 1, 28, 28}));
  EXPECT_EQ(mnist->test.images.shape(), Shape({10000, 1, 28, 28}));

  // The first ten labels, as every tutorial prints them, and the published counts per digit.
  const auto labels = mnist->train.labels.to_vector<std::int64_t>();
  EXPECT_THAT(std::vector(labels.begin(), labels.begin() + 10),
              ElementsAre(5, 0, 4, 1, 9, 2, 1, 3, 1, 4));
  std::array<int, 10> counts{};
  for (const std::int64_t label : labels) ++counts[static_cast<std::size_t>(label)];
  EXPECT_THAT(counts,
              ElementsAreArray({5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}));

  // The constants that everybody normalizes MNIST with.
  const ChannelStats stats = channel_stats(mnist->train.images);
  EXPECT_NEAR(stats.mean.item<double>(), 0.1307, 5e-5);
  EXPECT_NEAR(stats.stddev.item<double>(), 0.3081, 5e-5);
}

// Debian's package dataset-fashion-mnist. The means and deviations that PyTorch's tutorials use.
TEST(LoadMnist, ReadsFashionMnist) {
  const auto fashion = load_mnist("/usr/share/datasets/fashion-mnist");
  if (fashion.status().code() == absl::StatusCode::kNotFound) GTEST_SKIP() << fashion.status();
  ASSERT_TRUE(fashion.ok()) << fashion.status();
  EXPECT_EQ(fashion->train.images.shape(), Shape({60000, 1, 28, 28}));
  const auto labels = fashion->train.labels.to_vector<std::int64_t>();
  std::array<int, 10> counts{};
  for (const std::int64_t label : labels) ++counts[static_cast<std::size_t>(label)];
  EXPECT_THAT(counts, ::testing::Each(6000));
  EXPECT_EQ(fashion_mnist_class_names()[static_cast<std::size_t>(labels[0])], "Ankle boot");
  const ChannelStats stats = channel_stats(fashion->train.images);
  EXPECT_NEAR(stats.mean.item<double>(), 0.2860, 5e-5);
  EXPECT_NEAR(stats.stddev.item<double>(), 0.3530, 5e-5);
}

}  // namespace
}  // namespace tenon::data

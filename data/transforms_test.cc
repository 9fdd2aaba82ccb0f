#include "data/transforms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "tensor/error.h"
#include "tensor/ops.h"

namespace tenon::data {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;

// Two images of two channels and one row: channel 0 holds 0 1 2 3, channel 1 holds 10 10 30 30.
Tensor two_channels() {
  return from_vector(std::vector<float>{0, 1, 10, 10, 2, 3, 30, 30}, Shape{2, 2, 1, 2});
}

TEST(ToUnit, DividesBy255) {
  const Tensor pixels = from_vector(std::vector<std::uint8_t>{0, 51, 255});
  EXPECT_THAT(to_unit(pixels).to_vector<float>(), ElementsAre(0, FloatEq(0.2f), 1));
  EXPECT_THROW(to_unit(zeros({2})), DTypeError);
}

TEST(ChannelStats, AreThoseOfEachChannel) {
  const ChannelStats stats = channel_stats(two_channels());
  EXPECT_THAT(stats.mean.to_vector<float>(), ElementsAre(1.5f, 20));
  EXPECT_THAT(stats.stddev.to_vector<float>(), ElementsAre(FloatEq(std::sqrt(1.25f)), 10));
}

TEST(ChannelStats, OfBytesAreThoseOfTheUnitRange) {
  const Tensor pixels = (two_channels() * 8).to(DType::kU8);
  const ChannelStats bytes = channel_stats(pixels);
  const ChannelStats units = channel_stats(to_unit(pixels));
  for (std::int64_t c = 0; c < 2; ++c) {
    EXPECT_FLOAT_EQ(bytes.mean.item<float>({c}), units.mean.item<float>({c}));
    EXPECT_FLOAT_EQ(bytes.stddev.item<float>({c}), units.stddev.item<float>({c}));
  }
}

TEST(ChannelStats, DoNotDependOnTheLayout) {
  const Tensor images = two_channels().contiguous(Layout::kChannelsLast);
  EXPECT_THAT(channel_stats(images).mean.to_vector<float>(), ElementsAre(1.5f, 20));
}

TEST(ChannelStats, ThrowForWhatIsNoImage) {
  EXPECT_THROW(channel_stats(zeros({2, 2})), ShapeError);
  EXPECT_THROW(channel_stats(zeros({0, 1, 2, 2})), ShapeError);
  EXPECT_THROW(channel_stats(zeros({1, 1, 2, 2}, {.dtype = DType::kI64})), DTypeError);
}

TEST(Normalize, GivesMeanZeroAndDeviationOne) {
  const Tensor images = two_channels();
  const ChannelStats after = channel_stats(normalize(images, channel_stats(images)));
  for (std::int64_t c = 0; c < 2; ++c) {
    EXPECT_NEAR(after.mean.item<float>({c}), 0, 1e-6);
    EXPECT_NEAR(after.stddev.item<float>({c}), 1, 1e-6);
  }
  EXPECT_THAT(
      normalize(images, {.mean = tensor({1, 2}), .stddev = tensor({2, 4})}).to_vector<float>(),
      ElementsAre(-0.5, 0, 2, 2, 0.5, 1, 7, 7));
}

TEST(Normalize, ThrowsForWhatDoesNotFit) {
  const Tensor images = two_channels();
  const Tensor two = ones({2});
  EXPECT_THROW(normalize(images, {.mean = ones({3}), .stddev = two}), ShapeError);
  EXPECT_THROW(normalize(images, {.mean = two, .stddev = ones({1})}), ShapeError);
  EXPECT_THROW(normalize(zeros({2, 2}), {.mean = two, .stddev = two}), ShapeError);
  EXPECT_THROW(normalize(images.to(DType::kU8), {.mean = two, .stddev = two}), DTypeError);
  EXPECT_THROW(normalize(images, {.mean = two, .stddev = tensor({1, 0})}), ValueError);
}

}  // namespace
}  // namespace tenon::data

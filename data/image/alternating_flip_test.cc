#include "data/image/alternating_flip.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "data/data_loader.h"
#include "data/image/compose.h"
#include "data/tensor_dataset.h"
#include "tensor/error.h"
#include "tensor/ops.h"

namespace tenon::data {
namespace {

constexpr std::int64_t kImages = 1000;

// Image i is 0 on the left and i on the right.
TensorDataset halves() {
  const Tensor labels = arange(0, kImages);
  const Tensor values = labels.to(DType::kF32).view({kImages, 1, 1, 1});
  const Tensor right = values.expand({kImages, 1, 2, 1}).contiguous();
  return {cat(std::vector<Tensor>{zeros({kImages, 1, 2, 1}), right}, 3), labels};
}

// For each image whether an epoch shows it mirrored.
std::vector<bool> mirrored(DataLoader& loader) {
  std::vector<bool> result(kImages);
  for (const Batch& batch : loader) {
    for (std::int64_t row = 0; row < batch.size(); ++row) {
      const auto index = static_cast<std::size_t>(batch.indices.item<std::int64_t>({row}));
      const float left = batch.inputs.item<float>({row, 0, 0, 0});
      const float right = batch.inputs.item<float>({row, 0, 0, 1});
      EXPECT_EQ(left + right, static_cast<float>(index));
      if (index > 0) result[index] = left > right;
    }
  }
  return result;
}

TEST(AlternatingFlip, ShowsEveryImageInBothDirectionsInConsecutiveEpochs) {
  const TensorDataset images = halves();
  for (const int workers : {0, 2}) {
    DataLoader loader(images, {.batch_size = 64,
                               .shuffle = true,
                               .seed = 5,
                               .workers = workers,
                               .transform = AlternatingFlip{}});
    std::vector<bool> before = mirrored(loader);
    const std::vector<bool> first = before;
    for (int epoch = 1; epoch < 5; ++epoch) {
      const std::vector<bool> now = mirrored(loader);
      for (std::size_t i = 1; i < before.size(); ++i) {
        EXPECT_NE(now[i], before[i]) << "image " << i << ", epoch " << epoch;
      }
      before = now;
    }
    EXPECT_EQ(before, first);  // after four more
  }
}

// Half of the images in each epoch, within four deviations of a fair coin; others for another seed.
TEST(AlternatingFlip, TossesAFairCoinForEachSeed) {
  const TensorDataset images = halves();
  const auto first_epoch = [&](std::uint64_t seed) {
    DataLoader loader(images, {.batch_size = 100, .seed = seed, .transform = AlternatingFlip{}});
    return mirrored(loader);
  };
  const std::vector<bool> a = first_epoch(1), b = first_epoch(2);
  const auto heads = [](const std::vector<bool>& coins) {
    return static_cast<double>(std::count(coins.begin(), coins.end(), true));
  };
  std::vector<bool> differ(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) differ[i] = a[i] != b[i];
  for (const std::vector<bool>& coins : {a, b, differ}) EXPECT_NEAR(heads(coins), 500, 64);
}

// What an image is mirrored by does not tell how it is moved, in the first epoch either.
TEST(AlternatingFlip, IsIndependentOfWhatElseIsDrawn) {
  const TensorDataset images = halves();
  // What a crop of up to two pixels would draw.
  std::vector<double> moved;
  const ImageTransform look = [&](const Tensor& batch, std::span<Generator> generators) {
    for (Generator& generator : generators) {
      moved.push_back(static_cast<double>(generator.next_below(5)) - 2);
    }
    return batch;
  };
  DataLoader loader(
      images, {.batch_size = 100, .transform = in_turn({AlternatingFlip{}, on_inputs(look)})});
  const std::vector<bool> flips = mirrored(loader);
  double sum = 0;
  for (std::size_t i = 1; i < flips.size(); ++i) sum += flips[i] ? moved[i] : -moved[i];
  EXPECT_NEAR(sum / kImages, 0, 4 * std::sqrt(2.0 / kImages));  // variance 2 of -2 … 2
}

TEST(AlternatingFlip, BadInput) {
  Batch batch{.inputs = zeros({2, 3}), .targets = arange(0, 2), .indices = arange(0, 2)};
  EXPECT_THROW(AlternatingFlip{}(batch, {}), ShapeError);
}

}  // namespace
}  // namespace tenon::data

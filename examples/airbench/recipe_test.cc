// The recipe on the machine's GPU, or an emulated one: steps that are recorded and replayed equal
// those that are run as they are, to the bit. And its parts on the CPU.
#include "examples/airbench/recipe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "data/tensor_dataset.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::examples {
namespace {

constexpr Device kGpu{DeviceType::kCuda, 0};
constexpr std::int64_t kBatch = 4, kStepsPerEpoch = 3;
constexpr int kEpochs = 3;

Tensor noise(std::int64_t count, std::uint64_t seed) {
  Generator generator(seed);
  return randint(0, 256, {count, 3, 32, 32}, generator, {.dtype = DType::kU8});
}

RecipeOptions tiny(Device device) {
  return {.net = {.widths = {24, 24, 24}},
          .epochs = kEpochs,
          .whitening_epochs = 2,
          .steps_per_epoch = kStepsPerEpoch,
          .device = device};
}

/// Every loss, then every parameter and buffer after the last step.
struct Trained {
  std::vector<double> numbers = {};
  std::int64_t replays = 0;
  std::string reason = {};
};

Trained train(Device device, int warmup) {
  manual_seed(4);
  RecipeOptions options = tiny(device);
  options.warmup = warmup;
  Recipe recipe(noise(8, 1), options);
  Trained result;
  const auto keep = [&](const Tensor& x) {
    const std::vector<double> values = x.to(kCpu).to(DType::kF64).to_vector<double>();
    result.numbers.insert(result.numbers.end(), values.begin(), values.end());
  };
  for (int epoch = 0; epoch < kEpochs; ++epoch) {
    recipe.begin_epoch(epoch);
    for (int i = 0; i < kStepsPerEpoch; ++i) {
      const auto seed = static_cast<std::uint64_t>(10 * epoch + i + 2);
      const Tensor labels = arange(0, kBatch).to(device);
      keep(recipe.step(noise(kBatch, seed).to(device), labels));
    }
  }
  result.replays = recipe.captured().replays();
  result.reason = recipe.captured().reason();
  for (const auto& [name, value] : recipe.net().state_dict()) keep(value);
  return result;
}

TEST(RecipeTest, RecordedStepsEqualThoseRunAsTheyAre) {
  if (!is_available(kGpu)) GTEST_SKIP() << "skipped: no CUDA device";
  const Trained recorded = train(kGpu, 1), as_it_is = train(kGpu, 1000);
  EXPECT_EQ(recorded.reason, "");
  EXPECT_EQ(recorded.replays, 5);  // of nine: twice a step warms up and one is recorded
  EXPECT_EQ(as_it_is.replays, 0);
  EXPECT_EQ(recorded.numbers, as_it_is.numbers);
  for (const double number : recorded.numbers) ASSERT_TRUE(std::isfinite(number));
}

TEST(RecipeTest, TheGpuTrainsAsTheCpuDoes) {
  if (!is_available(kGpu)) GTEST_SKIP() << "skipped: no CUDA device";
  const Trained gpu = train(kGpu, 1000), cpu = train(kCpu, 1000);
  // The first losses alone: Newton and Schulz in bf16 make much of rounding, step by step.
  EXPECT_NEAR(gpu.numbers[0], cpu.numbers[0], 1e-4 * cpu.numbers[0]);
  for (std::size_t i = 1; i < static_cast<std::size_t>(kStepsPerEpoch); ++i) {
    EXPECT_NEAR(gpu.numbers[i], cpu.numbers[i], 0.02 * cpu.numbers[i]) << i;
  }
}

// The biases behind the whitening filters learn for their epochs, the filters never.
TEST(RecipeTest, WhiteningIsFrozen) {
  manual_seed(4);
  Recipe recipe(noise(8, 1), tiny(kCpu));
  const models::AirbenchNet& net = recipe.net().net;
  const auto numbers = [](const autograd::Variable& x) { return x.value().to_vector<float>(); };
  const auto train_epoch = [&](int epoch) {
    recipe.begin_epoch(epoch);
    for (int i = 0; i < kStepsPerEpoch; ++i) recipe.step(noise(kBatch, 3), arange(0, kBatch));
  };
  const std::vector<float> filters = numbers(net.whitening.weight());
  const std::vector<float> before = numbers(net.whitening.bias());
  train_epoch(0);
  train_epoch(1);
  const std::vector<float> learned = numbers(net.whitening.bias());
  const std::vector<float> head = numbers(net.head.weight());
  train_epoch(2);
  EXPECT_NE(learned, before);
  EXPECT_EQ(numbers(net.whitening.bias()), learned);
  EXPECT_NE(numbers(net.head.weight()), head);
  EXPECT_EQ(numbers(net.whitening.weight()), filters);
}

TEST(RecipeTest, NormalizesPixels) {
  const PixelNet net({.widths = {24, 24, 24}});
  const Tensor pixels = noise(2, 5);
  const std::vector<float> got = net.normalized(pixels).contiguous().to_vector<float>();
  const std::vector<std::uint8_t> raw = pixels.to_vector<std::uint8_t>();
  const double mean[] = {0.4914, 0.4822, 0.4465}, deviation[] = {0.2470, 0.2435, 0.2616};
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const std::size_t channel = i / 1024 % 3;
    EXPECT_NEAR(got[i], (raw[i] / 255.0 - mean[channel]) / deviation[channel], 1e-5);
  }
}

// An image of one bright pixel: where each view shows it, and weights that sum to 1.
TEST(RecipeTest, SixViewsMirrorAndMove) {
  const Tensor image = zeros({1, 3, 32, 32}, {.dtype = DType::kU8});
  image.select(0, 0).select(0, 1).select(0, 10).narrow(0, 4, 1).fill_(9);  // channel 1, row 10
  double weights = 0;
  std::vector<std::pair<int, int>> places;
  for (const train::View& view : six_views()) {
    weights += view.weight;
    const std::vector<std::uint8_t> seen =
        view.change(image).contiguous().to_vector<std::uint8_t>();
    for (int i = 0; i < 1024; ++i) {
      if (seen[static_cast<std::size_t>(1024 + i)] == 9) places.emplace_back(i / 32, i % 32);
    }
  }
  EXPECT_DOUBLE_EQ(weights, 1);
  EXPECT_EQ(places, (std::vector<std::pair<int, int>>{
                        {10, 4}, {10, 27}, {9, 3}, {9, 28}, {11, 5}, {11, 26}}));
}

// Every image comes in both directions, moved by no more than two pixels, its border mirrored.
TEST(RecipeTest, AugmentationMirrorsAndMoves) {
  const Tensor image = zeros({1, 3, 32, 32}, {.dtype = DType::kU8});
  image.select(0, 0).select(0, 1).select(0, 10).narrow(0, 4, 1).fill_(9);
  bool mirrored[2] = {false, false};
  for (std::int64_t epoch = 0; epoch < 2; ++epoch) {
    data::Batch batch{.inputs = image, .targets = arange(0, 1), .indices = arange(0, 1)};
    augmentation()(batch, {.seed = 3, .epoch = epoch});
    const std::vector<std::uint8_t> seen = batch.inputs.contiguous().to_vector<std::uint8_t>();
    int found = 0;
    for (int i = 0; i < 1024; ++i) {
      if (seen[static_cast<std::size_t>(1024 + i)] != 9) continue;
      ++found;
      const int row = i / 32, column = i % 32;
      EXPECT_LE(std::abs(row - 10), 2);
      mirrored[epoch] = column > 16;
      EXPECT_LE(std::abs(column - (mirrored[epoch] ? 27 : 4)), 2);
    }
    EXPECT_EQ(found, 1);
  }
  EXPECT_NE(mirrored[0], mirrored[1]);
}

}  // namespace
}  // namespace tenon::examples

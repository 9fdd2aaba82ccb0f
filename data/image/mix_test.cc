#include "data/image/mix.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

#include "data/image/compose.h"
#include "tensor/error.h"
#include "tensor/ops.h"

namespace tenon::data {
namespace {

// Image i is i everywhere, its class is i: what is mixed can be read off.
Batch six() {
  const Tensor labels = arange(0, 6);
  const Tensor images = labels.to(DType::kF32).view({6, 1, 1, 1}).expand({6, 2, 5, 8}).contiguous();
  return {.inputs = images, .targets = labels, .indices = labels};
}

// Mean and variance of Beta(a, a): 1/2 and 1 / (4 (2 a + 1)).
TEST(NextBeta, HasItsMoments) {
  for (const double alpha : {0.05, 0.2, 1.0, 4.0}) {
    Generator generator(3);
    constexpr int kDraws = 20000;
    double sum = 0, squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const double x = next_beta(generator, alpha);
      ASSERT_GE(x, 0);
      ASSERT_LE(x, 1);
      sum += x;
      squares += (x - 0.5) * (x - 0.5);
    }
    const double variance = 1 / (4 * (2 * alpha + 1));
    EXPECT_NEAR(sum / kDraws, 0.5, 5 * std::sqrt(variance / kDraws)) << alpha;
    EXPECT_NEAR(squares / kDraws, variance, 5 * 0.25 / std::sqrt(kDraws)) << alpha;
  }
}

// The mean class of the mixed target is what the mixed image shows.
void expect_targets_tell_the_mixture(const Batch& batch) {
  const Tensor shown = mean(batch.inputs.to(DType::kF32), {1, 2, 3});
  const Tensor classes = arange(0, 6).to(DType::kF32).view({1, 6});
  const Tensor told = sum(batch.targets * classes, {1});
  for (std::int64_t i = 0; i < 6; ++i) {
    EXPECT_NEAR(shown.item<float>({i}), told.item<float>({i}), 1e-5);
    EXPECT_NEAR(sum(batch.targets.select(0, i)).item<float>(), 1, 1e-6);
  }
}

TEST(Mixup, MixesImagesAndTargetsAlike) {
  std::set<float> amounts;
  for (std::int64_t number = 0; number < 20; ++number) {
    Batch batch = six();
    Mixup{.alpha = 1, .classes = 6}(batch, {.seed = 1, .epoch = 0, .number = number});
    EXPECT_EQ(batch.targets.shape(), Shape({6, 6}));
    expect_targets_tell_the_mixture(batch);
    amounts.insert(batch.inputs.item<float>({1, 0, 0, 0}));
  }
  EXPECT_GT(amounts.size(), 15u);
}

TEST(CutMix, PastesABoxAndCountsItsPixels) {
  int pasted = 0;
  for (std::int64_t number = 0; number < 40; ++number) {
    Batch batch = six();
    const Tensor before = batch.inputs.clone();
    Batch bytes = six();
    bytes.inputs = bytes.inputs.to(DType::kU8);
    const BatchKey key{.seed = 2, .epoch = 1, .number = number};
    CutMix{.classes = 6}(batch, key);
    CutMix{.classes = 6}(bytes, key);
    expect_targets_tell_the_mixture(batch);
    expect_targets_tell_the_mixture(bytes);
    pasted += batch.inputs.to_vector<float>() != before.to_vector<float>();
    // Pixels are whole ones of two images, equal in both channels.
    for (std::int64_t i = 0; i < 6; ++i) {
      std::set<float> values;
      for (const float v : batch.inputs.select(0, i).to_vector<float>()) values.insert(v);
      EXPECT_LE(values.size(), 2u);
    }
  }
  EXPECT_GT(pasted, 20);
}

TEST(CutMix, LeavesTheDataSetsImagesAlone) {
  Batch batch = six();
  const Tensor images = batch.inputs;
  const auto before = images.to_vector<float>();
  CutMix{.classes = 6}(batch, {.number = 3});
  EXPECT_EQ(images.to_vector<float>(), before);
}

TEST(InTurn, MixesWhatIsMixedAlready) {
  Batch batch = six();
  in_turn({Mixup{.classes = 6}, CutMix{.classes = 6}})(batch, {.seed = 1});
  expect_targets_tell_the_mixture(batch);
}

TEST(Mix, ThrowsForWhatDoesNotFit) {
  Batch batch = six();
  EXPECT_THROW((Mixup{.alpha = 0, .classes = 6}(batch, {})), ValueError);
  EXPECT_THROW((CutMix{.alpha = -1, .classes = 6}(batch, {})), ValueError);
  EXPECT_THROW((Mixup{.classes = 5}(batch, {})), IndexError);
  batch.inputs = batch.inputs.to(DType::kU8);
  EXPECT_THROW((Mixup{.classes = 6}(batch, {})), DTypeError);
  batch = six();
  batch.targets = batch.targets.to(DType::kF32);
  EXPECT_THROW((Mixup{.classes = 6}(batch, {})), ShapeError);
  batch = six();
  batch.inputs = batch.inputs.view({6, 80});
  EXPECT_THROW((CutMix{.classes = 6}(batch, {})), ShapeError);
}

}  // namespace
}  // namespace tenon::data

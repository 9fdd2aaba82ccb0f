// Loaders with workers: the same bits for any number of them, errors, and how they end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "data/data_loader.h"
#include "data/example_dataset.h"
#include "data/stop.h"
#include "data/tensor_dataset.h"
#include "tensor/error.h"
#include "tensor/ops.h"

namespace tenon::data {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

TensorDataset numbers(std::int64_t size) {
  const Tensor x = arange(0, static_cast<double>(size));
  return TensorDataset(x.to(DType::kF32).view({size, 1}), x);
}

// Noise of each example's own stream, and of the batch's.
void add_noise(Batch& batch, const BatchKey& key) {
  std::vector<Tensor> noise;
  for (Generator& generator : example_generators(key, batch.indices)) {
    noise.push_back(rand({1}, generator));
  }
  Generator whole = batch_generator(key);
  batch.inputs = batch.inputs + stack(noise) + rand({1, 1}, whole);
}

std::vector<std::vector<float>> epochs(DataLoader& loader, int count) {
  std::vector<std::vector<float>> batches;
  for (int epoch = 0; epoch < count; ++epoch) {
    for (const Batch& batch : loader) batches.push_back(batch.inputs.to_vector<float>());
  }
  return batches;
}

DataLoaderOptions noisy(int workers) {
  return {.batch_size = 4, .shuffle = true, .seed = 9, .workers = workers, .transform = add_noise};
}

TEST(Workers, AnyNumberGivesTheSameBits) {
  const TensorDataset set = numbers(37);
  DataLoader alone(set, noisy(0));
  const auto expected = epochs(alone, 3);
  EXPECT_EQ(expected.size(), 30u);
  for (const int workers : {1, 2, 5, 16}) {
    for (const int prefetch : {1, 3}) {
      DataLoaderOptions options = noisy(workers);
      options.prefetch = prefetch;
      DataLoader loader(set, options);
      EXPECT_EQ(epochs(loader, 3), expected) << workers;
    }
  }
}

TEST(Workers, GoOnAfterEveryBatch) {
  const TensorDataset set = numbers(23);
  DataLoader whole(set, noisy(0));
  const auto expected = epochs(whole, 2);
  for (std::int64_t stop = 0; stop <= whole.num_batches(); ++stop) {
    DataLoader first(set, noisy(2));
    LoaderState saved;
    for (auto it = first.begin(); !(it == first.end()) && first.state().batch <= stop; ++it) {
      saved = first.state();
    }
    DataLoader second(set, noisy(3));
    second.restore(saved);
    const auto rest = epochs(second, 2 - static_cast<int>(saved.epoch));
    EXPECT_EQ(rest, std::vector(expected.begin() + saved.batch, expected.end())) << stop;
  }
}

TEST(RandomKey, AnExamplesStreamDoesNotDependOnItsBatch) {
  const BatchKey here{.seed = 1, .epoch = 2, .number = 3},
      there{.seed = 1, .epoch = 2, .number = 9};
  EXPECT_EQ(example_generator(here, 5).next_u32(), example_generator(there, 5).next_u32());
  EXPECT_NE(batch_generator(here).next_u32(), batch_generator(there).next_u32());
  const std::uint32_t one = example_generator(here, 5).next_u32();
  EXPECT_NE(one, example_generator(here, 6).next_u32());
  EXPECT_NE(one, example_generator({.seed = 1, .epoch = 3, .number = 3}, 5).next_u32());
  EXPECT_NE(one, example_generator({.seed = 2, .epoch = 2, .number = 3}, 5).next_u32());
  EXPECT_NE(one, batch_generator({.seed = 1, .epoch = 2, .number = 5}).next_u32());
}

// Example i is i; those in `broken` throw; each takes `pause`.
class Files final : public ExampleDataset {
 public:
  Files(std::int64_t size, std::vector<std::int64_t> broken, milliseconds pause = milliseconds(0))
      : size_(size), broken_(std::move(broken)), pause_(pause) {}
  std::int64_t size() const override { return size_; }
  std::string path(std::int64_t i) const override { return "cats/" + std::to_string(i) + ".jpg"; }
  Example example(std::int64_t i) const override {
    ++made_;
    std::this_thread::sleep_for(pause_);
    for (const std::int64_t bad : broken_) {
      if (bad == i) throw ValueError("damaged JPEG data at byte 20");
    }
    return {scalar(static_cast<double>(i)), scalar(static_cast<double>(i))};
  }
  int made() const { return made_; }

 private:
  mutable std::atomic<int> made_ = 0;
  std::int64_t size_;
  std::vector<std::int64_t> broken_;
  milliseconds pause_;
};

TEST(Workers, AnErrorComesInItsTurnWithIndexAndPath) {
  const Files set(20, {9, 13});
  for (const int workers : {0, 1, 3}) {
    DataLoader loader(set, {.batch_size = 2, .workers = workers});
    int batches = 0;
    try {
      for ([[maybe_unused]] const Batch& batch : loader) ++batches;
      ADD_FAILURE() << "no error";
    } catch (const DataError& error) {
      EXPECT_EQ(error.index(), 9);
      EXPECT_EQ(error.path(), "cats/9.jpg");
      EXPECT_THAT(error.what(), HasSubstr("example 9 (cats/9.jpg): damaged JPEG data at byte 20"));
    }
    EXPECT_EQ(batches, 4);
    EXPECT_EQ(loader.state(), (LoaderState{0, 4}));
    // Over the bad batch, to the end but for the second bad one.
    loader.restore({0, 5});
    EXPECT_THROW(for (const Batch& batch : loader) batches += batch.size() > 0, DataError);
    EXPECT_EQ(batches, 5);
  }
}

TEST(Workers, AnErrorOfTheTransformReachesTheLoop) {
  const TensorDataset set = numbers(8);
  DataLoader loader(set, {.batch_size = 2, .workers = 2, .transform = [](Batch&, const BatchKey&) {
                            throw ShapeError("[mine] no");
                          }});
  EXPECT_THROW(loader.begin(), ShapeError);
}

TEST(Workers, AnIndexOutsideTheDataSetReachesTheLoop) {
  const TensorDataset set = numbers(8);
  DataLoader loader(set, {.workers = 1, .sampler = std::make_shared<SequentialSampler>(9)});
  EXPECT_THROW(loader.begin(), IndexError);
}

struct GivenBatches final : BatchSampler {
  explicit GivenBatches(std::vector<Indices> batches) : all(std::move(batches)) {}
  std::int64_t size() const override { return static_cast<std::int64_t>(all.size()); }
  std::vector<Indices> batches(std::int64_t /*epoch*/) const override { return all; }
  std::vector<Indices> all;
};

// A batch of 1,000 examples of 20 ms would take 20 s: its making is given up after an example.
TEST(Workers, GiveUpTheirBatchesWhenTheLoopIsLeft) {
  const Files slow(1, {}, milliseconds(20));
  const Indices one{0}, thousand(1000, 0);
  DataLoader loader(slow, {.workers = 3,
                           .batch_sampler = std::make_shared<GivenBatches>(
                               std::vector{one, thousand, thousand, thousand, thousand})});
  for ([[maybe_unused]] const Batch& batch : loader) break;
  EXPECT_LT(slow.made(), 1000);
}

TEST(Workers, ALoopLeftEarlyStartsAgain) {
  const TensorDataset set = numbers(100);
  DataLoader loader(set, noisy(2));
  const auto expected = epochs(loader, 1);
  loader.set_epoch(0);
  for (int i = 0; i < 20; ++i) {
    for ([[maybe_unused]] const Batch& batch : loader) break;
  }
  EXPECT_EQ(epochs(loader, 1), expected);
}

TEST(Workers, NeverMakeMoreThanTheyMay) {
  std::atomic<int> made = 0;
  const TensorDataset set = numbers(100);
  DataLoader loader(set, {.batch_size = 1,
                          .workers = 2,
                          .prefetch = 3,
                          .transform = [&](Batch&, const BatchKey&) { ++made; }});
  int taken = 0;
  for (auto it = loader.begin(); !(it == loader.end()); ++it) {
    ++taken;
    EXPECT_LE(made.load(), taken + 6);
  }
  EXPECT_EQ(made.load(), 100);
}

TEST(Workers, TakeAnEmptyDataSet) {
  const TensorDataset none = numbers(0);
  DataLoader loader(none, {.workers = 2});
  EXPECT_TRUE(epochs(loader, 2).empty());
  EXPECT_EQ(loader.state(), (LoaderState{2, 0}));
}

TEST(Workers, ThrowForWhatCannotBe) {
  const TensorDataset set = numbers(4);
  const auto sampler = std::make_shared<SequentialSampler>(4);
  EXPECT_THROW(DataLoader(set, {.workers = -1}), ValueError);
  EXPECT_THROW(DataLoader(set, {.prefetch = 0}), ValueError);
  EXPECT_THROW(DataLoader(set, {.shuffle = true, .sampler = sampler}), ValueError);
}

TEST(ExampleDataset, StacksAndNumbersExamples) {
  const Files set(10, {});
  const Batch batch = set.get(Indices{7, 2});
  EXPECT_EQ(batch.inputs.to_vector<float>(), (std::vector<float>{7, 2}));
  EXPECT_EQ(batch.indices.to_vector<std::int64_t>(), (Indices{7, 2}));
  EXPECT_THROW(set.get(Indices{10}), IndexError);
  EXPECT_FALSE(stop_requested());
}

}  // namespace
}  // namespace tenon::data

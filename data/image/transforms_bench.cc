// Images per second of a loader that augments CIFAR-sized images, and of single transforms.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "data/data_loader.h"
#include "data/image/color.h"
#include "data/image/compose.h"
#include "data/image/erase.h"
#include "data/image/pixels.h"
#include "data/image/rand_augment.h"
#include "data/image/random_geometry.h"
#include "data/image/warp.h"
#include "data/tensor_dataset.h"
#include "tensor/cpu/parallel.h"

namespace tenon::data {
namespace {

constexpr std::int64_t kImages = 50000;
constexpr std::int64_t kBatch = 128;

Tensor random_images(std::int64_t count, std::int64_t side) {
  Generator generator(1);
  return randint(0, 256, {count, 3, side, side}, generator, {.dtype = DType::kU8});
}

ChannelStats cifar_stats() {
  return {.mean = tensor({0.4914, 0.4822, 0.4465}), .stddev = tensor({0.247, 0.2435, 0.2616})};
}

// Batches of 128 with crop, flip and normalization, made by so many workers.
void BM_CifarLoader(benchmark::State& state) {
  const TensorDataset set(random_images(kImages, 32), zeros({kImages}, {.dtype = DType::kI64}));
  const Compose augment{RandomCrop{.height = 32, .width = 32, .padding = 4}, RandomHorizontalFlip{},
                        Normalize{cifar_stats()}};
  DataLoader loader(set, {.batch_size = kBatch,
                          .shuffle = true,
                          .workers = static_cast<int>(state.range(0)),
                          .transform = on_inputs(augment)});
  for (auto _ : state) {
    for (const Batch& batch : loader) benchmark::DoNotOptimize(batch.inputs.raw_data());
  }
  state.SetItemsProcessed(state.iterations() * kImages);
}
BENCHMARK(BM_CifarLoader)->Arg(0)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

void run(benchmark::State& state, const ImageTransform& transform) {
  const Tensor images = random_images(kBatch, 32);
  std::vector<Generator> generators;
  for (std::int64_t i = 0; i < kBatch; ++i) generators.emplace_back(static_cast<std::uint64_t>(i));
  const cpu::SerialScope one_thread(true);
  for (auto _ : state) benchmark::DoNotOptimize(transform(images, generators).raw_data());
  state.SetItemsProcessed(state.iterations() * kBatch);
}

#define TENON_BENCH(name, ...)                                                         \
  void BM_##name(benchmark::State& state) { run(state, ImageTransform{__VA_ARGS__}); } \
  BENCHMARK(BM_##name)->UseRealTime()

TENON_BENCH(Crop, RandomCrop{.height = 32, .width = 32, .padding = 4});
TENON_BENCH(Flip, RandomHorizontalFlip{});
TENON_BENCH(NormalizeBytes, Normalize{cifar_stats()});
TENON_BENCH(ResizeTo64, Resize{.height = 64, .width = 64});
TENON_BENCH(Rotation, RandomRotation{});
TENON_BENCH(Jitter, ColorJitter{.brightness = 0.2, .contrast = 0.2, .saturation = 0.2, .hue = 0.1});
TENON_BENCH(RandAugment, RandAugment{});
TENON_BENCH(Cutout, Cutout{});

}  // namespace
}  // namespace tenon::data

// Time per batch, and per epoch, of a loader over images in memory.
#include <benchmark/benchmark.h>

#include <cstdint>

#include "data/data_loader.h"
#include "data/tensor_dataset.h"
#include "data/transforms.h"

namespace tenon::data {
namespace {

constexpr std::int64_t kExamples = 60000;

TensorDataset images(DType dtype) {
  return TensorDataset(zeros({kExamples, 1, 28, 28}, {.dtype = dtype}),
                       zeros({kExamples}, {.dtype = DType::kI64}));
}

void run(benchmark::State& state, const Dataset& set) {
  DataLoader loader(set, {.batch_size = state.range(0), .shuffle = true});
  std::int64_t examples = 0;
  for (auto _ : state) {
    for (const Batch& batch : loader) benchmark::DoNotOptimize(batch.inputs.raw_data());
    examples += kExamples;
  }
  state.SetItemsProcessed(examples);
  state.counters["batch_us"] =
      benchmark::Counter(1e-6 * static_cast<double>(state.iterations() * loader.num_batches()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void BM_EpochF32(benchmark::State& state) { run(state, images(DType::kF32)); }
BENCHMARK(BM_EpochF32)->Arg(64)->Arg(1024)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_EpochU8(benchmark::State& state) { run(state, images(DType::kU8)); }
BENCHMARK(BM_EpochU8)->Arg(64)->Arg(1024)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_EpochU8ToUnit(benchmark::State& state) {
  const TensorDataset bytes = images(DType::kU8);
  run(state, Transformed(bytes, [](Batch& batch) { batch.inputs = to_unit(batch.inputs); }));
}
BENCHMARK(BM_EpochU8ToUnit)->Arg(64)->Arg(1024)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace tenon::data

// Time from the compressed files on the disk to tensors. Needs the data folder (data/data_dir.h).
#include <benchmark/benchmark.h>

#include <string>

#include "data/data_dir.h"
#include "data/idx.h"
#include "data/mnist.h"

namespace tenon::data {
namespace {

void BM_LoadMnist(benchmark::State& state) {
  const auto folder = data_dir();
  if (!folder.ok()) return state.SkipWithError(folder.status().ToString().c_str());
  std::int64_t bytes = 0;
  for (auto _ : state) {
    const auto mnist = load_mnist(*folder + "/mnist");
    if (!mnist.ok()) return state.SkipWithError(mnist.status().ToString().c_str());
    bytes += static_cast<std::int64_t>(mnist->train.images.bytes() + mnist->test.images.bytes());
  }
  state.SetBytesProcessed(bytes);
}
BENCHMARK(BM_LoadMnist)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_ReadIdx(benchmark::State& state) {
  const auto folder = data_dir();
  if (!folder.ok()) return state.SkipWithError(folder.status().ToString().c_str());
  std::int64_t bytes = 0;
  for (auto _ : state) {
    const auto images = read_idx(*folder + "/mnist/t10k-images-idx3-ubyte.gz");
    if (!images.ok()) return state.SkipWithError(images.status().ToString().c_str());
    bytes += static_cast<std::int64_t>(images->bytes());
  }
  state.SetBytesProcessed(bytes);
}
BENCHMARK(BM_ReadIdx)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace tenon::data

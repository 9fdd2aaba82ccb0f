// Time to open a file of tensors, to read all its elements, and to write it.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "tensor/io/safetensors.h"
#include "tensor/ops.h"

namespace tenon {
namespace {

constexpr int kTensors = 100;

std::string scratch_path() {
  const char* folder = std::getenv("TMPDIR");
  return std::string(folder ? folder : ".") + "/safetensors_bench.safetensors";
}

// 100 tensors of `mebibytes` in all.
SafetensorsFile contents(std::int64_t mebibytes) {
  SafetensorsFile file;
  const std::int64_t elements = mebibytes * (1 << 20) / kTensors / 4;
  for (int i = 0; i < kTensors; ++i) {
    file.tensors.emplace_back("layer." + std::to_string(i) + ".weight", ones({elements}));
  }
  return file;
}

void set_bytes(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * state.range(0) * (1 << 20));
}

bool write(benchmark::State& state, const SafetensorsFile& file) {
  const absl::Status status = write_safetensors(scratch_path(), file);
  if (!status.ok()) state.SkipWithError(status.ToString().c_str());
  return status.ok();
}

void BM_Write(benchmark::State& state) {
  const SafetensorsFile file = contents(state.range(0));
  for (auto _ : state) {
    if (!write(state, file)) break;
  }
  set_bytes(state);
  std::remove(scratch_path().c_str());
}
BENCHMARK(BM_Write)->Arg(1)->Arg(64)->Unit(benchmark::kMillisecond)->UseRealTime();

// Header and mapping alone: the elements stay on the disk.
void BM_Open(benchmark::State& state) {
  if (!write(state, contents(state.range(0)))) return;
  for (auto _ : state) benchmark::DoNotOptimize(read_safetensors(scratch_path()));
  std::remove(scratch_path().c_str());
}
BENCHMARK(BM_Open)->Arg(1)->Arg(64)->Unit(benchmark::kMicrosecond);

void BM_ReadAll(benchmark::State& state) {
  if (!write(state, contents(state.range(0)))) return;
  for (auto _ : state) {
    const auto file = read_safetensors(scratch_path());
    for (const auto& [name, tensor] : file->tensors) benchmark::DoNotOptimize(sum(tensor));
  }
  set_bytes(state);
  std::remove(scratch_path().c_str());
}
BENCHMARK(BM_ReadAll)->Arg(1)->Arg(64)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tenon

// Weights per second. The f32 copy of the same bytes measures how fast memory takes the results.

#include "tensor/ops.h"
#include "tensor/quant/quant.h"
#include "tensor/random.h"
#include "tensor/testing/bench_util.h"

namespace tenon::quant {
namespace {

constexpr std::int64_t kRows = 4096;
constexpr std::int64_t kColumns = 4096;

const QuantizedTensor& weights() {
  static const QuantizedTensor q = [] {
    Generator generator(1);
    return quantize(randn({kRows, kColumns}, generator));
  }();
  return q;
}

void report(benchmark::State& state, std::int64_t weights_each) {
  state.counters["weights/s"] = benchmark::Counter(
      static_cast<double>(weights_each * state.iterations()), benchmark::Counter::kIsRate);
}

void BM_Quantize(benchmark::State& state) {
  Generator generator(1);
  const Tensor x = randn({kRows, kColumns}, generator);
  for (auto _ : state) benchmark::DoNotOptimize(quantize(x));
  report(state, x.numel());
}

/// Into a tile that stays in the second-level cache, as a product reads it.
void BM_DequantizeTiles(benchmark::State& state) {
  const auto dtype = static_cast<DType>(state.range(0));
  const std::int64_t rows = 64;
  const Tensor tile = empty({rows, kColumns}, {.dtype = dtype});
  for (auto _ : state) {
    for (std::int64_t row = 0; row < kRows; row += rows) {
      dequantize_rows(weights(), row, row + rows, tile);
    }
  }
  state.SetLabel(std::string(tenon::name(dtype)));
  report(state, kRows * kColumns);
}

void BM_DequantizeWhole(benchmark::State& state) {
  const auto dtype = static_cast<DType>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(dequantize(weights(), dtype));
  state.SetLabel(std::string(tenon::name(dtype)));
  report(state, kRows * kColumns);
}

void BM_CopyWhole(benchmark::State& state) {
  const Tensor from = zeros({kRows, kColumns});
  const Tensor to = empty({kRows, kColumns});
  for (auto _ : state) to.copy_(from);
  report(state, kRows * kColumns);
}

void BM_Multiply(benchmark::State& state) {
  const Tensor x = ones({state.range(0), kColumns});
  for (auto _ : state) benchmark::DoNotOptimize(multiply(x, weights()));
  report(state, kRows * kColumns);
}

/// The same product over dense weights.
void BM_DenseProduct(benchmark::State& state) {
  const auto dtype = static_cast<DType>(state.range(0));
  const Tensor x = ones({1, kColumns}, {.dtype = dtype});
  const Tensor w = ones({kRows, kColumns}, {.dtype = dtype});
  for (auto _ : state) benchmark::DoNotOptimize(linear(x, w));
  state.SetLabel(std::string(tenon::name(dtype)));
  report(state, kRows * kColumns);
}

constexpr auto kF32 = static_cast<std::int64_t>(DType::kF32);
constexpr auto kBF16 = static_cast<std::int64_t>(DType::kBF16);
BENCHMARK(BM_Quantize)->UseRealTime();
BENCHMARK(BM_DequantizeTiles)->Arg(kF32)->Arg(kBF16)->UseRealTime();
BENCHMARK(BM_DequantizeWhole)->Arg(kF32)->Arg(kBF16)->UseRealTime();
BENCHMARK(BM_CopyWhole)->UseRealTime();
BENCHMARK(BM_Multiply)->Arg(1)->Arg(4)->UseRealTime();
BENCHMARK(BM_DenseProduct)->Arg(kF32)->Arg(kBF16)->UseRealTime();

}  // namespace
}  // namespace tenon::quant

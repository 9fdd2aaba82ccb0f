// What an operation costs before it computes anything: small networks are nothing but this.
#include <benchmark/benchmark.h>

#include "tensor/ops.h"

namespace tenon {
namespace {

void BM_AddScalars(benchmark::State& state) {
  const Tensor a = scalar(1), b = scalar(2);
  for (auto _ : state) benchmark::DoNotOptimize(a + b);
}
BENCHMARK(BM_AddScalars);

void BM_AddBroadcast(benchmark::State& state) {
  const Tensor a = ones({4, 5}), b = ones({5});
  for (auto _ : state) benchmark::DoNotOptimize(a + b);
}
BENCHMARK(BM_AddBroadcast);

void BM_MulNumber(benchmark::State& state) {
  const Tensor a = ones({16});
  for (auto _ : state) benchmark::DoNotOptimize(a * 2);
}
BENCHMARK(BM_MulNumber);

void BM_Relu(benchmark::State& state) {
  const Tensor a = ones({16});
  for (auto _ : state) benchmark::DoNotOptimize(relu(a));
}
BENCHMARK(BM_Relu);

void BM_SumSmall(benchmark::State& state) {
  const Tensor a = ones({4, 5});
  for (auto _ : state) benchmark::DoNotOptimize(sum(a));
}
BENCHMARK(BM_SumSmall);

void BM_LinearSmall(benchmark::State& state) {
  const Tensor x = ones({8, 4}), weight = ones({5, 4}), bias = ones({5});
  for (auto _ : state) benchmark::DoNotOptimize(linear(x, weight, bias));
}
BENCHMARK(BM_LinearSmall);

void BM_CopyHandle(benchmark::State& state) {
  const Tensor x = ones({4, 5});
  for (auto _ : state) {
    Tensor copy = x;
    benchmark::DoNotOptimize(copy);
  }
}
BENCHMARK(BM_CopyHandle);

void BM_View(benchmark::State& state, Tensor (*view)(const Tensor&)) {
  const Tensor x = ones({4, 5, 6});
  for (auto _ : state) benchmark::DoNotOptimize(view(x));
}
BENCHMARK_CAPTURE(BM_View, transpose, [](const Tensor& x) { return x.transpose(0, 1); });
BENCHMARK_CAPTURE(BM_View, select, [](const Tensor& x) { return x.select(0, 1); });
BENCHMARK_CAPTURE(BM_View, slice, [](const Tensor& x) { return x.slice(1, 1, 3); });
BENCHMARK_CAPTURE(BM_View, reshape, [](const Tensor& x) { return x.reshape({20, 6}); });
BENCHMARK_CAPTURE(BM_View, expand, [](const Tensor& x) { return x.expand({3, 4, 5, 6}); });

/// Memory that the cache holds: no call of the system.
void BM_Empty(benchmark::State& state) {
  const Shape shape{state.range(0)};
  for (auto _ : state) benchmark::DoNotOptimize(empty(shape));
}
BENCHMARK(BM_Empty)->Arg(16)->Arg(1 << 20);

void BM_ItemOfScalar(benchmark::State& state) {
  const Tensor x = scalar(1);
  for (auto _ : state) benchmark::DoNotOptimize(x.item<float>());
}
BENCHMARK(BM_ItemOfScalar);

}  // namespace
}  // namespace tenon

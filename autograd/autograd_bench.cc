// What recording and differentiating cost beside the arithmetic: small networks are nothing else.
#include "autograd/ops.h"
#include "autograd/variable.h"
#include "benchmark/benchmark.h"
#include "tensor/random.h"

namespace tenon::autograd {
namespace {

/// y = x * w * w * …: time per multiplication for recording, and for recording and backward.
void chain(benchmark::State& state, bool backward, bool requires_grad) {
  const Variable x(scalar(1), requires_grad), w(scalar(1.0001), requires_grad);
  const int length = 1000;
  for (auto _ : state) {
    Variable y = x;
    for (int i = 0; i < length; ++i) y = y * w;
    if (backward) {
      y.backward();
      x.zero_grad();
      w.zero_grad();
    }
    benchmark::DoNotOptimize(y.value().raw_data());
  }
  state.SetItemsProcessed(state.iterations() * length);
  state.counters["per_op"] =
      benchmark::Counter(static_cast<double>(state.iterations() * length),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void BM_ChainOfScalarsValueOnly(benchmark::State& state) { chain(state, false, false); }
BENCHMARK(BM_ChainOfScalarsValueOnly);
void BM_ChainOfScalarsForward(benchmark::State& state) { chain(state, false, true); }
BENCHMARK(BM_ChainOfScalarsForward);
void BM_ChainOfScalarsForwardBackward(benchmark::State& state) { chain(state, true, true); }
BENCHMARK(BM_ChainOfScalarsForwardBackward);

void BM_AddTwoScalars(benchmark::State& state) {
  const Variable a(scalar(1), state.range(0) != 0), b(scalar(2));
  for (auto _ : state) benchmark::DoNotOptimize(add(a, b));
}
BENCHMARK(BM_AddTwoScalars)->ArgName("recorded")->Arg(0)->Arg(1);

void BM_AddTwoScalarTensors(benchmark::State& state) {
  const Tensor a = scalar(1), b = scalar(2);
  for (auto _ : state) benchmark::DoNotOptimize(tenon::add(a, b));
}
BENCHMARK(BM_AddTwoScalarTensors);

/// [16,8] through 8-16-4 with relu: a network so small that the arithmetic is free.
void BM_SmallNetwork(benchmark::State& state) {
  const Variable x(randn({16, 8}));
  const Variable w1(randn({16, 8}), true), b1(zeros({16}), true);
  const Variable w2(randn({4, 16}), true), b2(zeros({4}), true);
  for (auto _ : state) {
    const Variable hidden = linear(x, w1, b1, Activation::kRelu);
    sum(linear(hidden, w2, b2)).backward();
    for (const Variable& parameter : {w1, b1, w2, b2}) parameter.zero_grad();
  }
}
BENCHMARK(BM_SmallNetwork);

}  // namespace
}  // namespace tenon::autograd

// What modules cost over the operations they call. Subtract BM_LinearOp from BM_LinearModule, and
// BM_ReluOps from BM_SequentialRelu (eight calls), to see one Module call.

#include "autograd/ops.h"
#include "benchmark/benchmark.h"
#include "layers/layers.h"

namespace tenon::layers {
namespace {

constexpr int kDepth = 8;

void BM_LinearOp(benchmark::State& state) {
  const autograd::NoGrad guard;
  const Linear fc({.in_features = 4, .out_features = 4});
  const Variable x(ones({1, 4}));
  for (auto _ : state) benchmark::DoNotOptimize(autograd::linear(x, fc.weight(), fc.bias()));
}

void BM_LinearModule(benchmark::State& state) {
  const autograd::NoGrad guard;
  Linear fc({.in_features = 4, .out_features = 4});
  const Variable x(ones({1, 4}));
  for (auto _ : state) benchmark::DoNotOptimize(fc(x));
}

void BM_ReluOps(benchmark::State& state) {
  const autograd::NoGrad guard;
  const Variable x(ones({4}));
  for (auto _ : state) {
    Variable y = x;
    for (int i = 0; i < kDepth; ++i) y = autograd::relu(y);
    benchmark::DoNotOptimize(y);
  }
}

void BM_SequentialRelu(benchmark::State& state) {
  const autograd::NoGrad guard;
  Sequential net;
  for (int i = 0; i < kDepth; ++i) net.add<ReLU>();
  const Variable x(ones({4}));
  for (auto _ : state) benchmark::DoNotOptimize(net(x));
}

/// Forward, backward and nothing else of a network of 44 parameters.
void BM_TinyTrainingStep(benchmark::State& state) {
  Sequential net;
  net.add<Linear>({.in_features = 4, .out_features = 5});
  net.add<ReLU>();
  net.add<Linear>({.in_features = 5, .out_features = 3});
  const Variable x(ones({8, 4}));
  const Tensor labels = zeros({8}, {.dtype = DType::kI64});
  for (auto _ : state) {
    net.zero_grad();
    cross_entropy(net(x), labels).backward();
  }
  state.counters["steps"] = benchmark::Counter(1, benchmark::Counter::kIsIterationInvariantRate);
}

BENCHMARK(BM_LinearOp);
BENCHMARK(BM_LinearModule);
BENCHMARK(BM_ReluOps);
BENCHMARK(BM_SequentialRelu);
BENCHMARK(BM_TinyTrainingStep);

}  // namespace
}  // namespace tenon::layers

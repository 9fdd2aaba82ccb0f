// What modules cost over the operations they call. Subtract each BM_…Op from its BM_…Module, and
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

void BM_LayerNormOp(benchmark::State& state) {
  const autograd::NoGrad guard;
  const Variable x(ones({1, 4})), weight(ones({4})), bias(zeros({4}));
  const Shape shape = {4};
  for (auto _ : state) benchmark::DoNotOptimize(autograd::layer_norm(x, shape, weight, bias));
}

void BM_LayerNormModule(benchmark::State& state) {
  const autograd::NoGrad guard;
  LayerNorm norm({.shape = {4}});
  const Variable x(ones({1, 4}));
  for (auto _ : state) benchmark::DoNotOptimize(norm(x));
}

void BM_BatchNormOp(benchmark::State& state) {
  const autograd::NoGrad guard;
  const Variable x(ones({2, 4})), weight(ones({4})), bias(zeros({4}));
  const Tensor mean = zeros({4}), variance = ones({4});
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        autograd::batch_norm(x, weight, bias, mean, variance, {.training = false}));
  }
}

void BM_BatchNormModule(benchmark::State& state) {
  const autograd::NoGrad guard;
  BatchNorm1d norm({.features = 4});
  norm.eval();
  const Variable x(ones({2, 4}));
  for (auto _ : state) benchmark::DoNotOptimize(norm(x));
}

void BM_EmbeddingOp(benchmark::State& state) {
  const autograd::NoGrad guard;
  const Variable weight(ones({8, 4}));
  const Tensor ids = from_vector<std::int64_t>({1, 2});
  for (auto _ : state) benchmark::DoNotOptimize(autograd::embedding(weight, ids));
}

void BM_EmbeddingModule(benchmark::State& state) {
  const autograd::NoGrad guard;
  Embedding words({.num_embeddings = 8, .embedding_dim = 4});
  const Variable ids(from_vector<std::int64_t>({1, 2}));
  for (auto _ : state) benchmark::DoNotOptimize(words(ids));
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
BENCHMARK(BM_LayerNormOp);
BENCHMARK(BM_LayerNormModule);
BENCHMARK(BM_BatchNormOp);
BENCHMARK(BM_BatchNormModule);
BENCHMARK(BM_EmbeddingOp);
BENCHMARK(BM_EmbeddingModule);
BENCHMARK(BM_ReluOps);
BENCHMARK(BM_SequentialRelu);
BENCHMARK(BM_TinyTrainingStep);

}  // namespace
}  // namespace tenon::layers

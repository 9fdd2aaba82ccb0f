// Elementwise kernels and reductions over 64 MB of f32, which no cache holds, in GB/s of memory
// read and written; %peak is the share of what memcpy moves just before. Copy is Tensor::clone.
#include <cstring>

#include "tensor/cpu/parallel.h"
#include "tensor/ops.h"
#include "tensor/testing/bench_util.h"

namespace tenon {
namespace {

constexpr std::int64_t kElements = 16 << 20;
constexpr double kGigabytes = 4e-9 * kElements;

/// All threads copying 64 MB: GB/s read and written. Measured for each benchmark anew: what memory
/// gives changes within seconds where other machines share it.
double memcpy_bandwidth() {
  const Tensor from = ones({kElements}), to = ones({kElements});
  const auto* source = static_cast<const std::byte*>(from.raw_data());
  auto* target = static_cast<std::byte*>(to.raw_data());
  const double seconds = testing::fastest_seconds(10, [&] {
    cpu::parallel_for(kElements, cpu::kGrain, [&](std::int64_t begin, std::int64_t end) {
      std::memcpy(target + 4 * begin, source + 4 * begin,
                  static_cast<std::size_t>(4 * (end - begin)));
    });
  });
  return 2 * kGigabytes / seconds;
}

template <class F>
void run(benchmark::State& state, double arrays, const F& call) {
  testing::measure(state, "GB/s", arrays * kGigabytes, memcpy_bandwidth(),
                   [&] { benchmark::DoNotOptimize(call()); });
}

using Unary = Tensor (*)(const Tensor&);
using Binary = Tensor (*)(const Tensor&, const Tensor&);

void BM_Unary(benchmark::State& state, Unary call) {
  const Tensor x = full({kElements}, 0.5);
  run(state, 2, [&] { return call(x); });
}
BENCHMARK_CAPTURE(BM_Unary, neg, neg)->UseRealTime();
BENCHMARK_CAPTURE(BM_Unary, relu, relu)->UseRealTime();
BENCHMARK_CAPTURE(BM_Unary, sqrt, sqrt)->UseRealTime();
BENCHMARK_CAPTURE(BM_Unary, exp, exp)->UseRealTime();
BENCHMARK_CAPTURE(BM_Unary, log, log)->UseRealTime();
BENCHMARK_CAPTURE(BM_Unary, tanh, tanh)->UseRealTime();
BENCHMARK_CAPTURE(BM_Unary, sigmoid, sigmoid)->UseRealTime();
BENCHMARK_CAPTURE(BM_Unary, erf, erf)->UseRealTime();
BENCHMARK_CAPTURE(BM_Unary, log1p, log1p)->UseRealTime();
BENCHMARK_CAPTURE(BM_Unary, gelu, gelu)->UseRealTime();
BENCHMARK_CAPTURE(BM_Unary, gelu_tanh, gelu_tanh)->UseRealTime();
BENCHMARK_CAPTURE(BM_Unary, silu, silu)->UseRealTime();
BENCHMARK_CAPTURE(BM_Unary, mish, mish)->UseRealTime();
BENCHMARK_CAPTURE(BM_Unary, log_sigmoid, log_sigmoid)->UseRealTime();
BENCHMARK_CAPTURE(BM_Unary, selu, selu)->UseRealTime();
BENCHMARK_CAPTURE(BM_Unary, copy, [](const Tensor& x) { return x.clone(); })->UseRealTime();

void BM_ActivationGrad(benchmark::State& state, ActivationFunction function) {
  const Tensor x = full({kElements}, 0.5), grad = full({kElements}, 2);
  run(state, 3, [&] { return activation_grad({function, 1, 20}, grad, x); });
}
BENCHMARK_CAPTURE(BM_ActivationGrad, gelu, ActivationFunction::kGelu)->UseRealTime();
BENCHMARK_CAPTURE(BM_ActivationGrad, silu, ActivationFunction::kSilu)->UseRealTime();
BENCHMARK_CAPTURE(BM_ActivationGrad, leaky_relu, ActivationFunction::kLeakyRelu)->UseRealTime();
BENCHMARK_CAPTURE(BM_ActivationGrad, elu, ActivationFunction::kElu)->UseRealTime();
BENCHMARK_CAPTURE(BM_ActivationGrad, softplus, ActivationFunction::kSoftplus)->UseRealTime();

void BM_Binary(benchmark::State& state, Binary call) {
  const Tensor a = full({kElements}, 0.5), b = full({kElements}, 2);
  run(state, 3, [&] { return call(a, b); });
}
BENCHMARK_CAPTURE(BM_Binary, add, static_cast<Binary>(add))->UseRealTime();
BENCHMARK_CAPTURE(BM_Binary, mul, static_cast<Binary>(mul))->UseRealTime();
BENCHMARK_CAPTURE(BM_Binary, maximum, static_cast<Binary>(maximum))->UseRealTime();
BENCHMARK_CAPTURE(BM_Binary, relu_grad, relu_grad)->UseRealTime();
BENCHMARK_CAPTURE(BM_Binary, tanh_grad, tanh_grad)->UseRealTime();

/// 4 + 4 bytes read and 1 written.
void BM_Compare(benchmark::State& state) {
  const Tensor a = full({kElements}, 0.5), b = full({kElements}, 2);
  run(state, 2.25, [&] { return lt(a, b); });
}
BENCHMARK(BM_Compare)->UseRealTime();

/// Signs that no processor guesses.
void BM_Where(benchmark::State& state) {
  const Tensor a = full({kElements}, 0.5), b = full({kElements}, 2), c = gt(randn({kElements}), 0);
  run(state, 3.25, [&] { return where(c, a, b); });
}
BENCHMARK(BM_Where)->UseRealTime();

void BM_MulNumber(benchmark::State& state) {
  const Tensor x = ones({kElements});
  run(state, 2, [&] { return x * 3; });
}
BENCHMARK(BM_MulNumber)->UseRealTime();

void BM_AddRow(benchmark::State& state) {
  const Tensor x = ones({kElements / 512, 512}), row = ones({512});
  run(state, 2, [&] { return x + row; });
}
BENCHMARK(BM_AddRow)->UseRealTime();

/// [rows, columns] from its transpose.
void BM_Transpose(benchmark::State& state) {
  const Tensor x = ones({state.range(1), state.range(0)}).t();
  testing::measure(state, "GB/s", 8e-9 * static_cast<double>(x.numel()), memcpy_bandwidth(),
                   [&] { benchmark::DoNotOptimize(x.contiguous()); });
}
void matrices(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"rows", "columns"})->UseRealTime();
  bench->Args({4096, 4096})->Args({4001, 4003})->Args({512, 784})->Args({128, 64});
}
BENCHMARK(BM_Transpose)->Apply(matrices);

void BM_ImagesToChannelsLast(benchmark::State& state) {
  const std::int64_t channels = state.range(0);
  const Tensor x = ones({kElements / channels / 1024, channels, 32, 32});
  run(state, 2, [&] { return x.contiguous(Layout::kChannelsLast); });
}
BENCHMARK(BM_ImagesToChannelsLast)->ArgName("channels")->Arg(3)->Arg(64)->UseRealTime();

/// f32 to bf16 and back: 4 + 2 bytes an element each way.
void BM_ToBF16AndBack(benchmark::State& state) {
  const Tensor x = ones({kElements});
  run(state, 3, [&] { return x.to(DType::kBF16).to(DType::kF32); });
}
BENCHMARK(BM_ToBF16AndBack)->UseRealTime();

void BM_ReluBF16(benchmark::State& state) {
  const Tensor x = ones({kElements}, {.dtype = DType::kBF16});
  run(state, 1, [&] { return relu(x); });
}
BENCHMARK(BM_ReluBF16)->UseRealTime();

using Reduce = Tensor (*)(const Tensor&, DimList, bool);

/// x [32768,512], or with 16 columns, over both dimensions (-1), the rows (0) or the columns (1).
void BM_Reduce(benchmark::State& state, Reduce call) {
  const Tensor x = ones({kElements / state.range(1), state.range(1)});
  const std::vector<int> dims =
      state.range(0) < 0 ? std::vector<int>{} : std::vector{static_cast<int>(state.range(0))};
  run(state, 1, [&] { return call(x, dims, false); });
}
void shapes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"dim", "columns"})->ArgsProduct({{-1, 0, 1}, {512}});
  bench->Args({0, 16})->Args({1, 16})->UseRealTime();
}
BENCHMARK_CAPTURE(BM_Reduce, sum, sum)->Apply(shapes);
BENCHMARK_CAPTURE(BM_Reduce, max, max)->Apply(shapes);
BENCHMARK_CAPTURE(BM_Reduce, prod, prod)->Apply(shapes);
BENCHMARK_CAPTURE(BM_Reduce, any, any)->Apply(shapes);
BENCHMARK_CAPTURE(BM_Reduce, logsumexp, logsumexp)->Apply(shapes);
BENCHMARK_CAPTURE(BM_Reduce, var, [](const Tensor& x, DimList dims, bool) {
  return var(x, dims);
})->Apply(shapes);
BENCHMARK_CAPTURE(BM_Reduce, norm, [](const Tensor& x, DimList dims, bool) {
  return norm(x, dims);
})->Apply(shapes);

void BM_Argmax(benchmark::State& state) {
  const Tensor x = ones({kElements / 512, 512});
  const int dim = static_cast<int>(state.range(0));
  run(state, 1, [&] { return dim < 0 ? argmax(x) : argmax(x, dim); });
}
BENCHMARK(BM_Argmax)->ArgName("dim")->Arg(-1)->Arg(0)->Arg(1)->UseRealTime();

void BM_CumSum(benchmark::State& state) {
  const Tensor x = ones({kElements / 512, 512});
  run(state, 2, [&] { return cumsum(x, static_cast<int>(state.range(0))); });
}
BENCHMARK(BM_CumSum)->ArgName("dim")->Arg(0)->Arg(1)->UseRealTime();

/// Rows of random numbers: 4 bytes read, 12 written.
void BM_Sort(benchmark::State& state) {
  Generator generator(1);
  const Tensor x = uniform({(1 << 20) / state.range(0), state.range(0)}, 0, 1, generator);
  testing::measure(state, "Melements/s", 1.048576, 1,
                   [&] { benchmark::DoNotOptimize(sort(x).values); });
}
BENCHMARK(BM_Sort)->ArgName("row")->Arg(64)->Arg(1024)->Arg(1 << 20)->UseRealTime();

void BM_TopK(benchmark::State& state) {
  Generator generator(1);
  const Tensor x = uniform({1024, 1024}, 0, 1, generator);
  testing::measure(state, "Melements/s", 1.048576, 1,
                   [&] { benchmark::DoNotOptimize(topk(x, 5).values); });
}
BENCHMARK(BM_TopK)->UseRealTime();

void BM_Softmax(benchmark::State& state) {
  const std::int64_t classes = state.range(0);
  const Tensor x = ones({kElements / classes, classes});
  run(state, 2, [&] { return softmax(x, 1); });
}
BENCHMARK(BM_Softmax)->ArgName("classes")->Arg(16)->Arg(1024)->UseRealTime();

void BM_Randn(benchmark::State& state) {
  Generator generator(1);
  run(state, 1, [&] { return randn({kElements}, generator); });
}
BENCHMARK(BM_Randn)->UseRealTime();

void BM_Dropout(benchmark::State& state) {
  Generator generator(1);
  const Tensor x = ones({kElements});
  run(state, 3, [&] { return dropout(x, 0.5, generator).first; });
}
BENCHMARK(BM_Dropout)->UseRealTime();

void BM_Adam(benchmark::State& state) {
  const std::vector<Tensor> p{ones({kElements})}, g{ones({kElements})};
  const std::vector<Tensor> moments[] = {{zeros({kElements})}, {zeros({kElements})}};
  testing::measure(state, "GB/s", 7 * kGigabytes, memcpy_bandwidth(), [&] {
    optimizer_update_({.parameters = p, .grads = g, .states = moments}, AdamStep{});
  });
}
BENCHMARK(BM_Adam)->UseRealTime();

}  // namespace
}  // namespace tenon

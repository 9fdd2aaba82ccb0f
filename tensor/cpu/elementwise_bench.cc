// Elementwise kernels and reductions over 64 MB of f32, which no cache holds, in GB/s of memory
// read and written; %peak is the share of what memcpy moves in the same run.
#include <cstring>

#include "tensor/cpu/parallel.h"
#include "tensor/ops.h"
#include "tensor/testing/bench_util.h"

namespace tenon {
namespace {

constexpr std::int64_t kElements = 16 << 20;
constexpr double kGigabytes = 4e-9 * kElements;

/// All threads copying 64 MB: GB/s read and written.
double memcpy_bandwidth() {
  static const double bandwidth = [] {
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
  }();
  return bandwidth;
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

void BM_Binary(benchmark::State& state, Binary call) {
  const Tensor a = full({kElements}, 0.5), b = full({kElements}, 2);
  run(state, 3, [&] { return call(a, b); });
}
BENCHMARK_CAPTURE(BM_Binary, add, static_cast<Binary>(add))->UseRealTime();
BENCHMARK_CAPTURE(BM_Binary, mul, static_cast<Binary>(mul))->UseRealTime();
BENCHMARK_CAPTURE(BM_Binary, maximum, static_cast<Binary>(maximum))->UseRealTime();
BENCHMARK_CAPTURE(BM_Binary, relu_grad, relu_grad)->UseRealTime();

void BM_AddRow(benchmark::State& state) {
  const Tensor x = ones({kElements / 512, 512}), row = ones({512});
  run(state, 2, [&] { return x + row; });
}
BENCHMARK(BM_AddRow)->UseRealTime();

void BM_Transpose(benchmark::State& state) {
  const Tensor x = ones({4096, kElements / 4096}).t();
  run(state, 2, [&] { return x.contiguous(); });
}
BENCHMARK(BM_Transpose)->UseRealTime();

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

void BM_Sum(benchmark::State& state) {
  const Tensor x = ones({kElements / 512, 512});
  const std::vector<int> dims =
      state.range(0) < 0 ? std::vector<int>{} : std::vector{static_cast<int>(state.range(0))};
  run(state, 1, [&] { return sum(x, dims); });
}
BENCHMARK(BM_Sum)->ArgName("dim")->Arg(-1)->Arg(0)->Arg(1)->UseRealTime();

void BM_Argmax(benchmark::State& state) {
  const Tensor x = ones({kElements / 512, 512});
  run(state, 1, [&] { return argmax(x, 1); });
}
BENCHMARK(BM_Argmax)->UseRealTime();

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

// Matrix products against oneDNN called directly on the same memory: %peak is the share of its rate
// that is left after Tenon's checks, layouts, allocation and lookup.
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <tuple>

#include "tensor/ops.h"
#include "tensor/testing/bench_util.h"

namespace tenon {
namespace {

struct Sizes {
  std::int64_t m, k, n;
  double gflop() const { return 2e-9 * static_cast<double>(m * k * n); }
};

Sizes sizes_of(const benchmark::State& state) {
  return {state.range(0), state.range(1), state.range(2)};
}

/// GFLOP/s of a primitive that writes the same result again and again.
double onednn_gflops(const Sizes& s, bool bf16, bool transposed) {
  static std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t, bool, bool>, double> known;
  double& rate = known[{s.m, s.k, s.n, bf16, transposed}];
  if (rate > 0) return rate;
  using dnnl::memory;
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  const auto type = bf16 ? memory::data_type::bf16 : memory::data_type::f32;
  const memory::dims strides_b = transposed ? memory::dims{1, s.k} : memory::dims{s.n, 1};
  const memory::desc a({s.m, s.k}, type, memory::dims{s.k, 1}), b({s.k, s.n}, type, strides_b);
  const memory::desc c({s.m, s.n}, type, memory::dims{s.n, 1});
  const DType dtype = bf16 ? DType::kBF16 : DType::kF32;
  const Tensor memory_a = ones({s.m, s.k}, {.dtype = dtype});
  const Tensor memory_b = ones({s.k, s.n}, {.dtype = dtype});
  const Tensor memory_c = ones({s.m, s.n}, {.dtype = dtype});
  dnnl::matmul primitive({dnnl::matmul::desc(a, b, c), engine});
  const std::unordered_map<int, memory> arguments{
      {DNNL_ARG_SRC, memory(a, engine, memory_a.raw_data())},
      {DNNL_ARG_WEIGHTS, memory(b, engine, memory_b.raw_data())},
      {DNNL_ARG_DST, memory(c, engine, memory_c.raw_data())}};
  const double seconds =
      testing::fastest_seconds(30, [&] { primitive.execute(stream, arguments); });
  return rate = s.gflop() / seconds;
}

void run_matmul(benchmark::State& state, DType dtype) {
  const Sizes s = sizes_of(state);
  const Tensor a = ones({s.m, s.k}, {.dtype = dtype}), b = ones({s.k, s.n}, {.dtype = dtype});
  const double peak = onednn_gflops(s, dtype == DType::kBF16, false);
  testing::measure(state, "GFLOP/s", s.gflop(), peak,
                   [&] { benchmark::DoNotOptimize(matmul(a, b)); });
}

void BM_MatmulF32(benchmark::State& state) { run_matmul(state, DType::kF32); }
void BM_MatmulBF16(benchmark::State& state) { run_matmul(state, DType::kBF16); }

/// x W^T + bias and ReLU, as a layer calls it; the peak is the product alone.
void BM_LinearRelu(benchmark::State& state) {
  const Sizes s = sizes_of(state);
  const Tensor x = ones({s.m, s.k}), weight = ones({s.n, s.k}), bias = ones({s.n});
  testing::measure(state, "GFLOP/s", s.gflop(), onednn_gflops(s, false, true),
                   [&] { benchmark::DoNotOptimize(linear(x, weight, bias, Activation::kRelu)); });
}

void layer_sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"m", "k", "n"})->UseRealTime();
  b->Args({4, 5, 3})->Args({64, 784, 128})->Args({100, 784, 512})->Args({100, 512, 1024});
}
void large_sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"m", "k", "n"})->UseRealTime();
  b->Args({256, 256, 256})->Args({1024, 1024, 1024})->Args({2048, 2048, 2048});
}
BENCHMARK(BM_MatmulF32)->Apply(large_sizes)->Apply(layer_sizes);
BENCHMARK(BM_MatmulBF16)->Apply(large_sizes);
BENCHMARK(BM_LinearRelu)->Apply(layer_sizes);

}  // namespace
}  // namespace tenon

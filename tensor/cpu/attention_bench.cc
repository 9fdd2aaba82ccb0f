// Attention over [2,12,T,64], causal, forward and backward: GFLOP/s of the products of half of the
// T x T pairs, and the share of the speed of large products measured in the same run. Composed: the
// same by products and a softmax over the whole T x T matrix.
#include <cmath>

#include "tensor/ops.h"
#include "tensor/testing/bench_util.h"

namespace tenon {
namespace {

constexpr std::int64_t kBatch = 2, kHeads = 12, kWidth = 64;

/// FLOP/s of a product of 1024 x 1024 matrices.
double peak(DType dtype) {
  const Tensor a = randn({1024, 1024}, default_generator(), {.dtype = dtype});
  return 2 * std::pow(1024.0, 3) / testing::fastest_seconds(10, [&] { matmul(a, a); }) / 1e9;
}

struct Problem {
  Tensor q, k, v, grad;
  double gflop;  // of one product

  Problem(std::int64_t length, DType dtype) {
    for (Tensor* x : {&q, &k, &v, &grad}) {
      *x = randn({kBatch, kHeads, length, kWidth}, default_generator(), {.dtype = dtype});
    }
    gflop = static_cast<double>(kBatch * kHeads * kWidth * length * length) / 1e9;
  }
};

void forward(benchmark::State& state, DType dtype) {
  const Problem p(state.range(0), dtype);
  testing::measure(state, "GFLOP/s", 2 * p.gflop, peak(dtype), [&] {
    benchmark::DoNotOptimize(scaled_dot_product_attention(p.q, p.k, p.v, {}, {.causal = true}));
  });
}

void backward(benchmark::State& state, DType dtype) {
  const Problem p(state.range(0), dtype);
  const AttentionParams params{.causal = true};
  const Attention a = scaled_dot_product_attention(p.q, p.k, p.v, {}, params);
  testing::measure(state, "GFLOP/s", 5 * p.gflop, peak(dtype), [&] {
    benchmark::DoNotOptimize(
        scaled_dot_product_attention_grad(p.grad, p.q, p.k, p.v, {}, params, a));
  });
}

void composed(benchmark::State& state, DType dtype) {
  const Problem p(state.range(0), dtype);
  testing::measure(state, "GFLOP/s", 2 * p.gflop, peak(dtype), [&] {
    benchmark::DoNotOptimize(
        matmul(softmax(matmul(p.q, p.k.transpose(2, 3)) / std::sqrt(64.0), -1), p.v));
  });
}

BENCHMARK_CAPTURE(forward, f32, DType::kF32)->Arg(128)->Arg(1024)->Arg(4096);
BENCHMARK_CAPTURE(forward, bf16, DType::kBF16)->Arg(128)->Arg(1024)->Arg(4096);
BENCHMARK_CAPTURE(backward, f32, DType::kF32)->Arg(128)->Arg(1024);
BENCHMARK_CAPTURE(backward, bf16, DType::kBF16)->Arg(128)->Arg(1024);
BENCHMARK_CAPTURE(composed, f32, DType::kF32)->Arg(128)->Arg(1024);
BENCHMARK_CAPTURE(composed, bf16, DType::kBF16)->Arg(128)->Arg(1024);

}  // namespace
}  // namespace tenon

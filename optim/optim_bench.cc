// Bytes moved per second by one optimizer step: on one large tensor, where memory is the limit, and
// on a hundred small ones, where the calls are.

#include <vector>

#include "benchmark/benchmark.h"
#include "optim/optim.h"

namespace tenon::optim {
namespace {

std::vector<Variable> make_parameters(std::int64_t count, std::int64_t elements) {
  std::vector<Variable> parameters;
  for (std::int64_t i = 0; i < count; ++i) {
    parameters.emplace_back(full({elements}, 0.5), true);
    parameters.back().set_grad(full({elements}, 1e-3));
  }
  return parameters;
}

/// Reads and writes the parameter and each slot, reads the gradient.
double bytes_per_step(std::int64_t count, std::int64_t elements, int slots) {
  return static_cast<double>(count * elements) * sizeof(float) * (3 + 2 * slots);
}

void report(benchmark::State& state, int slots) {
  const double bytes = bytes_per_step(state.range(0), state.range(1), slots);
  state.counters["bytes"] = benchmark::Counter(bytes, benchmark::Counter::kIsIterationInvariantRate,
                                               benchmark::Counter::kIs1000);
}

void BM_Sgd(benchmark::State& state) {
  SGD sgd(make_parameters(state.range(0), state.range(1)), {.lr = 1e-6});
  for (auto _ : state) sgd.step();
  report(state, 0);
}

void BM_SgdMomentum(benchmark::State& state) {
  SGD sgd(make_parameters(state.range(0), state.range(1)), {.lr = 1e-6, .momentum = 0.9});
  for (auto _ : state) sgd.step();
  report(state, 1);
}

void BM_Adam(benchmark::State& state) {
  Adam adam(make_parameters(state.range(0), state.range(1)), {.lr = 1e-6});
  for (auto _ : state) adam.step();
  report(state, 2);
}

/// What the machine's memory gives to a plain copy: the figure to compare with.
void BM_Copy(benchmark::State& state) {
  const Tensor from = full({state.range(1)}, 1);
  const Tensor to = zeros({state.range(1)});
  for (auto _ : state) to.copy_(from);
  state.counters["bytes"] = benchmark::Counter(2.0 * static_cast<double>(from.bytes()),
                                               benchmark::Counter::kIsIterationInvariantRate,
                                               benchmark::Counter::kIs1000);
}

BENCHMARK(BM_Copy)->Args({1, 10'000'000});
BENCHMARK(BM_Sgd)->Args({1, 10'000'000})->Args({100, 10'000})->Args({8, 100});
BENCHMARK(BM_SgdMomentum)->Args({1, 10'000'000})->Args({100, 10'000})->Args({8, 100});
BENCHMARK(BM_Adam)->Args({1, 10'000'000})->Args({100, 10'000})->Args({8, 100});

}  // namespace
}  // namespace tenon::optim

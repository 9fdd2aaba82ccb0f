// Bytes moved per second by one optimizer step: on one large tensor, where memory is the limit, and
// on a hundred small ones, where the calls are. %copy is the share of the rate at which a plain
// copy of 40 MB moves its bytes in the same run.

#include <vector>

#include "optim/optim.h"
#include "tensor/testing/bench_util.h"

namespace tenon::optim {
namespace {

std::vector<Variable> make_parameters(std::int64_t count, const Shape& shape) {
  std::vector<Variable> parameters;
  for (std::int64_t i = 0; i < count; ++i) {
    parameters.emplace_back(full(shape, 0.5), true);
    parameters.back().set_grad(full(shape, 1e-3));
  }
  return parameters;
}

/// GB/s of a copy, read and written bytes alike.
double copy_rate() {
  static const double kRate = [] {
    const Tensor from = full({10'000'000}, 1), to = zeros({10'000'000});
    return 2e-9 * static_cast<double>(from.bytes()) /
           testing::fastest_seconds(20, [&] { to.copy_(from); });
  }();
  return kRate;
}

/// Reads and writes the parameter and each state, reads the gradient.
template <class Rule, class Options>
void run(benchmark::State& state, int states, const Options& options) {
  const std::int64_t count = state.range(0), elements = state.range(1);
  Rule rule(make_parameters(count, {elements / 10, 10}), options);
  const double gigabytes =
      1e-9 * static_cast<double>(count * elements) * sizeof(float) * (3 + 2 * states);
  const double copy = copy_rate();
  testing::measure(state, "GB/s", gigabytes, copy, [&] { rule.step(); });
}

void BM_Copy(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(copy_rate());
  state.counters["GB/s"] = copy_rate();
}
BENCHMARK(BM_Copy)->Iterations(1);

void BM_Sgd(benchmark::State& state) { run<SGD, SGDOptions>(state, 0, {}); }
void BM_SgdMomentum(benchmark::State& state) {
  run<SGD, SGDOptions>(state, 1, {.lr = 1e-6, .momentum = 0.9});
}
void BM_Adam(benchmark::State& state) { run<Adam, AdamOptions>(state, 2, {.lr = 1e-6}); }
void BM_AdamAmsgrad(benchmark::State& state) {
  run<Adam, AdamOptions>(state, 3, {.lr = 1e-6, .amsgrad = true});
}
void BM_Adamax(benchmark::State& state) { run<Adamax, AdamaxOptions>(state, 2, {.lr = 1e-6}); }
void BM_Nadam(benchmark::State& state) { run<NAdam, NAdamOptions>(state, 2, {.lr = 1e-6}); }
void BM_Radam(benchmark::State& state) { run<RAdam, RAdamOptions>(state, 2, {.lr = 1e-6}); }
void BM_Lion(benchmark::State& state) { run<Lion, LionOptions>(state, 1, {.lr = 1e-6}); }
void BM_Adagrad(benchmark::State& state) { run<Adagrad, AdagradOptions>(state, 1, {.lr = 1e-6}); }
void BM_Adadelta(benchmark::State& state) {
  run<Adadelta, AdadeltaOptions>(state, 2, {.lr = 1e-6});
}
void BM_Rmsprop(benchmark::State& state) { run<RMSprop, RMSpropOptions>(state, 1, {.lr = 1e-6}); }
void BM_RmspropCentered(benchmark::State& state) {
  run<RMSprop, RMSpropOptions>(state, 3, {.lr = 1e-6, .momentum = 0.9, .centered = true});
}

void sizes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"tensors", "elements"})->UseRealTime();
  bench->Args({1, 10'000'000})->Args({100, 10'000})->Args({8, 100});
}
/// Reads and writes the parameter and two bytes of state, reads the gradient.
void BM_Adam8bit(benchmark::State& state) {
  Adam adam(make_parameters(1, {1'000'000, 10}), {.lr = 1e-6});
  adam.keep_8bit_states();
  testing::measure(state, "GB/s", 1e-2 * (12 + 4), copy_rate(), [&] { adam.step(); });
}
BENCHMARK(BM_Adam8bit)->UseRealTime();

BENCHMARK(BM_Sgd)->Apply(sizes);
BENCHMARK(BM_SgdMomentum)->Apply(sizes);
BENCHMARK(BM_Adam)->Apply(sizes);
BENCHMARK(BM_AdamAmsgrad)->Apply(sizes);
BENCHMARK(BM_Adamax)->Apply(sizes);
BENCHMARK(BM_Nadam)->Apply(sizes);
BENCHMARK(BM_Radam)->Apply(sizes);
BENCHMARK(BM_Lion)->Apply(sizes);
BENCHMARK(BM_Adagrad)->Apply(sizes);
BENCHMARK(BM_Adadelta)->Apply(sizes);
BENCHMARK(BM_Rmsprop)->Apply(sizes);
BENCHMARK(BM_RmspropCentered)->Apply(sizes);

/// The norm of all gradients, of which a clipped step takes one.
void BM_TotalNorm(benchmark::State& state) {
  const std::vector<Tensor> grads{full({10'000'000}, 1e-3)};
  testing::measure(state, "GB/s", 4e-2, copy_rate(), [&] { return total_norm(grads); });
}
BENCHMARK(BM_TotalNorm)->UseRealTime();

void BM_Muon(benchmark::State& state) {
  const std::int64_t side = state.range(0);
  Muon muon(make_parameters(1, {side, side}), {.lr = 1e-6});
  const double matrix_products = 5 * 3 * 2e-9 * static_cast<double>(side * side * side);
  for (auto _ : state) muon.step();
  state.counters["GFLOP/s"] =
      benchmark::Counter(matrix_products, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(BM_Muon)->Arg(256)->Arg(1024)->UseRealTime();

}  // namespace
}  // namespace tenon::optim

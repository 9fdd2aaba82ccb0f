// What the benchmarks of tensors share: figures that mean something on any machine (GFLOP/s, GB/s),
// and the share they are of a peak measured in the same run. Linking it brings main(), which says
// what runs and warns of an unoptimized build.
#ifndef TENON_TENSOR_TESTING_BENCH_UTIL_H_
#define TENON_TENSOR_TESTING_BENCH_UTIL_H_

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>

namespace tenon::testing {

/// Seconds of the fastest of `runs` calls: what the machine can do when nothing else disturbs it.
template <class F>
double fastest_seconds(int runs, const F& call) {
  using Clock = std::chrono::steady_clock;
  double best = 1e9;
  for (int i = 0; i < runs; ++i) {
    const Clock::time_point start = Clock::now();
    call();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

/// Runs the benchmark's loop over `call` and reports its rate under the name `unit`, `work` units
/// at a time, and as a share of `peak` units per second.
template <class F>
void measure(benchmark::State& state, const char* unit, double work, double peak, const F& call) {
  using Clock = std::chrono::steady_clock;
  call();  // builds what is built once
  const Clock::time_point start = Clock::now();
  for (auto _ : state) call();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const double rate = work * static_cast<double>(state.iterations()) / seconds;
  state.counters[unit] = rate;
  state.counters["%peak"] = 100 * rate / peak;
}

}  // namespace tenon::testing

#endif  // TENON_TENSOR_TESTING_BENCH_UTIL_H_

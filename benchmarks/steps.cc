// Times training steps: prints `name step_ms ms`, the median over some seconds of steps.
//
//   ./bazelw run //benchmarks:steps -- --threads=2 mlp_mnist_b64
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "benchmarks/workloads.h"
#include "tensor/build_info.h"
#include "tensor/random.h"

namespace tenon::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Median seconds of a step, after three that warm up.
double median_step(const std::function<void()>& step, double budget) {
  for (int i = 0; i < 3; ++i) step();
  std::vector<double> times;
  for (const auto start = Clock::now(); seconds_since(start) < budget || times.size() < 3;) {
    const auto before = Clock::now();
    step();
    times.push_back(seconds_since(before));
  }
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

int main(int argc, char** argv) {
  CLI::App app("Times one training step of each workload, or of those named.");
  std::vector<std::string> names;
  double budget = 2.0;
  int threads = 2;
  bool bf16 = false;
  const std::vector<Workload> all = workloads();
  std::vector<std::string> known;
  for (const Workload& workload : all) known.push_back(workload.name);
  app.add_option("names", names, "workloads; all where none is named")->check(CLI::IsMember(known));
  app.add_option("--seconds", budget, "time for each workload")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--threads", threads, "threads of the CPU kernels")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_flag("--bf16", bf16, "products in bf16 (autocast), parameters in f32");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  set_num_threads(threads);
  const BuildInfo info = build_info();
  std::fprintf(stderr, "%s\n", to_string(info).c_str());
  if (!info.optimized) std::fprintf(stderr, "warning: this build is not optimized\n");
  for (const Workload& workload : all) {
    if (!names.empty() && std::find(names.begin(), names.end(), workload.name) == names.end()) {
      continue;
    }
    manual_seed(0);
    const double step =
        median_step(workload.prepare(bf16 ? Compute::kBF16 : Compute::kF32), budget);
    std::printf("%-24s %10.3f ms\n", workload.name.c_str(), 1e3 * step);
    std::fprintf(stderr, "%-24s %10.1f GFLOP/s in matrix products\n", "",
                 1e-9 * workload.flop / step);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace tenon::benchmarks

int main(int argc, char** argv) { return tenon::benchmarks::main(argc, argv); }

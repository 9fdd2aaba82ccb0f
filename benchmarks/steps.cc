// Times training steps: prints `name step_ms ms`, the median over some seconds of steps.
//
//   ./bazelw run //benchmarks:steps -- --threads=2 mlp_mnist_b64
//   ./bazelw run //benchmarks:steps -- --device=cuda --capture      (tensor/captured_step.h)
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/workloads.h"
#include "tensor/allocator.h"
#include "tensor/build_info.h"
#include "tensor/captured_step.h"
#include "tensor/numerics.h"
#include "tensor/ops.h"
#include "tensor/random.h"
#include "tensor/stream.h"

namespace tenon::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Median seconds of a step, after five that warm up. A GPU's steps are timed in groups, each of
/// which ends with a wait: the host runs ahead of it.
double median_step(const std::function<void()>& step, double budget, Device device) {
  const int group = device.is_cpu() ? 1 : 20;
  for (int i = 0; i < 5; ++i) step();
  synchronize(device);
  allocator(device).reset_peak();
  std::vector<double> times;
  for (const auto start = Clock::now(); seconds_since(start) < budget || times.size() < 3;) {
    const auto before = Clock::now();
    for (int i = 0; i < group; ++i) step();
    synchronize(device);
    times.push_back(seconds_since(before) / group);
  }
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

struct Options {
  std::vector<std::string> names;
  double budget = 2.0;
  int threads = 2;
  bool bf16 = false, tf32 = false, capture = false;
  std::string device = "cpu";
};

void run(const Workload& workload, const Options& options) {
  const Device device = parse_device(options.device);
  manual_seed(0);
  std::function<void()> step = workload.prepare(
      {.compute = options.bf16 ? Compute::kBF16 : Compute::kF32, .device = device});
  std::optional<CapturedStep> captured;
  if (options.capture) {
    captured.emplace(step, CapturedStepOptions{.device = device});
    step = [&] { (*captured)(); };
  }
  const double seconds = median_step(step, options.budget, device);
  std::printf("%-24s %10.3f ms\n", workload.name.c_str(), 1e3 * seconds);
  std::fprintf(stderr, "%-24s %10.1f GFLOP/s in matrix products, %.1f MB at the most\n", "",
               1e-9 * workload.flop / seconds,
               1e-6 * static_cast<double>(allocator(device).stats().peak_bytes));
  if (captured && !captured->captured()) {
    std::fprintf(stderr, "%-24s not captured: %s\n", "", captured->reason().c_str());
  }
}

int main(int argc, char** argv) {
  CLI::App app("Times one training step of each workload, or of those named.");
  Options options;
  const std::vector<Workload> all = workloads();
  std::vector<std::string> known;
  for (const Workload& workload : all) known.push_back(workload.name);
  app.add_option("names", options.names, "workloads; all where none is named")
      ->check(CLI::IsMember(known));
  app.add_option("--seconds", options.budget, "time for each workload")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--threads", options.threads, "threads of the CPU kernels")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_flag("--bf16", options.bf16, "products in bf16 (autocast), parameters in f32");
  app.add_flag("--tf32", options.tf32, "products of f32 in TF32, on a GPU");
  app.add_option("--device", options.device, "cpu, cuda or cuda:N")->capture_default_str();
  app.add_flag("--capture", options.capture, "record a step once and replay it, on a GPU");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    const Device device = parse_device(options.device);
    empty({1}, {.device = device});
  } catch (const Error& error) {
    std::fprintf(stderr, "steps: --device: %s\n", error.what());
    return 2;
  }
  set_num_threads(options.threads);
  set_numerics({.tf32 = options.tf32});
  const BuildInfo info = build_info();
  std::fprintf(stderr, "%s\n", to_string(info).c_str());
  if (!info.optimized) std::fprintf(stderr, "warning: this build is not optimized\n");
  for (const Workload& workload : all) {
    const auto& names = options.names;
    if (!names.empty() && std::find(names.begin(), names.end(), workload.name) == names.end()) {
      continue;
    }
    try {
      run(workload, options);
    } catch (const DeviceError& error) {
      std::fprintf(stderr, "%-24s %s\n", workload.name.c_str(), error.what());
    }
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace tenon::benchmarks

int main(int argc, char** argv) { return tenon::benchmarks::main(argc, argv); }

// Times training steps: prints `name step_ms ms`, the median over some seconds of steps.
//
//   ./bazelw run //benchmarks:steps -- --threads=2 mlp_mnist_b64
//   ./bazelw run //benchmarks:steps -- --device=cuda --capture      (tensor/captured_step.h)
//   ./bazelw run //benchmarks:steps -- --device=cuda --capture --large --bf16
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/measure.h"
#include "benchmarks/workloads.h"
#include "tensor/allocator.h"
#include "tensor/build_info.h"
#include "tensor/captured_step.h"
#include "tensor/numerics.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::benchmarks {
namespace {

/// The dense bf16 peak that an H100's and an H200's (SXM) data sheets state.
constexpr double kSheetTflops = 989;

/// What shares are given of; measured where large workloads are.
struct Limits {
  double copy_rate = 0, product_rate = 0;
};

struct Options {
  std::vector<std::string> names;
  double budget = 2.0;
  int threads = 2;
  bool bf16 = false, tf32 = false, capture = false, large = false, quick = false;
  double peak_tflops = kSheetTflops;
  std::string device = "cpu";
};

/// What a step needs memory for: parameters, the optimizer's state and the batch, which stay; what
/// the forward pass saves for gradients; and the gradients.
class Needs {
 public:
  explicit Needs(const Allocator& allocator) : allocator_(allocator) {}

  void entering(Phase phase) { (phase == Phase::kForward ? forward_ : backward_) = live(); }
  void step_ended() { end_ = live(); }

  /// 0 where no step told of its phases.
  std::int64_t bytes() const { return backward_ + (end_ - forward_); }

 private:
  std::int64_t live() const { return allocator_.stats().live_bytes; }

  const Allocator& allocator_;
  std::int64_t forward_ = 0, backward_ = 0, end_ = 0;
};

/// What a step did, beside what the machine can do.
void report(const Workload& workload, double seconds, std::int64_t needs, const Options& options,
            const Limits& limits) {
  const double rate = workload.flop / seconds;
  const auto peak = static_cast<double>(allocator(parse_device(options.device)).stats().peak_bytes);
  std::fprintf(stderr, "%-28s %10.1f GFLOP/s in matrix products, %.1f MB at the most", "",
               1e-9 * rate, 1e-6 * peak);
  if (needs > 0) {
    std::fprintf(stderr, ", %.2f times what it needs", peak / static_cast<double>(needs));
  }
  std::fprintf(stderr, "\n");
  if (limits.copy_rate == 0) return;
  if (workload.bytes > 0) {
    std::fprintf(stderr, "%-28s %10.1f %% of the copy bandwidth in reading weights (%.1f GB/s)\n",
                 "", 100 * workload.bytes / seconds / limits.copy_rate, 1e-9 * limits.copy_rate);
    return;
  }
  std::fprintf(stderr,
               "%-28s %10.1f %% of a large product's rate (%.1f TFLOP/s), model FLOPs utilisation "
               "%.1f %% of %.0f TFLOP/s\n",
               "", 100 * rate / limits.product_rate, 1e-12 * limits.product_rate,
               1e-10 * rate / options.peak_tflops, options.peak_tflops);
}

void run(const Workload& workload, const Options& options, const Limits& limits) {
  const Device device = parse_device(options.device);
  manual_seed(0);
  Needs needs(allocator(device));
  std::function<void()> step =
      workload.prepare({.compute = options.bf16 ? Compute::kBF16 : Compute::kF32,
                        .device = device,
                        .entering = [&](Phase phase) { needs.entering(phase); }});
  std::optional<CapturedStep> captured;
  if (options.capture) {
    captured.emplace(step, CapturedStepOptions{.device = device});
    step = [&] { (*captured)(); };
  }
  const double seconds = median_seconds(step, options.budget, device);
  std::printf("%-28s %10.3f ms\n", workload.name.c_str(), 1e3 * seconds);
  needs.step_ended();
  report(workload, seconds, needs.bytes(), options, limits);
  if (captured && !captured->captured()) {
    std::fprintf(stderr, "%-28s not captured: %s\n", "", captured->reason().c_str());
  }
}

int main(int argc, char** argv) {
  CLI::App app("Times one training step of each workload, or of those named.");
  Options options;
  app.add_option("names", options.names, "workloads; all where none is named");
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
  app.add_flag("--large", options.large,
               "language models of 125 million and 1.3 billion weights instead, beside the rates "
               "of a large copy and a large product; up to 60 GB");
  app.add_flag("--quick", options.quick, "with --large: tiny models of the same names, for tests");
  app.add_option("--peak_tflops", options.peak_tflops,
                 "what model FLOPs utilisation is a share of; an H100's bf16 by default")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const std::vector<Workload> all = options.large ? large_workloads(options.quick) : workloads();
  for (const std::string& name : options.names) {
    if (std::none_of(all.begin(), all.end(), [&](const auto& one) { return one.name == name; })) {
      std::fprintf(stderr, "steps: no workload '%s'; there are:", name.c_str());
      for (const Workload& workload : all) std::fprintf(stderr, " %s", workload.name.c_str());
      std::fprintf(stderr, "\n");
      return 2;
    }
  }
  Device device;
  try {
    device = parse_device(options.device);
    if (skips(device)) return 0;
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
  Limits limits;
  if (options.large) {
    const DType dtype = options.bf16 ? DType::kBF16 : DType::kF32;
    limits = {.copy_rate = copy_rate(device, INT64_C(1) << (options.quick ? 24 : 30)),
              .product_rate = product_rate(device, dtype, options.quick ? 512 : 8192)};
  }
  for (const Workload& workload : all) {
    const auto& names = options.names;
    if (!names.empty() && std::find(names.begin(), names.end(), workload.name) == names.end()) {
      continue;
    }
    try {
      run(workload, options, limits);
    } catch (const DeviceError& error) {
      std::fprintf(stderr, "%-28s %s\n", workload.name.c_str(), error.what());
    }
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace tenon::benchmarks

int main(int argc, char** argv) { return tenon::benchmarks::main(argc, argv); }

#include "benchmarks/measure.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "tensor/allocator.h"
#include "tensor/ops.h"
#include "tensor/random.h"
#include "tensor/stream.h"

namespace tenon::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;

/// Of what the device can do at most.
constexpr double kBudget = 0.5;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

bool skips(Device device) {
  if (device.is_cpu() || is_available({device.type, 0})) return false;
  std::puts("skipped: no CUDA device");
  return true;
}

double median_seconds(const std::function<void()>& step, double budget, Device device) {
  for (int i = 0; i < 4; ++i) step();
  synchronize(device);
  const auto fifth = Clock::now();
  step();
  synchronize(device);
  const double once = std::max(seconds_since(fifth), 1e-6);
  const int group = device.is_cpu() ? 1 : static_cast<int>(std::clamp(0.1 / once, 1.0, 20.0));
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

double copy_rate(Device device, std::int64_t bytes) {
  const Tensor from = zeros({bytes / 4}, {.device = device}), to = empty_like(from);
  const double seconds = median_seconds([&] { to.copy_(from); }, kBudget, device);
  return 2 * static_cast<double>(from.bytes()) / seconds;
}

double product_rate(Device device, DType dtype, std::int64_t size) {
  // Random numbers: a GPU's clock falls with the bits that switch, and zeros would flatter it.
  const Tensor a = randn({size, size}, default_generator()).to(device).to(dtype);
  const Tensor b = a.t().contiguous();
  const double seconds = median_seconds([&] { matmul(a, b); }, kBudget, device);
  return 2 * static_cast<double>(size) * static_cast<double>(size) * static_cast<double>(size) /
         seconds;
}

}  // namespace tenon::benchmarks

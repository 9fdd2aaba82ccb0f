// Scales of 4-bit blocks in 8 bits themselves: their mean, and codes of what they are beyond it.
// Bytes are the CPU's (tensor/quant/quantize.cc), whose mean is summed in the order of a block of
// threads here.
#include "tensor/cuda/quant.h"
#include "tensor/cuda/quant_codes.h"
#include "tensor/cuda/reduce.h"

namespace tenon::cuda {
namespace {

using quant::kNestedBlock;
using quant::QuantizedTensor;

struct MeanOfScales {
  static constexpr const char* kName = "nest_scales_mean";
  const float* scales;
  std::int64_t count;
  float* mean;

  template <class Team>
  TENON_HOST_DEVICE void operator()(const Team& team) const {
    const double sum = team.reduce(
        count, 0.0, [&](double& part, std::int64_t i) { part += static_cast<double>(scales[i]); },
        [](double a, double b) { return a + b; });
    team.once([&] { *mean = static_cast<float>(sum / static_cast<double>(count)); });
  }
};

/// kNestedBlock scales, or what is left of them.
struct NestBlock {
  static constexpr const char* kName = "nest_scales";
  const float* scales;
  std::int64_t count;
  float offset;
  std::uint8_t* codes;
  float* nested_scales;
  std::array<float, 255> midpoints;

  template <class Team>
  TENON_HOST_DEVICE void operator()(const Team& team) const {
    const std::int64_t first = team.index() * kNestedBlock;
    const std::int64_t size = count - first < kNestedBlock ? count - first : kNestedBlock;
    const float largest = team.reduce(
        size, 0.0f,
        [&](float& best, std::int64_t i) {
          const float shifted = scales[first + i] - offset;
          const float magnitude = shifted < 0 ? -shifted : shifted;
          best = best < magnitude ? magnitude : best;
        },
        [](float a, float b) { return a < b ? b : a; });
    const bool whole = size == kNestedBlock;
    const float least = largest < quant::kLeastScale ? quant::kLeastScale : largest;
    team.once([&] { nested_scales[team.index()] = whole ? largest : least; });
    team.for_each(size, [&](std::int64_t i) {
      const float shifted = scales[first + i] - offset;
      codes[first + i] = code(whole ? shifted * (1.0f / least) : shifted / least);
    });
  }

 private:
  /// How many midpoints are below the value.
  TENON_HOST_DEVICE std::uint8_t code(float value) const {
    int below = 0;
    for (int step = 128; step > 0; step /= 2) {
      if (value > midpoints.data()[below + step - 1]) below += step;
    }
    return static_cast<std::uint8_t>(below);
  }
};

}  // namespace

void nest_scales(QuantizedTensor& q) {
  const Device device = q.scales.device();
  const DeviceScope on(device.index);
  const std::int64_t count = q.scales.numel();
  const std::int64_t blocks = (count + kNestedBlock - 1) / kNestedBlock;
  const auto* scales = address<float>(q.scales);
  const Tensor mean = empty({}, {.device = device});
  launch_teams<kBlockThreads>(1, MeanOfScales{scales, count, address<float>(mean)});
  q.nested_offset = mean.item<float>();
  const Tensor codes = empty({count}, {.dtype = DType::kU8, .device = device});
  q.nested_scales = empty({blocks}, {.device = device});
  launch_teams<kBlockThreads>(
      blocks, NestBlock{scales, count, q.nested_offset, address<std::uint8_t>(codes),
                        address<float>(q.nested_scales), quant::nested_midpoints()});
  q.scales = codes;
}

}  // namespace tenon::cuda

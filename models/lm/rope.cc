#include "models/lm/rope.h"

#include <array>
#include <cmath>
#include <numbers>

#include "autograd/ops.h"
#include "autograd/record.h"
#include "tensor/ops.h"

namespace tenon::models {
namespace {

using autograd::Variable;

/// Llama 3.1 leaves fast turns as they are, slows slow ones down by `factor`, and goes from one to
/// the other in between.
double llama3_frequency(const RopeConfig& config, double frequency) {
  const double wavelength = 2 * std::numbers::pi / frequency;
  const double low = config.original_positions / config.low_frequency_factor;
  const double high = config.original_positions / config.high_frequency_factor;
  if (wavelength < high) return frequency;
  if (wavelength > low) return frequency / config.factor;
  const double smooth = (config.original_positions / wavelength - config.low_frequency_factor) /
                        (config.high_frequency_factor - config.low_frequency_factor);
  return (1 - smooth) * frequency / config.factor + smooth * frequency;
}

double frequency(const RopeConfig& config, std::int64_t i, std::int64_t head_size) {
  const double exponent = 2.0 * static_cast<double>(i) / static_cast<double>(head_size);
  const double plain = std::pow(config.theta, -exponent);
  if (config.scaling == RopeScaling::kLinear) return plain / config.factor;
  return config.scaling == RopeScaling::kLlama3 ? llama3_frequency(config, plain) : plain;
}

Tensor turned(const Tensor& x, const Tensor& cos, const Tensor& sin) {
  const std::int64_t half = x.size(-1) / 2;
  const Tensor first = x.narrow(-1, 0, half);
  const Tensor second = x.narrow(-1, half, half);
  const std::array<Tensor, 2> parts = {first * cos - second * sin, second * cos + first * sin};
  return tenon::cat(parts, -1);
}

}  // namespace

Tensor RopeFrequencies::on(Device device) {
  const std::lock_guard lock(mutex_);
  for (const Tensor& one : made_) {
    if (one.device() == device) return one;
  }
  std::vector<float> frequencies;
  for (std::int64_t i = 0; i < head_size_ / 2; ++i) {
    frequencies.push_back(static_cast<float>(frequency(config_, i, head_size_)));
  }
  return made_.emplace_back(from_vector(frequencies).to(device));
}

std::pair<Tensor, Tensor> rope_table(const Tensor& frequencies, const Tensor& positions) {
  const Tensor angles = positions.to(DType::kF32).unsqueeze(-1) * frequencies;
  return {tenon::cos(angles), tenon::sin(angles)};
}

Variable rope(const Variable& x, const Tensor& cos, const Tensor& sin) {
  const Tensor c = cos.to(x.dtype());
  const Tensor s = sin.to(x.dtype());
  Tensor y = turned(x.value(), c, s);
  return autograd::record(
      "rope", std::move(y),
      // A turn back.
      [c, s](autograd::Gradients& g) { g.set(0, rope(g.output(), c, tenon::neg(s))); }, x);
}

}  // namespace tenon::models

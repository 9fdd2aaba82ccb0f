#include "init/init.h"

#include <cmath>
#include <string>

#include "init/internal/check.h"

namespace tenon::init {
namespace {

using internal::check_floating;

Fans fans_of(const Shape& weight, const char* op) {
  if (weight.size() < 2) {
    throw ShapeError("[" + std::string(op) + "] expected a weight [out,in,...], got " +
                     to_string(weight));
  }
  std::int64_t window = 1;
  for (int i = 2; i < weight.size(); ++i) window *= weight[i];
  return {.in = weight[1] * window, .out = weight[0] * window};
}

void fill_uniform(const Tensor& tensor, double low, double high, Generator& generator) {
  tensor.copy_(uniform(tensor.shape(), low, high, generator, tensor.options()));
}

void fill_normal(const Tensor& tensor, double mean, double deviation, Generator& generator) {
  tensor.copy_(normal(tensor.shape(), mean, deviation, generator, tensor.options()));
}

enum class Family { kUniform, kNormal };

/// Fills with mean 0 and variance `scale / fan`. A weight without elements has nothing to fill, and
/// may have a fan of 0.
void fill_variance(Family family, const Tensor& weight, double scale, double fan,
                   Generator& generator) {
  if (weight.numel() == 0) return;
  const double variance = scale / fan;
  if (family == Family::kNormal) {
    fill_normal(weight, 0, std::sqrt(variance), generator);
  } else {
    const double bound = std::sqrt(3 * variance);  // the variance of U(-a, a) is a² / 3
    fill_uniform(weight, -bound, bound, generator);
  }
}

void xavier(Family family, const Tensor& weight, Generator& generator, double gain,
            const char* op) {
  check_floating(weight, op);
  const Fans fan = fans_of(weight.shape(), op);
  const double mean_fan = 0.5 * (static_cast<double>(fan.in) + static_cast<double>(fan.out));
  fill_variance(family, weight, gain * gain, mean_fan, generator);
}

void kaiming(Family family, const Tensor& weight, Generator& generator,
             const KaimingOptions& options, const char* op) {
  check_floating(weight, op);
  const Fans fan = fans_of(weight.shape(), op);
  const double factor = gain(options.nonlinearity, options.slope);
  const auto chosen = static_cast<double>(options.mode == FanMode::kIn ? fan.in : fan.out);
  fill_variance(family, weight, factor * factor, chosen, generator);
}

}  // namespace

Fans fans(const Shape& weight) { return fans_of(weight, "fans"); }

double gain(Nonlinearity nonlinearity, double slope) {
  switch (nonlinearity) {
    case Nonlinearity::kLinear:
    case Nonlinearity::kSigmoid:
      return 1;
    case Nonlinearity::kTanh:
      return 5.0 / 3;
    case Nonlinearity::kRelu:
      return std::sqrt(2.0);
    case Nonlinearity::kLeakyRelu:
      return std::sqrt(2 / (1 + slope * slope));
    case Nonlinearity::kSelu:
      return 0.75;
  }
  throw ValueError("[gain] expected a Nonlinearity, got " +
                   std::to_string(static_cast<int>(nonlinearity)));
}

void zeros_(const Tensor& tensor) { constant_(tensor, 0); }

void ones_(const Tensor& tensor) { constant_(tensor, 1); }

void constant_(const Tensor& tensor, double value) {
  check_floating(tensor, "constant_");
  tensor.fill_(value);
}

void uniform_(const Tensor& tensor, Generator& generator, const UniformOptions& options) {
  check_floating(tensor, "uniform_");
  if (!std::isfinite(options.low) || !std::isfinite(options.high) || options.low > options.high) {
    throw ValueError("[uniform_] expected finite low <= high, got low " +
                     std::to_string(options.low) + " and high " + std::to_string(options.high));
  }
  fill_uniform(tensor, options.low, options.high, generator);
}

void normal_(const Tensor& tensor, Generator& generator, const NormalOptions& options) {
  check_floating(tensor, "normal_");
  if (!(options.deviation >= 0)) {
    throw ValueError("[normal_] expected a deviation of at least 0, got " +
                     std::to_string(options.deviation));
  }
  fill_normal(tensor, options.mean, options.deviation, generator);
}

void xavier_uniform_(const Tensor& weight, Generator& generator, const XavierOptions& options) {
  xavier(Family::kUniform, weight, generator, options.gain, "xavier_uniform_");
}

void xavier_normal_(const Tensor& weight, Generator& generator, const XavierOptions& options) {
  xavier(Family::kNormal, weight, generator, options.gain, "xavier_normal_");
}

void kaiming_uniform_(const Tensor& weight, Generator& generator, const KaimingOptions& options) {
  kaiming(Family::kUniform, weight, generator, options, "kaiming_uniform_");
}

void kaiming_normal_(const Tensor& weight, Generator& generator, const KaimingOptions& options) {
  kaiming(Family::kNormal, weight, generator, options, "kaiming_normal_");
}

void lecun_uniform_(const Tensor& weight, Generator& generator) {
  kaiming(Family::kUniform, weight, generator, {.nonlinearity = Nonlinearity::kLinear},
          "lecun_uniform_");
}

void lecun_normal_(const Tensor& weight, Generator& generator) {
  kaiming(Family::kNormal, weight, generator, {.nonlinearity = Nonlinearity::kLinear},
          "lecun_normal_");
}

}  // namespace tenon::init

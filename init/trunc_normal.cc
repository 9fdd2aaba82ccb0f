#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "init/init.h"
#include "init/internal/check.h"

namespace tenon::init {
namespace {

/// The share of a standard normal distribution below x.
double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

/// The x with erf(x) = y, |y| < 1: a formula good to 2e-3 (Winitzki 2008), and two steps of
/// Halley's method, each of which triples the digits.
double inverse_erf(double y) {
  constexpr double kA = 0.147;
  const double log = std::log1p(-y * y);
  const double b = 2 / (std::numbers::pi * kA) + log / 2;
  double x = std::copysign(std::sqrt(std::max(std::sqrt(b * b - log / kA) - b, 0.0)), y);
  for (int i = 0; i < 2; ++i) {
    const double step = (std::erf(x) - y) * std::exp(x * x) / (2 * std::numbers::inv_sqrtpi);
    x -= step / (1 + x * step);
  }
  return x;
}

void check(const TruncNormalOptions& o) {
  if (!(o.deviation > 0) || !std::isfinite(o.deviation)) {
    throw ValueError("[trunc_normal_] expected a finite deviation above 0, got " +
                     std::to_string(o.deviation));
  }
  if (!(o.low < o.high) || !std::isfinite(o.mean)) {
    throw ValueError("[trunc_normal_] expected low < high and a finite mean, got low " +
                     std::to_string(o.low) + ", high " + std::to_string(o.high) + " and mean " +
                     std::to_string(o.mean));
  }
}

}  // namespace

void trunc_normal_(const Tensor& tensor, Generator& generator, const TruncNormalOptions& o) {
  internal::check_floating(tensor, "trunc_normal_");
  check(o);
  const double first = normal_cdf((o.low - o.mean) / o.deviation);
  const double last = normal_cdf((o.high - o.mean) / o.deviation);
  std::vector<double> values =
      uniform(tensor.shape(), 0, 1, generator, {.dtype = DType::kF64}).to_vector<double>();
  for (double& value : values) {
    // The middle of the interval that the 24 random bits stand for: never an end.
    const double share = first + (last - first) * (value + 0x1p-25);
    const double x = o.mean + o.deviation * std::numbers::sqrt2 * inverse_erf(2 * share - 1);
    value = std::clamp(x, o.low, o.high);
  }
  tensor.copy_(from_vector(values, tensor.shape()).to(tensor.device()));
}

}  // namespace tenon::init

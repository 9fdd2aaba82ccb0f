#include "data/image/mix.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "data/image/geometry.h"
#include "data/image/image_batch.h"
#include "tensor/error.h"
#include "tensor/ops.h"

namespace tenon::data {
namespace {

void check_alpha(double alpha, const char* op) {
  if (alpha > 0 && std::isfinite(alpha)) return;
  throw ValueError("[" + std::string(op) + "] expected alpha above 0, got " +
                   std::to_string(alpha));
}

double next_normal(Generator& generator) {
  const double radius = std::sqrt(-2 * std::log(1 - next_unit(generator)));
  return radius * std::cos(2 * std::numbers::pi * next_unit(generator));
}

// The logarithm of a number from Gamma(shape): for a small shape the number itself is 0 too often.
double next_log_gamma(Generator& generator, double shape) {
  if (shape < 1) {
    const double u = 1 - next_unit(generator);
    return next_log_gamma(generator, shape + 1) + std::log(u) / shape;
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = next_normal(generator), root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root, u = 1 - next_unit(generator);
    if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return std::log(d * v);
  }
}

// Classes [B] i64 as probabilities [B,K]; probabilities stay.
Tensor soft_targets(const Tensor& targets, std::int64_t classes, const char* op) {
  if (targets.ndim() == 2 && targets.dtype() == DType::kF32) return targets;
  if (targets.ndim() != 1 || targets.dtype() != DType::kI64) {
    throw ShapeError("[" + std::string(op) + "] expected targets [B] i64 or [B,K] f32, got " +
                     to_string(targets.shape()) + " " + std::string(name(targets.dtype())));
  }
  return one_hot(targets, classes);
}

Tensor mixed(const Tensor& a, const Tensor& b, double lambda) {
  return a * lambda + b * (1 - lambda);
}

}  // namespace

double next_beta(Generator& generator, double alpha) {
  const double a = next_log_gamma(generator, alpha), b = next_log_gamma(generator, alpha);
  return 1 / (1 + std::exp(b - a));
}

void Mixup::operator()(Batch& batch, const BatchKey& key) const {
  check_alpha(alpha, "mixup");
  if (batch.inputs.dtype() != DType::kF32) {
    throw DTypeError("[mixup] expected inputs f32, got " + std::string(name(batch.inputs.dtype())));
  }
  Generator generator = batch_generator(key);
  const double lambda = next_beta(generator, alpha);
  const Tensor partner = randperm(batch.size(), generator);
  const Tensor targets = soft_targets(batch.targets, classes, "mixup");
  batch.inputs = mixed(batch.inputs, index_select(batch.inputs, 0, partner), lambda);
  batch.targets = mixed(targets, index_select(targets, 0, partner), lambda);
}

void CutMix::operator()(Batch& batch, const BatchKey& key) const {
  check_alpha(alpha, "cutmix");
  const ImageDims dims = image_dims(batch.inputs, "cutmix");
  if (!dims.batched || dims.pixels() == 0) {
    throw ShapeError("[cutmix] expected inputs [B,C,H,W] with pixels, got " +
                     to_string(batch.inputs.shape()));
  }
  Generator generator = batch_generator(key);
  const double side = std::sqrt(1 - next_beta(generator, alpha));
  const Tensor partner = randperm(batch.size(), generator);
  // A box around a random pixel, cut off where it leaves the image.
  const auto span = [&](std::int64_t size, std::int64_t& begin) {
    const auto length = static_cast<std::int64_t>(side * static_cast<double>(size));
    const auto at =
        static_cast<std::int64_t>(generator.next_below(static_cast<std::uint64_t>(size)));
    begin = std::clamp<std::int64_t>(at - length / 2, 0, size);
    return std::clamp<std::int64_t>(at - length / 2 + length, begin, size) - begin;
  };
  Box box;
  box.height = span(dims.h, box.top);
  box.width = span(dims.w, box.left);
  const Tensor targets = soft_targets(batch.targets, classes, "cutmix");
  const Tensor others = index_select(batch.inputs, 0, partner);
  batch.inputs = batch.inputs.contiguous().clone();
  crop(batch.inputs, box).copy_(crop(others, box));
  const double lambda =
      1 - static_cast<double>(box.height * box.width) / static_cast<double>(dims.pixels());
  batch.targets = mixed(targets, index_select(targets, 0, partner), lambda);
}

}  // namespace tenon::data

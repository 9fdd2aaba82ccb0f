#include "data/image/rand_augment.h"

#include <cmath>
#include <numbers>
#include <string>

#include "data/image/color.h"
#include "data/image/compose.h"
#include "data/image/tones.h"
#include "data/image/warp.h"
#include "data/random_key.h"
#include "tensor/error.h"

namespace tenon::data {
namespace {

constexpr int kSteps = 31;

enum Operation {
  kIdentity,
  kShearX,
  kShearY,
  kTranslateX,
  kTranslateY,
  kRotate,
  kBrightness,
  kSaturation,
  kContrast,
  kSharpness,
  kPosterize,
  kSolarize,
  kAutocontrast,
  kEqualize,
  kOperations,
};

double degrees(double slope) { return std::atan(slope) * 180 / std::numbers::pi; }

// `strength` is 0 to 1, `sign` 1 or -1.
Tensor apply(Operation operation, const Tensor& image, double strength, double sign, double fill) {
  const WarpOptions nearest{.interpolation = Interpolation::kNearest, .fill = fill};
  // The paper's 150 pixels are those of its 331 x 331 images.
  const double shift = sign * strength * 150 / 331;
  const double factor = 1 + sign * strength * 0.9;
  switch (operation) {
    case kShearX:
      return affine(image, {.shear_x = degrees(sign * strength * 0.3)}, nearest);
    case kShearY:
      return affine(image, {.shear_y = degrees(sign * strength * 0.3)}, nearest);
    case kTranslateX:
      return affine(image, {.translate_x = std::trunc(shift * static_cast<double>(image.size(-1)))},
                    nearest);
    case kTranslateY:
      return affine(image, {.translate_y = std::trunc(shift * static_cast<double>(image.size(-2)))},
                    nearest);
    case kRotate:
      return rotate(image, sign * strength * 30, nearest);
    case kBrightness:
      return adjust_brightness(image, factor);
    case kSaturation:
      return adjust_saturation(image, factor);
    case kContrast:
      return adjust_contrast(image, factor);
    case kSharpness:
      return adjust_sharpness(image, factor);
    case kPosterize:
      return posterize(image, 8 - std::nearbyint(4 * strength));
    case kSolarize:
      return solarize(image, 255 * (1 - strength));
    case kAutocontrast:
      return autocontrast(image);
    case kEqualize:
      return equalize(image);
    case kIdentity:
    case kOperations:
      break;
  }
  return image;
}

}  // namespace

Tensor RandAugment::operator()(const Tensor& images, std::span<Generator> generators) const {
  check_generators(images, generators, "rand_augment");
  if (images.dtype() != DType::kU8) {
    throw DTypeError("[rand_augment] expected images u8, got " + std::string(name(images.dtype())));
  }
  if (operations < 0 || magnitude < 0 || magnitude >= kSteps) {
    throw ValueError("[rand_augment] expected operations from 0 and a magnitude in 0..30, got " +
                     std::to_string(operations) + " and " + std::to_string(magnitude));
  }
  check_grey_or_color(image_dims(images, "rand_augment"), "rand_augment");
  const bool single = images.ndim() == 3;
  const Tensor batch = single ? images.unsqueeze(0) : images;
  const Tensor result = empty(batch.shape(), {.dtype = batch.dtype()});
  const double strength = static_cast<double>(magnitude) / (kSteps - 1);
  for (std::size_t i = 0; i < generators.size(); ++i) {
    Tensor image = batch.select(0, static_cast<std::int64_t>(i));
    for (int k = 0; k < operations; ++k) {
      const auto operation = static_cast<Operation>(generators[i].next_below(kOperations));
      const double sign = next_unit(generators[i]) < 0.5 ? -1 : 1;
      image = apply(operation, image, strength, sign, fill);
    }
    result.select(0, static_cast<std::int64_t>(i)).copy_(image);
  }
  return single ? result.squeeze(0) : result;
}

}  // namespace tenon::data

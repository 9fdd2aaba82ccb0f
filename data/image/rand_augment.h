// RandAugment (Cubuk et al. 2019, "RandAugment: Practical automated data augmentation with a
// reduced search space", arXiv:1909.13719, §3): some operations, drawn anew for each image, of one
// strength.
//
//   Compose augment{RandAugment{.operations = 2, .magnitude = 9}, Normalize{stats}};
#ifndef TENON_DATA_IMAGE_RAND_AUGMENT_H_
#define TENON_DATA_IMAGE_RAND_AUGMENT_H_

#include <span>

#include "tensor/random.h"
#include "tensor/tensor.h"

namespace tenon::data {

/// A link (data/image/compose.h) for u8 images of 1 or 3 channels. The fourteen operations and
/// their strengths are those of torchvision's RandAugment of 31 steps: identity, shears,
/// translations, rotation, brightness, saturation, contrast, sharpness, posterize, solarize,
/// autocontrast, equalize; shears are about the image's middle. What is turned in from outside is
/// `fill`. Throws ShapeError, DTypeError; ValueError for operations below 0 and a magnitude outside
/// 0..30.
struct RandAugment {
  int operations = 2;
  int magnitude = 9;
  double fill = 0;
  Tensor operator()(const Tensor& images, std::span<Generator> generators) const;
};

}  // namespace tenon::data

#endif  // TENON_DATA_IMAGE_RAND_AUGMENT_H_

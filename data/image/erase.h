// Hiding parts of images, so that a network learns from the rest.
//
//   Compose augment{RandomHorizontalFlip{}, ToFloat{}, RandomErasing{.probability = 0.25}};
//
// Images are [N,C,H,W], or one [C,H,W], u8 or f32; the result has the same shape and dtype. All
// throw ShapeError, DTypeError, and ValueError for options out of range.
#ifndef TENON_DATA_IMAGE_ERASE_H_
#define TENON_DATA_IMAGE_ERASE_H_

#include <cstdint>
#include <span>

#include "data/image/geometry.h"
#include "tensor/random.h"
#include "tensor/tensor.h"

namespace tenon::data {

/// Image i with `value` in box i. What of a box lies outside the image is nowhere; a box of no
/// height hides nothing. Throws ValueError unless there is a box for each image.
Tensor erase(const Tensor& images, std::span<const Box> boxes, double value = 0);

/// A link (data/image/compose.h): with some probability, a box of a random share of the image's
/// area and a random ratio of height to width, wholly inside (Zhong et al. 2017, "Random erasing
/// data augmentation", algorithm 1). Ten tries are made for a box that fits.
struct RandomErasing {
  double probability = 0.5;
  double min_area = 0.02;
  double max_area = 0.33;
  double min_ratio = 0.3;
  double max_ratio = 3.3;
  double value = 0;
  Tensor operator()(const Tensor& images, std::span<Generator> generators) const;
};

/// A link: a square of `size` pixels around a random pixel, so that a part of it may lie outside
/// (DeVries & Taylor 2017, "Improved regularization of convolutional neural networks with cutout",
/// §3.2).
struct Cutout {
  std::int64_t size = 16;
  double value = 0;
  Tensor operator()(const Tensor& images, std::span<Generator> generators) const;
};

}  // namespace tenon::data

#endif  // TENON_DATA_IMAGE_ERASE_H_

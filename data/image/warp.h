// Turning, shearing, shifting and scaling images.
//
//   Tensor turned = rotate(images, 15);              // counter-clockwise, about the middle
//   Tensor moved = affine(images, {.translate_x = 2, .scale = 1.1});
//
// Images are [N,C,H,W], or one [C,H,W], of u8 or f32; the result has the same shape and dtype.
// Every pixel of the result looks back to where it comes from, between pixels bilinearly; what lies
// outside counts as `fill`. The values are torchvision's (transforms.functional.affine of a
// tensor).
#ifndef TENON_DATA_IMAGE_WARP_H_
#define TENON_DATA_IMAGE_WARP_H_

#include <cstdint>
#include <span>

#include "data/image/image_batch.h"
#include "data/image/resize.h"
#include "tensor/random.h"
#include "tensor/tensor.h"

namespace tenon::data {

/// Degrees, pixels and factors; applied in the order shear, scale, rotation about the image's
/// middle, translation.
struct Affine {
  double degrees = 0;  ///< clockwise as seen
  double translate_x = 0;
  double translate_y = 0;
  double scale = 1;
  double shear_x = 0;  ///< degrees
  double shear_y = 0;  ///< degrees
};

struct WarpOptions {
  Interpolation interpolation = Interpolation::kBilinear;
  double fill = 0;
};

/// One map for all images, or one for each. Throws ShapeError, DTypeError; ValueError for another
/// number of maps, and a scale that is not above 0.
Tensor affine(const Tensor& images, std::span<const Affine> maps, const WarpOptions& options = {});
Tensor affine(const Tensor& images, const Affine& map, const WarpOptions& options = {});

/// Counter-clockwise, as torchvision's and Pillow's; the image keeps its size.
Tensor rotate(const Tensor& images, const PerImage& degrees, const WarpOptions& options = {});

/// A link (data/image/compose.h): by a random angle from -degrees to degrees.
struct RandomRotation {
  double degrees = 15;
  WarpOptions options{};
  Tensor operator()(const Tensor& images, std::span<Generator> generators) const;
};

/// A link: each part of the map uniform in its range. Throws ValueError for a range that is empty.
struct RandomAffine {
  double degrees = 0;    ///< from -degrees to degrees
  double translate = 0;  ///< up to this share of width and height, either way
  double min_scale = 1;
  double max_scale = 1;
  double shear = 0;  ///< degrees along x, from -shear to shear
  WarpOptions options{};
  Tensor operator()(const Tensor& images, std::span<Generator> generators) const;
};

}  // namespace tenon::data

#endif  // TENON_DATA_IMAGE_WARP_H_

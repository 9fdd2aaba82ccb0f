// Cutting, padding and mirroring images.
//
//   Tensor padded = pad(images, {.left = 4, .top = 4, .right = 4, .bottom = 4});
//   Tensor faces = center_crop(images, 24, 24);      // [N,3,32,32] -> [N,3,24,24]
//   Tensor mirrored = flip_horizontal(images);
//
// Images are [N,C,H,W], or one [C,H,W], of u8 or f32; the result is of the same dtype, its rows in
// order. All throw ShapeError and DTypeError for anything else.
#ifndef TENON_DATA_IMAGE_GEOMETRY_H_
#define TENON_DATA_IMAGE_GEOMETRY_H_

#include <cstdint>

#include "data/image/image_batch.h"
#include "tensor/tensor.h"

namespace tenon::data {

/// A rectangle of pixels.
struct Box {
  std::int64_t top = 0;
  std::int64_t left = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
};

/// What lies around an image.
enum class Border : std::uint8_t {
  kConstant,  ///< a value
  kEdge,      ///< the nearest pixel
  kReflect,   ///< the image mirrored at its outermost pixels, which come once: c b | a b c | b a
};

struct Padding {
  std::int64_t left = 0;
  std::int64_t top = 0;
  std::int64_t right = 0;
  std::int64_t bottom = 0;
  Border border = Border::kConstant;
  double value = 0;  ///< for kConstant
};

/// A view of the pixels in `box`. Throws IndexError where it does not lie in the image.
Tensor crop(const Tensor& images, const Box& box);
/// The middle height x width pixels; an image that is smaller is padded with 0. Where the margins
/// cannot be equal, as torchvision: the upper and left one is round-half-to-even of half the rest.
Tensor center_crop(const Tensor& images, std::int64_t height, std::int64_t width);
/// Throws ValueError for a negative padding, and for kReflect with one as large as the image.
Tensor pad(const Tensor& images, const Padding& padding);
/// Boxes of one size, anywhere: top and left count from the image's corner and may be negative.
/// What lies outside the image is as `border` says. Throws ValueError for an empty box.
Tensor crop_each(const Tensor& images, std::int64_t height, std::int64_t width, const PerImage& top,
                 const PerImage& left, Border border = Border::kConstant, double value = 0);

/// Left and right change places, in the images where `which` is not 0.
Tensor flip_horizontal(const Tensor& images, const PerImage& which = 1);
/// Top and bottom change places, in the images where `which` is not 0.
Tensor flip_vertical(const Tensor& images, const PerImage& which = 1);

}  // namespace tenon::data

#endif  // TENON_DATA_IMAGE_GEOMETRY_H_

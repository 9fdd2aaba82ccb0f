// Brightness, contrast, saturation, hue, grey.
//
//   Tensor pale = adjust_saturation(images, 0.5);
//   Compose augment{ColorJitter{.brightness = 0.2, .contrast = 0.2, .saturation = 0.2}};
//
// Images are [N,C,H,W], or one [C,H,W], C = 1 or 3 (red, green, blue), u8 or f32 from 0 to 1; the
// result has the same shape and dtype. The values are torchvision's
// (transforms.functional.adjust_*), results cut to the range and, for u8, rounded down. All throw
// ShapeError, DTypeError; ValueError for a factor below 0 and for a wrong number of factors.
#ifndef TENON_DATA_IMAGE_COLOR_H_
#define TENON_DATA_IMAGE_COLOR_H_

#include <span>

#include "data/image/image_batch.h"
#include "tensor/random.h"
#include "tensor/tensor.h"

namespace tenon::data {

/// Luma, 0.2989 red + 0.587 green + 0.114 blue: [N,1,H,W], or three equal channels. An image of one
/// channel stays as it is, or is repeated.
Tensor to_grayscale(const Tensor& images, int channels = 1);

/// 0 gives black, 1 the image, 2 twice as bright.
Tensor adjust_brightness(const Tensor& images, const PerImage& factor);
/// 0 gives the image's mean grey, 1 the image.
Tensor adjust_contrast(const Tensor& images, const PerImage& factor);
/// 0 gives grey, 1 the image. An image of one channel stays as it is.
Tensor adjust_saturation(const Tensor& images, const PerImage& factor);
/// Turns the colour wheel by this share of a whole turn, -0.5 to 0.5. An image of one channel stays
/// as it is. Throws ValueError outside.
Tensor adjust_hue(const Tensor& images, const PerImage& turn);

/// A link (data/image/compose.h): the four, in random order, by factors uniform in [1 - x, 1 + x]
/// (from 0) and a turn in [-hue, hue]. What is 0 is left out.
struct ColorJitter {
  double brightness = 0;
  double contrast = 0;
  double saturation = 0;
  double hue = 0;
  Tensor operator()(const Tensor& images, std::span<Generator> generators) const;
};

/// A link: to grey, with as many channels as before.
struct RandomGrayscale {
  double probability = 0.1;
  Tensor operator()(const Tensor& images, std::span<Generator> generators) const;
};

}  // namespace tenon::data

#endif  // TENON_DATA_IMAGE_COLOR_H_

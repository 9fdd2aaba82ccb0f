// Changes of single tones and of sharpness: the operations of RandAugment that are neither geometry
// nor colour.
//
//   Tensor even = equalize(images);
//
// Images are [N,C,H,W], or one [C,H,W], u8 or f32 from 0 to 1 (u8 only where it says so); the
// result has the same shape and dtype. The values are torchvision's (transforms.functional). All
// throw ShapeError and DTypeError.
#ifndef TENON_DATA_IMAGE_TONES_H_
#define TENON_DATA_IMAGE_TONES_H_

#include "data/image/image_batch.h"
#include "tensor/tensor.h"

namespace tenon::data {

/// Keeps the `bits` highest bits of each byte. u8. Throws ValueError outside 0..8.
Tensor posterize(const Tensor& images, const PerImage& bits);
/// Inverts what is `threshold` (in the images' range) or brighter.
Tensor solarize(const Tensor& images, const PerImage& threshold);
/// Stretches each channel of each image to the whole range.
Tensor autocontrast(const Tensor& images);
/// Makes all tones of each channel of each image as frequent as they can be. u8.
Tensor equalize(const Tensor& images);
/// 0 gives a blurred image, 1 the image, 2 a sharper one. Images of fewer than 3 rows or columns
/// stay as they are. Throws ValueError below 0.
Tensor adjust_sharpness(const Tensor& images, const PerImage& factor);

}  // namespace tenon::data

#endif  // TENON_DATA_IMAGE_TONES_H_

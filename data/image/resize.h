// Images of another size.
//
//   Tensor small = resize(images, 32, 32);           // [N,3,512,512] -> [N,3,32,32]
//
// Bilinear interpolation with the filter widened when shrinking ("antialias"), so that every pixel
// counts: what Pillow does, to the bit for u8, and torchvision with antialias=True.
#ifndef TENON_DATA_IMAGE_RESIZE_H_
#define TENON_DATA_IMAGE_RESIZE_H_

#include <cstdint>
#include <span>

#include "data/image/geometry.h"
#include "tensor/tensor.h"

namespace tenon::data {

enum class Interpolation : std::uint8_t { kBilinear, kNearest };

struct ResizeOptions {
  Interpolation interpolation = Interpolation::kBilinear;
  bool antialias = true;  ///< without, bilinear looks at four pixels however much it shrinks
};

/// images [N,C,H,W] or [C,H,W], u8 or f32. kNearest takes the pixel whose centre lies nearest (that
/// of torchvision's NEAREST_EXACT and of Pillow). Throws ShapeError also for images without pixels,
/// ValueError for sizes below 1.
Tensor resize(const Tensor& images, std::int64_t height, std::int64_t width,
              const ResizeOptions& options = {});

/// Image i's box i, resized to height x width: crop, then resize. Throws ValueError unless there is
/// a box for each image, and IndexError for one that is empty or not in the image.
Tensor resize_boxes(const Tensor& images, std::span<const Box> boxes, std::int64_t height,
                    std::int64_t width, const ResizeOptions& options = {});

}  // namespace tenon::data

#endif  // TENON_DATA_IMAGE_RESIZE_H_

#include "data/image/image_batch.h"

#include <string>

#include "tensor/error.h"

namespace tenon::data {

void PerImage::check(std::int64_t images, const char* op) const {
  if (!each_ || static_cast<std::int64_t>(values_.size()) == images) return;
  throw ValueError("[" + std::string(op) + "] expected a value for each of " +
                   std::to_string(images) + " images, got " + std::to_string(values_.size()));
}

ImageDims image_dims(const Tensor& images, const char* op) {
  const bool batched = images.ndim() == 4;
  if (!images.defined() || (!batched && images.ndim() != 3)) {
    throw ShapeError("[" + std::string(op) +
                     "] expected images [N,C,H,W] or an image [C,H,W], got " +
                     (images.defined() ? to_string(images.shape()) : "an undefined tensor"));
  }
  if (images.dtype() != DType::kU8 && images.dtype() != DType::kF32) {
    throw DTypeError("[" + std::string(op) + "] expected images u8 or f32, got " +
                     std::string(name(images.dtype())));
  }
  return {.n = batched ? images.size(0) : 1,
          .c = images.size(-3),
          .h = images.size(-2),
          .w = images.size(-1),
          .batched = batched};
}

void check_grey_or_color(const ImageDims& dims, const char* op) {
  if (dims.c == 1 || dims.c == 3) return;
  throw ShapeError("[" + std::string(op) + "] expected 1 or 3 channels, got " +
                   to_string(dims.shape()));
}

}  // namespace tenon::data

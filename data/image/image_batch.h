// What the image functions share: images as planes, and a loop over them.
#ifndef TENON_DATA_IMAGE_IMAGE_BATCH_H_
#define TENON_DATA_IMAGE_IMAGE_BATCH_H_

#include <cstdint>
#include <vector>

#include "tensor/cpu/parallel.h"
#include "tensor/tensor.h"

namespace tenon::data {

/// A parameter that is the same for all images of a batch, or has a value for each. Implicit: a
/// number is one.
class PerImage {
 public:
  PerImage(double value) : values_{value} {}
  PerImage(std::vector<double> values) : values_(std::move(values)), each_(true) {}

  double operator[](std::int64_t image) const {
    return values_[each_ ? static_cast<std::size_t>(image) : 0];
  }
  /// Throws ValueError where there is a value for each, and not for each of `images`.
  void check(std::int64_t images, const char* op) const;

 private:
  std::vector<double> values_;
  bool each_ = false;
};

/// Sizes of images [N,C,H,W], or of one image [C,H,W] (n = 1).
struct ImageDims {
  std::int64_t n, c, h, w;
  bool batched;

  std::int64_t pixels() const { return h * w; }
  std::int64_t values() const { return c * h * w; }  ///< of one image
  Shape shape() const { return batched ? Shape{n, c, h, w} : Shape{c, h, w}; }
};

/// Throws ShapeError for another rank, DTypeError for dtypes other than u8 and f32.
ImageDims image_dims(const Tensor& images, const char* op);
/// Throws ShapeError unless C is 1 or 3.
void check_grey_or_color(const ImageDims& dims, const char* op);

/// New images of height x width, of the same number, channels and dtype, rows in order. `make` is
/// called as make(i, in, out) with pointers to image i's planes, u8 or float alike, from several
/// threads at once; it must not throw.
template <class Make>
Tensor map_images(const Tensor& images, const ImageDims& dims, std::int64_t height,
                  std::int64_t width, const Make& make) {
  const Tensor source = images.contiguous();
  ImageDims result = dims;
  result.h = height;
  result.w = width;
  const Tensor made = empty(result.shape(), {.dtype = images.dtype()});
  const auto loop = [&](const auto* in, auto* out) {
    cpu::parallel_items(dims.n, result.values(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        make(i, in + i * dims.values(), out + i * result.values());
      }
    });
  };
  if (images.dtype() == DType::kU8) {
    loop(source.data<std::uint8_t>(), made.data<std::uint8_t>());
  } else {
    loop(source.data<float>(), made.data<float>());
  }
  return made;
}

/// A result in [low, high] as a pixel: rounded for u8, as it is for float.
inline void store(float value, float* out) { *out = value; }
inline void store(float value, std::uint8_t* out) {
  const float bounded = value < 0 ? 0 : value > 255 ? 255 : value;
  *out = static_cast<std::uint8_t>(bounded + 0.5f);
}

}  // namespace tenon::data

#endif  // TENON_DATA_IMAGE_IMAGE_BATCH_H_

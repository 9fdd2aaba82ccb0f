#include "data/image/resize.h"

#include <string>
#include <type_traits>
#include <vector>

#include "data/image/resample.h"
#include "tensor/error.h"

namespace tenon::data {
namespace {

ImageDims check(const Tensor& images, std::int64_t height, std::int64_t width, const char* op) {
  const ImageDims dims = image_dims(images, op);
  if (dims.h < 1 || dims.w < 1) {
    throw ShapeError("[" + std::string(op) + "] expected images with pixels, got " +
                     to_string(images.shape()));
  }
  if (height < 1 || width < 1) {
    throw ValueError("[" + std::string(op) + "] expected a height and width of at least 1, got " +
                     std::to_string(height) + "x" + std::to_string(width));
  }
  return dims;
}

// The box of each plane of an image.
template <class T>
void resize_planes(const T* in, const ImageDims& dims, const Box& box, const Taps& y, const Taps& x,
                   T* out, std::vector<T>& scratch) {
  const auto height = static_cast<std::int64_t>(y.first.size());
  const auto width = static_cast<std::int64_t>(x.first.size());
  in += box.top * dims.w + box.left;
  for (std::int64_t c = 0; c < dims.c; ++c, in += dims.pixels(), out += height * width) {
    resample<T>({in, dims.w}, box.height, y, x, 1, {out, width}, scratch);
  }
}

}  // namespace

Tensor resize(const Tensor& images, std::int64_t height, std::int64_t width,
              const ResizeOptions& options) {
  const ImageDims dims = check(images, height, width, "resize");
  const Taps y = make_taps(dims.h, height, options), x = make_taps(dims.w, width, options);
  const Box whole{.height = dims.h, .width = dims.w};
  return map_images(images, dims, height, width, [&](std::int64_t, const auto* in, auto* out) {
    std::vector<std::remove_reference_t<decltype(*out)>> scratch;
    resize_planes(in, dims, whole, y, x, out, scratch);
  });
}

Tensor resize_boxes(const Tensor& images, std::span<const Box> boxes, std::int64_t height,
                    std::int64_t width, const ResizeOptions& options) {
  const ImageDims dims = check(images, height, width, "resize_boxes");
  if (static_cast<std::int64_t>(boxes.size()) != dims.n) {
    throw ValueError("[resize_boxes] expected a box for each of " + std::to_string(dims.n) +
                     " images, got " + std::to_string(boxes.size()));
  }
  for (const Box& box : boxes) {
    const bool inside = box.top >= 0 && box.left >= 0 && box.height > 0 && box.width > 0 &&
                        box.height <= dims.h - box.top && box.width <= dims.w - box.left;
    if (inside) continue;
    throw IndexError("[resize_boxes] expected boxes in the images " + to_string(images.shape()) +
                     ", got " + std::to_string(box.height) + "x" + std::to_string(box.width) +
                     " at (" + std::to_string(box.top) + "," + std::to_string(box.left) + ")");
  }
  return map_images(images, dims, height, width, [&](std::int64_t i, const auto* in, auto* out) {
    const Box& box = boxes[static_cast<std::size_t>(i)];
    std::vector<std::remove_reference_t<decltype(*out)>> scratch;
    resize_planes(in, dims, box, make_taps(box.height, height, options),
                  make_taps(box.width, width, options), out, scratch);
  });
}

}  // namespace tenon::data

#include "data/image/random_geometry.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "data/image/compose.h"
#include "data/random_key.h"
#include "tensor/error.h"

namespace tenon::data {
namespace {

constexpr int kTries = 10;

std::vector<double> draw_flips(const Tensor& images, std::span<Generator> generators,
                               double probability, const char* op) {
  check_generators(images, generators, op);
  if (!(probability >= 0 && probability <= 1)) {
    throw ValueError("[" + std::string(op) + "] expected a probability in [0, 1], got " +
                     std::to_string(probability));
  }
  std::vector<double> flips;
  for (Generator& generator : generators) flips.push_back(next_unit(generator) < probability);
  return flips;
}

// Uniform in 0 … last.
double next_integer(Generator& generator, std::int64_t last) {
  return static_cast<double>(generator.next_below(static_cast<std::uint64_t>(last) + 1));
}

void check_range(double low, double high, const char* what) {
  if (low > 0 && low <= high) return;
  throw ValueError("[random_resized_crop] expected 0 < min <= max for the " + std::string(what) +
                   ", got " + std::to_string(low) + " and " + std::to_string(high));
}

Box centered(std::int64_t h, std::int64_t w, std::int64_t height, std::int64_t width) {
  return {.top = (h - height) / 2, .left = (w - width) / 2, .height = height, .width = width};
}

// The largest box in the middle whose ratio is in the range.
Box fallback(const RandomResizedCrop& options, std::int64_t h, std::int64_t w) {
  const double ratio = static_cast<double>(w) / static_cast<double>(h);
  const auto rounded = [](double size) { return std::max<std::int64_t>(1, std::llround(size)); };
  if (ratio < options.min_ratio) {
    return centered(h, w, std::min(h, rounded(static_cast<double>(w) / options.min_ratio)), w);
  }
  if (ratio > options.max_ratio) {
    return centered(h, w, h, std::min(w, rounded(static_cast<double>(h) * options.max_ratio)));
  }
  return {.height = h, .width = w};
}

Box draw_box(const RandomResizedCrop& options, std::int64_t h, std::int64_t w,
             Generator& generator) {
  const double log_min = std::log(options.min_ratio), log_max = std::log(options.max_ratio);
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const double area =
        static_cast<double>(h * w) * next_uniform(generator, options.min_area, options.max_area);
    const double ratio = std::exp(next_uniform(generator, log_min, log_max));
    const std::int64_t width = std::llround(std::sqrt(area * ratio));
    const std::int64_t height = std::llround(std::sqrt(area / ratio));
    if (width < 1 || width > w || height < 1 || height > h) continue;
    return {.top = static_cast<std::int64_t>(next_integer(generator, h - height)),
            .left = static_cast<std::int64_t>(next_integer(generator, w - width)),
            .height = height,
            .width = width};
  }
  return fallback(options, h, w);
}

}  // namespace

Tensor RandomCrop::operator()(const Tensor& images, std::span<Generator> generators) const {
  check_generators(images, generators, "random_crop");
  const ImageDims dims = image_dims(images, "random_crop");
  const std::int64_t rest_y = dims.h + 2 * padding - height, rest_x = dims.w + 2 * padding - width;
  if (padding < 0 || rest_y < 0 || rest_x < 0) {
    throw ValueError("[random_crop] expected padding from 0 and a box no larger than the padded " +
                     std::string("image, got padding ") + std::to_string(padding) + " and box " +
                     std::to_string(height) + "x" + std::to_string(width) + " (images " +
                     to_string(images.shape()) + ")");
  }
  std::vector<double> top, left;
  for (Generator& generator : generators) {
    top.push_back(next_integer(generator, rest_y) - static_cast<double>(padding));
    left.push_back(next_integer(generator, rest_x) - static_cast<double>(padding));
  }
  return crop_each(images, height, width, std::move(top), std::move(left), border, value);
}

Tensor RandomResizedCrop::operator()(const Tensor& images, std::span<Generator> generators) const {
  check_generators(images, generators, "random_resized_crop");
  check_range(min_area, max_area, "share of the area");
  check_range(min_ratio, max_ratio, "ratio");
  const ImageDims dims = image_dims(images, "random_resized_crop");
  std::vector<Box> boxes;
  for (Generator& generator : generators) {
    boxes.push_back(draw_box(*this, dims.h, dims.w, generator));
  }
  return resize_boxes(images, boxes, height, width, resize);
}

Tensor RandomHorizontalFlip::operator()(const Tensor& images,
                                        std::span<Generator> generators) const {
  return flip_horizontal(images,
                         draw_flips(images, generators, probability, "random_horizontal_flip"));
}

Tensor RandomVerticalFlip::operator()(const Tensor& images, std::span<Generator> generators) const {
  return flip_vertical(images, draw_flips(images, generators, probability, "random_vertical_flip"));
}

Tensor CenterCrop::operator()(const Tensor& images, std::span<Generator> /*generators*/) const {
  return center_crop(images, height, width);
}

Tensor Pad::operator()(const Tensor& images, std::span<Generator> /*generators*/) const {
  return pad(images, padding);
}

Tensor Resize::operator()(const Tensor& images, std::span<Generator> /*generators*/) const {
  return data::resize(images, height, width, options);
}

}  // namespace tenon::data

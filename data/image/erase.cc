#include "data/image/erase.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include "data/image/compose.h"
#include "data/random_key.h"
#include "tensor/error.h"

namespace tenon::data {
namespace {

constexpr int kTries = 10;

Box draw_box(const RandomErasing& options, const ImageDims& dims, Generator& generator) {
  if (next_unit(generator) >= options.probability) return {};
  const double log_min = std::log(options.min_ratio), log_max = std::log(options.max_ratio);
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const double area = static_cast<double>(dims.pixels()) *
                        next_uniform(generator, options.min_area, options.max_area);
    const double ratio = std::exp(next_uniform(generator, log_min, log_max));
    const std::int64_t height = std::llround(std::sqrt(area * ratio));
    const std::int64_t width = std::llround(std::sqrt(area / ratio));
    if (height >= dims.h || width >= dims.w) continue;
    const auto below = [&](std::int64_t count) {
      return static_cast<std::int64_t>(generator.next_below(static_cast<std::uint64_t>(count)));
    };
    const std::int64_t top = below(dims.h - height + 1);
    return {.top = top, .left = below(dims.w - width + 1), .height = height, .width = width};
  }
  return {};
}

void check_options(const RandomErasing& options) {
  const bool good = options.probability >= 0 && options.probability <= 1 && options.min_area > 0 &&
                    options.min_area <= options.max_area && options.min_ratio > 0 &&
                    options.min_ratio <= options.max_ratio;
  if (good) return;
  throw ValueError(
      "[random_erasing] expected a probability in [0, 1] and 0 < min <= max for area and ratio");
}

}  // namespace

Tensor erase(const Tensor& images, std::span<const Box> boxes, double value) {
  const ImageDims dims = image_dims(images, "erase");
  if (static_cast<std::int64_t>(boxes.size()) != dims.n) {
    throw ValueError("[erase] expected a box for each of " + std::to_string(dims.n) +
                     " images, got " + std::to_string(boxes.size()));
  }
  return map_images(images, dims, dims.h, dims.w, [&](std::int64_t i, const auto* in, auto* out) {
    using T = std::remove_reference_t<decltype(*out)>;
    std::copy_n(in, dims.values(), out);
    const Box& box = boxes[static_cast<std::size_t>(i)];
    const std::int64_t top = std::clamp<std::int64_t>(box.top, 0, dims.h);
    const std::int64_t bottom = std::clamp<std::int64_t>(box.top + box.height, top, dims.h);
    const std::int64_t left = std::clamp<std::int64_t>(box.left, 0, dims.w);
    const std::int64_t right = std::clamp<std::int64_t>(box.left + box.width, left, dims.w);
    for (std::int64_t c = 0; c < dims.c; ++c, out += dims.pixels()) {
      for (std::int64_t y = top; y < bottom; ++y) {
        std::fill(out + y * dims.w + left, out + y * dims.w + right, static_cast<T>(value));
      }
    }
  });
}

Tensor RandomErasing::operator()(const Tensor& images, std::span<Generator> generators) const {
  check_generators(images, generators, "random_erasing");
  check_options(*this);
  const ImageDims dims = image_dims(images, "random_erasing");
  std::vector<Box> boxes;
  for (Generator& generator : generators) boxes.push_back(draw_box(*this, dims, generator));
  return erase(images, boxes, value);
}

Tensor Cutout::operator()(const Tensor& images, std::span<Generator> generators) const {
  check_generators(images, generators, "cutout");
  const ImageDims dims = image_dims(images, "cutout");
  if (size < 0 || dims.pixels() == 0) {
    throw ValueError("[cutout] expected a size from 0 and images with pixels, got " +
                     std::to_string(size) + " and " + to_string(images.shape()));
  }
  std::vector<Box> boxes;
  for (Generator& g : generators) {
    const auto y = static_cast<std::int64_t>(g.next_below(static_cast<std::uint64_t>(dims.h)));
    const auto x = static_cast<std::int64_t>(g.next_below(static_cast<std::uint64_t>(dims.w)));
    boxes.push_back({.top = y - size / 2, .left = x - size / 2, .height = size, .width = size});
  }
  return erase(images, boxes, value);
}

}  // namespace tenon::data

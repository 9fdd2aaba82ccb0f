#include "data/image/color.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include "data/image/blend.h"
#include "data/image/compose.h"
#include "data/random_key.h"
#include "tensor/error.h"

namespace tenon::data {
namespace {

ImageDims check(const Tensor& images, const PerImage& factor, double least, double most,
                const char* op) {
  const ImageDims dims = image_dims(images, op);
  check_grey_or_color(dims, op);
  factor.check(dims.n, op);
  for (std::int64_t i = 0; i < dims.n; ++i) {
    if (factor[i] >= least && factor[i] <= most) continue;
    throw ValueError("[" + std::string(op) + "] expected a factor from " + std::to_string(least) +
                     (most < 1 ? " to " + std::to_string(most) : "") + ", got " +
                     std::to_string(factor[i]));
  }
  return dims;
}

// The grey of pixel i; an image of one channel is its own.
template <class T>
T luma(const T* image, const ImageDims& dims, std::int64_t i) {
  if (dims.c == 1) return image[i];
  const std::int64_t p = dims.pixels();
  return cut<T>(0.2989f * static_cast<float>(image[i]) + 0.587f * static_cast<float>(image[i + p]) +
                0.114f * static_cast<float>(image[i + 2 * p]));
}

struct Hsv {
  float h, s, v;
};

Hsv to_hsv(float r, float g, float b) {
  const float high = std::max({r, g, b}), low = std::min({r, g, b}), range = high - low;
  if (range == 0) return {0, 0, high};
  const float rc = (high - r) / range, gc = (high - g) / range, bc = (high - b) / range;
  const float sixth = high == r ? bc - gc : high == g ? 2 + rc - bc : 4 + gc - rc;
  return {std::fmod(sixth / 6 + 1, 1.0f), range / high, high};
}

void to_rgb(const Hsv& color, float (&rgb)[3]) {
  const float sixth = std::floor(color.h * 6), f = color.h * 6 - sixth;
  const auto unit = [](float x) { return std::clamp(x, 0.0f, 1.0f); };
  const float v = color.v, p = unit(v * (1 - color.s)), q = unit(v * (1 - color.s * f));
  const float t = unit(v * (1 - color.s * (1 - f)));
  const float wheel[6][3] = {{v, t, p}, {q, v, p}, {p, v, t}, {p, q, v}, {t, p, v}, {v, p, q}};
  std::copy_n(wheel[static_cast<int>(sixth) % 6], 3, rgb);
}

// Bytes go to 0..1 and back by way of equal shares of that range.
float from_unit(float x, const float*) { return x; }
float from_unit(float x, const std::uint8_t*) { return x * (256 - 1e-3f); }

template <class T>
void turn_hue(const T* in, std::int64_t pixels, float turn, T* out) {
  constexpr float kUnit = 1 / highest<T>();
  for (std::int64_t i = 0; i < pixels; ++i) {
    Hsv color =
        to_hsv(static_cast<float>(in[i]) * kUnit, static_cast<float>(in[i + pixels]) * kUnit,
               static_cast<float>(in[i + 2 * pixels]) * kUnit);
    color.h += turn;
    color.h -= std::floor(color.h);
    float rgb[3];
    to_rgb(color, rgb);
    for (int c = 0; c < 3; ++c) out[i + c * pixels] = static_cast<T>(from_unit(rgb[c], out));
  }
}

}  // namespace

Tensor to_grayscale(const Tensor& images, int channels) {
  const ImageDims dims = image_dims(images, "to_grayscale");
  check_grey_or_color(dims, "to_grayscale");
  if (channels != 1 && channels != 3) {
    throw ValueError("[to_grayscale] expected 1 or 3 channels of the result, got " +
                     std::to_string(channels));
  }
  ImageDims plane = dims;
  plane.c = channels;
  const Tensor source = images.contiguous();
  const Tensor result = empty(plane.shape(), {.dtype = images.dtype()});
  const auto loop = [&](const auto* in, auto* out) {
    cpu::parallel_items(dims.n, dims.values(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const auto* image = in + i * dims.values();
        auto* grey = out + i * plane.values();
        for (std::int64_t k = 0; k < dims.pixels(); ++k) grey[k] = luma(image, dims, k);
        for (int c = 1; c < channels; ++c) {
          std::copy_n(grey, dims.pixels(), grey + c * dims.pixels());
        }
      }
    });
  };
  if (images.dtype() == DType::kU8) {
    loop(source.data<std::uint8_t>(), result.data<std::uint8_t>());
  } else {
    loop(source.data<float>(), result.data<float>());
  }
  return result;
}

Tensor adjust_brightness(const Tensor& images, const PerImage& factor) {
  const ImageDims dims = check(images, factor, 0, INFINITY, "adjust_brightness");
  return map_images(images, dims, dims.h, dims.w, [&](std::int64_t i, const auto* in, auto* out) {
    const auto ratio = static_cast<float>(factor[i]);
    for (std::int64_t k = 0; k < dims.values(); ++k) out[k] = blend(in[k], 0.0f, ratio);
  });
}

Tensor adjust_contrast(const Tensor& images, const PerImage& factor) {
  const ImageDims dims = check(images, factor, 0, INFINITY, "adjust_contrast");
  return map_images(images, dims, dims.h, dims.w, [&](std::int64_t i, const auto* in, auto* out) {
    double sum = 0;
    for (std::int64_t k = 0; k < dims.pixels(); ++k) sum += static_cast<double>(luma(in, dims, k));
    const auto mean = static_cast<float>(sum / static_cast<double>(dims.pixels()));
    const auto ratio = static_cast<float>(factor[i]);
    for (std::int64_t k = 0; k < dims.values(); ++k) out[k] = blend(in[k], mean, ratio);
  });
}

Tensor adjust_saturation(const Tensor& images, const PerImage& factor) {
  const ImageDims dims = check(images, factor, 0, INFINITY, "adjust_saturation");
  if (dims.c == 1) return images;
  return map_images(images, dims, dims.h, dims.w, [&](std::int64_t i, const auto* in, auto* out) {
    const auto ratio = static_cast<float>(factor[i]);
    for (std::int64_t k = 0; k < dims.pixels(); ++k) {
      const auto grey = static_cast<float>(luma(in, dims, k));
      for (std::int64_t at = k; at < dims.values(); at += dims.pixels()) {
        out[at] = blend(in[at], grey, ratio);
      }
    }
  });
}

Tensor adjust_hue(const Tensor& images, const PerImage& turn) {
  const ImageDims dims = check(images, turn, -0.5, 0.5, "adjust_hue");
  if (dims.c == 1) return images;
  return map_images(images, dims, dims.h, dims.w, [&](std::int64_t i, const auto* in, auto* out) {
    turn_hue(in, dims.pixels(), static_cast<float>(turn[i]), out);
  });
}

// Each image has an order of its own, so each is changed by itself.
Tensor ColorJitter::operator()(const Tensor& images, std::span<Generator> generators) const {
  check_generators(images, generators, "color_jitter");
  const bool single = images.ndim() == 3;
  const Tensor batch = single ? images.unsqueeze(0) : images;
  const Tensor result = empty(batch.shape(), {.dtype = batch.dtype()});
  using Adjust = Tensor (*)(const Tensor&, const PerImage&);
  constexpr Adjust kAdjust[] = {adjust_brightness, adjust_contrast, adjust_saturation, adjust_hue};
  const double reach[] = {brightness, contrast, saturation, hue};
  for (std::size_t i = 0; i < generators.size(); ++i) {
    Generator& generator = generators[i];
    int order[] = {0, 1, 2, 3};
    for (int k = 3; k > 0; --k) {
      std::swap(order[k], order[generator.next_below(static_cast<std::uint64_t>(k) + 1)]);
    }
    Tensor image = batch.select(0, static_cast<std::int64_t>(i));
    for (const int k : order) {
      const double middle = k == 3 ? 0 : 1;
      const double least = k == 3 ? -reach[k] : std::max(0.0, 1 - reach[k]);
      const double factor = next_uniform(generator, least, middle + reach[k]);
      if (reach[k] > 0) image = kAdjust[k](image, factor);
    }
    result.select(0, static_cast<std::int64_t>(i)).copy_(image);
  }
  return single ? result.squeeze(0) : result;
}

Tensor RandomGrayscale::operator()(const Tensor& images, std::span<Generator> generators) const {
  const auto channels = static_cast<int>(image_dims(images, "random_grayscale").c);
  const RandomApply apply{[channels](const Tensor& image, std::span<Generator>) {
                            return to_grayscale(image, channels);
                          },
                          probability};
  return apply(images, generators);
}

}  // namespace tenon::data

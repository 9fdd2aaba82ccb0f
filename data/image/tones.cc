#include "data/image/tones.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <type_traits>

#include "data/image/blend.h"
#include "tensor/error.h"

namespace tenon::data {
namespace {

void check_bytes(const Tensor& images, const char* op) {
  if (images.dtype() == DType::kU8) return;
  throw DTypeError("[" + std::string(op) + "] expected images u8, got " +
                   std::string(name(images.dtype())));
}

template <class T>
void stretch(const T* in, std::int64_t pixels, T* out) {
  const auto [low, high] = std::minmax_element(in, in + pixels);
  if (pixels == 0 || *low == *high) {
    std::copy_n(in, pixels, out);
    return;
  }
  const auto least = static_cast<float>(*low);
  const float scale = highest<T>() / (static_cast<float>(*high) - least);
  for (std::int64_t i = 0; i < pixels; ++i) {
    const float value = (static_cast<float>(in[i]) - least) * scale;
    out[i] = cut<T>(std::min(std::max(value, 0.0f), highest<T>()));
  }
}

void equalize_plane(const std::uint8_t* in, std::int64_t pixels, std::uint8_t* out) {
  std::array<std::int64_t, 256> counts{};
  for (std::int64_t i = 0; i < pixels; ++i) ++counts[in[i]];
  const auto brightest = std::find_if(counts.rbegin(), counts.rend(), [](auto n) { return n > 0; });
  const std::int64_t step = pixels == 0 ? 0 : (pixels - *brightest) / 255;
  if (step == 0) {
    std::copy_n(in, pixels, out);
    return;
  }
  std::array<std::uint8_t, 256> table{};
  std::int64_t below = 0;
  for (std::size_t tone = 0; tone < table.size(); ++tone) {
    // The first tone stays 0: torchvision shifts the table by one.
    const std::int64_t even = tone == 0 ? 0 : (below + step / 2) / step;
    table[tone] = static_cast<std::uint8_t>(std::min<std::int64_t>(even, 255));
    below += counts[tone];
  }
  for (std::int64_t i = 0; i < pixels; ++i) out[i] = table[in[i]];
}

// The middle counts 5, its eight neighbours 1 each.
template <class T>
float blurred(const T* at, std::int64_t width) {
  float sum = 4 * static_cast<float>(*at);
  for (std::int64_t dy = -1; dy <= 1; ++dy) {
    for (std::int64_t dx = -1; dx <= 1; ++dx) sum += static_cast<float>(at[dy * width + dx]);
  }
  sum /= 13;
  return std::is_same_v<T, std::uint8_t> ? std::nearbyint(sum) : sum;
}

template <class T>
void sharpen_plane(const T* in, const ImageDims& dims, float factor, T* out) {
  std::copy_n(in, dims.pixels(), out);
  for (std::int64_t y = 1; y + 1 < dims.h; ++y) {
    for (std::int64_t x = 1; x + 1 < dims.w; ++x) {
      const std::int64_t at = y * dims.w + x;
      out[at] = blend(in[at], blurred(in + at, dims.w), factor);
    }
  }
}

}  // namespace

Tensor posterize(const Tensor& images, const PerImage& bits) {
  const ImageDims dims = image_dims(images, "posterize");
  check_bytes(images, "posterize");
  bits.check(dims.n, "posterize");
  for (std::int64_t i = 0; i < dims.n; ++i) {
    if (bits[i] >= 0 && bits[i] <= 8) continue;
    throw ValueError("[posterize] expected 0 to 8 bits, got " + std::to_string(bits[i]));
  }
  return map_images(images, dims, dims.h, dims.w, [&](std::int64_t i, const auto* in, auto* out) {
    using T = std::remove_reference_t<decltype(*out)>;
    const int mask = 0xff << (8 - static_cast<int>(bits[i]));
    for (std::int64_t k = 0; k < dims.values(); ++k) {
      out[k] = static_cast<T>(static_cast<int>(in[k]) & mask);
    }
  });
}

Tensor solarize(const Tensor& images, const PerImage& threshold) {
  const ImageDims dims = image_dims(images, "solarize");
  threshold.check(dims.n, "solarize");
  return map_images(images, dims, dims.h, dims.w, [&](std::int64_t i, const auto* in, auto* out) {
    using T = std::remove_reference_t<decltype(*out)>;
    const auto limit = static_cast<float>(threshold[i]);
    constexpr auto kHighest = static_cast<T>(highest<T>());
    for (std::int64_t k = 0; k < dims.values(); ++k) {
      out[k] = static_cast<float>(in[k]) >= limit ? static_cast<T>(kHighest - in[k]) : in[k];
    }
  });
}

Tensor autocontrast(const Tensor& images) {
  const ImageDims dims = image_dims(images, "autocontrast");
  return map_images(images, dims, dims.h, dims.w, [&](std::int64_t, const auto* in, auto* out) {
    for (std::int64_t c = 0; c < dims.c; ++c) {
      stretch(in + c * dims.pixels(), dims.pixels(), out + c * dims.pixels());
    }
  });
}

Tensor equalize(const Tensor& images) {
  const ImageDims dims = image_dims(images, "equalize");
  check_bytes(images, "equalize");
  return map_images(images, dims, dims.h, dims.w, [&](std::int64_t, const auto* in, auto* out) {
    if constexpr (std::is_same_v<decltype(out), std::uint8_t*>) {
      for (std::int64_t c = 0; c < dims.c; ++c) {
        equalize_plane(in + c * dims.pixels(), dims.pixels(), out + c * dims.pixels());
      }
    }
  });
}

Tensor adjust_sharpness(const Tensor& images, const PerImage& factor) {
  const ImageDims dims = image_dims(images, "adjust_sharpness");
  factor.check(dims.n, "adjust_sharpness");
  for (std::int64_t i = 0; i < dims.n; ++i) {
    if (factor[i] >= 0) continue;
    throw ValueError("[adjust_sharpness] expected a factor from 0, got " +
                     std::to_string(factor[i]));
  }
  return map_images(images, dims, dims.h, dims.w, [&](std::int64_t i, const auto* in, auto* out) {
    for (std::int64_t c = 0; c < dims.c; ++c) {
      sharpen_plane(in + c * dims.pixels(), dims, static_cast<float>(factor[i]),
                    out + c * dims.pixels());
    }
  });
}

}  // namespace tenon::data

#include "data/image/resample.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace tenon::data {
namespace {

// Pillow's: 32 bits, less 8 of the pixel and 2 for sums that overshoot.
constexpr int kFixedBits = 22;

std::uint8_t from_fixed(std::int32_t sum) {
  const std::int32_t rounded = (sum + (1 << (kFixedBits - 1))) >> kFixedBits;
  return static_cast<std::uint8_t>(std::clamp(rounded, 0, 255));
}

// What accumulates a pixel type's products, and how it becomes a pixel again.
template <class T>
struct Arithmetic;
template <>
struct Arithmetic<std::uint8_t> {
  using Sum = std::int32_t;
  static const Sum* weights(const Taps& taps) { return taps.fixed.data(); }
  static std::uint8_t pixel(Sum sum) { return from_fixed(sum); }
};
template <>
struct Arithmetic<float> {
  using Sum = float;
  static const Sum* weights(const Taps& taps) { return taps.weights.data(); }
  static float pixel(Sum sum) { return sum; }
};

// One line of pixels along x. With a constant number of channels the inner loop is unrolled.
template <class T, int kChannels>
void resample_line(const T* in, const Taps& taps, std::int64_t channels, T* out) {
  using Sum = typename Arithmetic<T>::Sum;
  const Sum* weights = Arithmetic<T>::weights(taps);
  const std::int64_t c = kChannels > 0 ? kChannels : channels;
  const auto size = static_cast<std::int64_t>(taps.first.size());
  for (std::int64_t x = 0; x < size; ++x, weights += taps.stride) {
    const auto at = static_cast<std::size_t>(x);
    const T* source = in + taps.first[at] * c;
    const std::int64_t count = taps.count[at];
    for (std::int64_t k = 0; k < c; ++k) {
      Sum sum = 0;
      for (std::int64_t t = 0; t < count; ++t)
        sum += static_cast<Sum>(source[t * c + k]) * weights[t];
      *out++ = Arithmetic<T>::pixel(sum);
    }
  }
}

template <class T>
void resample_lines(const T* in, std::int64_t in_stride, std::int64_t lines, const Taps& taps,
                    std::int64_t channels, T* out, std::int64_t out_stride) {
  for (std::int64_t y = 0; y < lines; ++y, in += in_stride, out += out_stride) {
    switch (channels) {
      case 1:
        resample_line<T, 1>(in, taps, 1, out);
        break;
      case 3:
        resample_line<T, 3>(in, taps, 3, out);
        break;
      default:
        resample_line<T, 0>(in, taps, channels, out);
    }
  }
}

// Whole lines are summed, which the compiler vectorizes, whatever a pixel is.
template <class T>
void resample_columns(const T* in, std::int64_t in_stride, std::int64_t width, const Taps& taps,
                      T* out, std::int64_t out_stride) {
  using Sum = typename Arithmetic<T>::Sum;
  constexpr std::int64_t kBlock = 256;
  Sum sums[kBlock];
  const Sum* weights = Arithmetic<T>::weights(taps);
  for (std::size_t y = 0; y < taps.first.size(); ++y, weights += taps.stride, out += out_stride) {
    const T* rows = in + taps.first[y] * in_stride;
    for (std::int64_t begin = 0; begin < width; begin += kBlock) {
      const std::int64_t size = std::min(kBlock, width - begin);
      std::fill_n(sums, size, Sum{0});
      for (std::int64_t t = 0; t < taps.count[y]; ++t) {
        const T* row = rows + t * in_stride + begin;
        for (std::int64_t i = 0; i < size; ++i) sums[i] += static_cast<Sum>(row[i]) * weights[t];
      }
      for (std::int64_t i = 0; i < size; ++i) out[begin + i] = Arithmetic<T>::pixel(sums[i]);
    }
  }
}

Taps nearest_taps(std::int64_t in, std::int64_t out) {
  Taps taps;
  taps.stride = 1;
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  for (std::int64_t i = 0; i < out; ++i) {
    const auto at = static_cast<std::int64_t>((static_cast<double>(i) + 0.5) * scale);
    taps.first.push_back(std::min(at, in - 1));
  }
  taps.count.assign(taps.first.size(), 1);
  taps.weights.assign(taps.first.size(), 1.0f);
  taps.fixed.assign(taps.first.size(), 1 << kFixedBits);
  return taps;
}

// A triangle of half-width `reach` around each pixel's centre, cut off at the borders.
Taps triangle_taps(std::int64_t in, std::int64_t out, bool antialias) {
  Taps taps;
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double reach = antialias ? std::max(scale, 1.0) : 1.0;
  taps.stride = static_cast<std::int64_t>(std::ceil(reach)) * 2 + 1;
  taps.weights.resize(static_cast<std::size_t>(out * taps.stride));
  taps.fixed.resize(taps.weights.size());
  std::vector<double> triangle(static_cast<std::size_t>(taps.stride));
  for (std::int64_t i = 0; i < out; ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale;
    const auto first = std::max<std::int64_t>(static_cast<std::int64_t>(center - reach + 0.5), 0);
    const auto end = std::min(static_cast<std::int64_t>(center + reach + 0.5), in);
    double sum = 0;
    for (std::int64_t t = first; t < end; ++t) {
      const double distance = std::abs((static_cast<double>(t) - center + 0.5) / reach);
      sum += triangle[static_cast<std::size_t>(t - first)] = std::max(0.0, 1 - distance);
    }
    for (std::int64_t t = 0; t < end - first; ++t) {
      const double weight = triangle[static_cast<std::size_t>(t)] / sum;
      const auto at = static_cast<std::size_t>(i * taps.stride + t);
      taps.weights[at] = static_cast<float>(weight);
      taps.fixed[at] = static_cast<std::int32_t>(0.5 + weight * (1 << kFixedBits));
    }
    taps.first.push_back(first);
    taps.count.push_back(end - first);
  }
  return taps;
}

}  // namespace

Taps make_taps(std::int64_t in, std::int64_t out, const ResizeOptions& options) {
  Taps taps = options.interpolation == Interpolation::kNearest
                  ? nearest_taps(in, out)
                  : triangle_taps(in, out, options.antialias);
  taps.identity = in == out;
  return taps;
}

template <class T>
void resample(Rows<const T> in, std::int64_t in_height, const Taps& y, const Taps& x,
              std::int64_t channels, Rows<T> out, std::vector<T>& scratch) {
  const auto width = static_cast<std::int64_t>(x.first.size()) * channels;
  if (y.identity && x.identity) {
    for (std::int64_t row = 0; row < in_height; ++row) {
      std::memcpy(out.data + row * out.stride, in.data + row * in.stride,
                  sizeof(T) * static_cast<std::size_t>(width));
    }
    return;
  }
  if (y.identity) {
    resample_lines(in.data, in.stride, in_height, x, channels, out.data, out.stride);
    return;
  }
  if (x.identity) {
    resample_columns(in.data, in.stride, width, y, out.data, out.stride);
    return;
  }
  scratch.resize(static_cast<std::size_t>(in_height * width));
  resample_lines(in.data, in.stride, in_height, x, channels, scratch.data(), width);
  resample_columns(static_cast<const T*>(scratch.data()), width, width, y, out.data, out.stride);
}

template void resample(Rows<const std::uint8_t>, std::int64_t, const Taps&, const Taps&,
                       std::int64_t, Rows<std::uint8_t>, std::vector<std::uint8_t>&);
template void resample(Rows<const float>, std::int64_t, const Taps&, const Taps&, std::int64_t,
                       Rows<float>, std::vector<float>&);

}  // namespace tenon::data

#include "data/transforms.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "tensor/error.h"
#include "tensor/ops.h"

namespace tenon::data {
namespace {

constexpr double kMaxPixel = 255;

struct Moments {
  double mean;
  double variance;
};

void check_images(const Tensor& images, const char* op) {
  if (images.ndim() != 4) {
    throw ShapeError("[" + std::string(op) + "] expected images [N,C,H,W], got " +
                     to_string(images.shape()));
  }
}

// Exact but for the last division: there are only 256 different values.
Moments moments(const std::vector<std::uint8_t>& pixels) {
  std::array<std::int64_t, 256> counts{};
  for (const std::uint8_t pixel : pixels) ++counts[pixel];
  const auto n = static_cast<double>(pixels.size());
  double sum = 0;
  for (std::size_t v = 0; v < counts.size(); ++v) {
    sum += static_cast<double>(counts[v]) * static_cast<double>(v);
  }
  const double mean = sum / n;
  double squares = 0;
  for (std::size_t v = 0; v < counts.size(); ++v) {
    const double distance = static_cast<double>(v) - mean;
    squares += static_cast<double>(counts[v]) * distance * distance;
  }
  return {mean / kMaxPixel, squares / n / (kMaxPixel * kMaxPixel)};
}

Moments moments(const std::vector<float>& values) {
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  for (const float value : values) sum += value;
  const double mean = sum / n;
  double squares = 0;
  for (const float value : values) squares += (value - mean) * (value - mean);
  return {mean, squares / n};
}

Moments channel_moments(const Tensor& channel) {
  if (channel.dtype() == DType::kU8) return moments(channel.to_vector<std::uint8_t>());
  if (channel.dtype() == DType::kF32) return moments(channel.to_vector<float>());
  throw DTypeError("[channel_stats] expected images u8 or f32, got " +
                   std::string(name(channel.dtype())));
}

}  // namespace

Tensor to_unit(const Tensor& pixels) {
  if (pixels.dtype() != DType::kU8) {
    throw DTypeError("[to_unit] expected pixels u8, got " + std::string(name(pixels.dtype())));
  }
  return div(pixels.to(DType::kF32), kMaxPixel);
}

ChannelStats channel_stats(const Tensor& images) {
  check_images(images, "channel_stats");
  if (images.numel() == 0) {
    throw ShapeError("[channel_stats] expected at least one pixel, got " +
                     to_string(images.shape()));
  }
  std::vector<float> mean;
  std::vector<float> stddev;
  for (std::int64_t c = 0; c < images.size(1); ++c) {
    const Moments result = channel_moments(images.select(1, c));
    mean.push_back(static_cast<float>(result.mean));
    stddev.push_back(static_cast<float>(std::sqrt(result.variance)));
  }
  return {.mean = from_vector(mean), .stddev = from_vector(stddev)};
}

Tensor normalize(const Tensor& images, const ChannelStats& stats) {
  check_images(images, "normalize");
  if (images.dtype() != DType::kF32) {
    throw DTypeError("[normalize] expected images f32, got " + std::string(name(images.dtype())));
  }
  const Shape channels{images.size(1)};
  if (stats.mean.shape() != channels || stats.stddev.shape() != channels) {
    throw ShapeError("[normalize] expected mean and deviation " + to_string(channels) +
                     " (images " + to_string(images.shape()) + "), got " +
                     to_string(stats.mean.shape()) + " and " + to_string(stats.stddev.shape()));
  }
  for (const float deviation : stats.stddev.to_vector<float>()) {
    if (!(deviation > 0)) {
      throw ValueError("[normalize] expected deviations above 0, got " + std::to_string(deviation));
    }
  }
  const Shape per_channel{1, images.size(1), 1, 1};
  return (images - stats.mean.view(per_channel)) / stats.stddev.view(per_channel);
}

}  // namespace tenon::data

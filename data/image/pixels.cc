#include "data/image/pixels.h"

#include <string>
#include <vector>

#include "data/image/compose.h"
#include "data/image/image_batch.h"
#include "tensor/error.h"
#include "tensor/ops.h"

namespace tenon::data {
namespace {

// Bytes become floats: a multiplication and an addition for each.
void scale_bytes(const ImageDims& dims, const Tensor& images, const std::vector<float>& factor,
                 const std::vector<float>& term, const Tensor& result) {
  const std::uint8_t* in = images.data<std::uint8_t>();
  float* out = result.data<float>();
  cpu::parallel_items(dims.n * dims.c, dims.pixels(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t plane = begin; plane < end; ++plane) {
      const auto c = static_cast<std::size_t>(plane % dims.c);
      const float a = factor[c], b = term[c];
      const std::uint8_t* from = in + plane * dims.pixels();
      float* to = out + plane * dims.pixels();
      for (std::int64_t i = 0; i < dims.pixels(); ++i) to[i] = static_cast<float>(from[i]) * a + b;
    }
  });
}

Tensor as_batch(const Tensor& images) { return images.ndim() == 3 ? images.unsqueeze(0) : images; }

}  // namespace

Tensor ToFloat::operator()(const Tensor& images, std::span<Generator> /*generators*/) const {
  image_dims(images, "to_float");
  return images.dtype() == DType::kU8 ? to_unit(images) : images;
}

Tensor Normalize::operator()(const Tensor& images, std::span<Generator> /*generators*/) const {
  const ImageDims dims = image_dims(images, "normalize");
  if (images.dtype() == DType::kF32) {
    const Tensor result = normalize(as_batch(images), stats);
    return dims.batched ? result : result.squeeze(0);
  }
  // Checks the statistics as it does for floats.
  normalize(zeros({0, dims.c, 1, 1}), stats);
  std::vector<float> factor = stats.stddev.to_vector<float>(), term = stats.mean.to_vector<float>();
  for (std::size_t c = 0; c < factor.size(); ++c) {
    term[c] = -term[c] / factor[c];
    factor[c] = 1 / (255 * factor[c]);
  }
  const Tensor result = empty(dims.shape());
  scale_bytes(dims, images.contiguous(), factor, term, result);
  return result;
}

Tensor GaussianNoise::operator()(const Tensor& images, std::span<Generator> generators) const {
  check_generators(images, generators, "gaussian_noise");
  if (images.dtype() != DType::kF32) {
    throw DTypeError("[gaussian_noise] expected images f32, got " +
                     std::string(name(images.dtype())));
  }
  const Tensor batch = as_batch(images);
  std::vector<Tensor> noise;
  for (Generator& generator : generators) {
    noise.push_back(normal({batch.size(1), batch.size(2), batch.size(3)}, 0, deviation, generator));
  }
  const Tensor result = noise.empty() ? batch : batch + stack(noise);
  return images.ndim() == 3 ? result.squeeze(0) : result;
}

}  // namespace tenon::data

// From stored pixels to what a network likes to see, as links of a chain (data/image/compose.h).
//
//   Compose prepare{RandomHorizontalFlip{}, Normalize{channel_stats(train.images)}};
#ifndef TENON_DATA_IMAGE_PIXELS_H_
#define TENON_DATA_IMAGE_PIXELS_H_

#include <span>

#include "data/transforms.h"
#include "tensor/random.h"
#include "tensor/tensor.h"

namespace tenon::data {

/// u8 0..255 -> f32 0..1; f32 stays as it is. Throws DTypeError for others.
struct ToFloat {
  Tensor operator()(const Tensor& images, std::span<Generator> generators) const;
};

/// (images - mean) / stddev per channel, f32; u8 is taken for x / 255, in the same pass. Within two
/// roundings of normalize(to_unit(images), stats). Throws what normalize throws.
struct Normalize {
  ChannelStats stats{};
  Tensor operator()(const Tensor& images, std::span<Generator> generators) const;
};

/// Adds normal noise to f32 images; the result may leave their range. Throws ValueError for a
/// negative deviation, DTypeError for u8, which would round most of it away.
struct GaussianNoise {
  double deviation = 0.1;
  Tensor operator()(const Tensor& images, std::span<Generator> generators) const;
};

}  // namespace tenon::data

#endif  // TENON_DATA_IMAGE_PIXELS_H_

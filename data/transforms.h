// From stored pixels to what a network likes to see.
//
//   ChannelStats stats = channel_stats(train.images);       // u8 [N,C,H,W]
//   Tensor x = normalize(to_unit(batch.inputs), stats);     // f32, mean 0, deviation 1 per channel
#ifndef TENON_DATA_TRANSFORMS_H_
#define TENON_DATA_TRANSFORMS_H_

#include "tensor/tensor.h"

namespace tenon::data {

/// Pixels u8 0..255 of any shape -> f32 0..1, x / 255. Throws DTypeError.
Tensor to_unit(const Tensor& pixels);

/// Mean and (population) standard deviation of each channel, both [C] f32.
struct ChannelStats {
  Tensor mean;
  Tensor stddev;
};

/// Over all images and pixels of images [N,C,H,W], u8 or f32; for u8 those of to_unit(images).
/// Summed in f64. Throws ShapeError for another rank or no pixels, DTypeError.
ChannelStats channel_stats(const Tensor& images);

/// (images - mean) / stddev, per channel. images [N,C,H,W] f32.
/// Throws ShapeError, DTypeError, ValueError where a deviation is not above 0.
Tensor normalize(const Tensor& images, const ChannelStats& stats);

}  // namespace tenon::data

#endif  // TENON_DATA_TRANSFORMS_H_

// Crops, flips and their like as links of a chain (data/image/compose.h).
//
//   Compose augment{RandomCrop{.height = 32, .width = 32, .padding = 4}, RandomHorizontalFlip{}};
//
// Each takes images [N,C,H,W] u8 or f32 with N generators, or one [C,H,W] with one, and throws what
// the functions of data/image/geometry.h throw, and ValueError for a probability outside [0, 1].
#ifndef TENON_DATA_IMAGE_RANDOM_GEOMETRY_H_
#define TENON_DATA_IMAGE_RANDOM_GEOMETRY_H_

#include <cstdint>
#include <span>

#include "data/image/geometry.h"
#include "data/image/resize.h"
#include "tensor/random.h"
#include "tensor/tensor.h"

namespace tenon::data {

/// A box of height x width anywhere in the image with `padding` pixels around it. Throws ValueError
/// where the padded image is smaller than the box.
struct RandomCrop {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t padding = 0;
  Border border = Border::kConstant;
  double value = 0;

  Tensor operator()(const Tensor& images, std::span<Generator> generators) const;
};

/// A box of a random share of the image's area and a random ratio of width to height, resized to
/// height x width: the crop of Inception (Szegedy et al. 2015, "Going deeper with convolutions",
/// §6). Ten tries are made for a box that fits, then the largest in the middle is taken. Throws
/// ValueError for ranges that are empty or not above 0.
struct RandomResizedCrop {
  std::int64_t height = 0;
  std::int64_t width = 0;
  double min_area = 0.08;
  double max_area = 1;
  double min_ratio = 3.0 / 4;
  double max_ratio = 4.0 / 3;
  ResizeOptions resize{};

  Tensor operator()(const Tensor& images, std::span<Generator> generators) const;
};

struct RandomHorizontalFlip {
  double probability = 0.5;
  Tensor operator()(const Tensor& images, std::span<Generator> generators) const;
};

struct RandomVerticalFlip {
  double probability = 0.5;
  Tensor operator()(const Tensor& images, std::span<Generator> generators) const;
};

// The functions that draw nothing, as links.

struct CenterCrop {
  std::int64_t height = 0;
  std::int64_t width = 0;
  Tensor operator()(const Tensor& images, std::span<Generator> generators) const;
};

struct Pad {
  Padding padding{};
  Tensor operator()(const Tensor& images, std::span<Generator> generators) const;
};

struct Resize {
  std::int64_t height = 0;
  std::int64_t width = 0;
  ResizeOptions options{};
  Tensor operator()(const Tensor& images, std::span<Generator> generators) const;
};

}  // namespace tenon::data

#endif  // TENON_DATA_IMAGE_RANDOM_GEOMETRY_H_

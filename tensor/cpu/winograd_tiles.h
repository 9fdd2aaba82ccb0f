// An image cut into tiles of 4x4 results, each of which comes from a window of 6x6 pixels.
#ifndef TENON_TENSOR_CPU_WINOGRAD_TILES_H_
#define TENON_TENSOR_CPU_WINOGRAD_TILES_H_

#include <algorithm>
#include <cstdint>
#include <utility>

#include "tensor/cpu/winograd_transform.h"
#include "tensor/numerics.h"
#include "tensor/ops.h"

namespace tenon::cpu::winograd {

/// One convolution of stride 1: image [N,H,W,C], result [N,P,Q,K].
struct Problem {
  std::int64_t n, h, w, c, p, q, k;
  std::int64_t top, left;  // padding

  std::int64_t down() const { return (p + kOut - 1) / kOut; }
  std::int64_t across() const { return (q + kOut - 1) / kOut; }
  std::int64_t tiles() const { return n * down() * across(); }
};

/// Cycles per lane, measured: a register of 16 channels takes about 330 for a window and 220 for a
/// tile of results, 300 for a filter.
inline bool pays(const Problem& s) {
  const std::int64_t direct = kTaps * kTaps * s.n * s.p * s.q * s.c * s.k;
  return kProducts * s.tiles() * s.c * s.k + 300 * s.c * s.k + s.tiles() * (330 * s.c + 220 * s.k) <
         direct;
}

inline bool takes(const Problem& s, DType dtype, const Shape& weight, const Conv2dParams& params) {
  constexpr std::pair<int, int> kOnce{1, 1};
  return numerics().winograd && dtype == DType::kF32 && weight[2] == kTaps && weight[3] == kTaps &&
         params.stride == kOnce && params.dilation == kOnce && params.groups == 1 &&
         params.padding.first < kTaps && params.padding.second < kTaps && pays(s);
}

/// A tile's place: its image, and the row and column of its first result.
struct Tile {
  std::int64_t n, p, q;
};

inline Tile tile_at(const Problem& s, std::int64_t i) {
  const std::int64_t across = s.across(), per_image = s.down() * across;
  return {i / per_image, i % per_image / across * kOut, i % across * kOut};
}

/// The window of a tile, transformed: of the channels from c on, element i goes to `to(c)` + i
/// `step`. Where the channels do not fill registers, the last one begins before its turn.
template <class To>
void transform_window(const Problem& s, const float* image, const Tile& t, const To& to,
                      std::int64_t step) {
  const std::int64_t top = t.p - s.top, left = t.q - s.left;
  const std::int64_t corner = ((t.n * s.h + top) * s.w + left) * s.c, row = s.w * s.c;
  const bool inside = top >= 0 && left >= 0 && top + kIn <= s.h && left + kIn <= s.w;
  for (std::int64_t c = 0; c < s.c; c += kLanes) {
    const auto pixel = [&, at = corner + std::min(c, s.c - kLanes)](int i, int j) {
      return load(image + (at + i * row + j * s.c));
    };
    const auto pixel_or_padding = [&](int i, int j) {
      const bool exists = top + i >= 0 && top + i < s.h && left + j >= 0 && left + j < s.w;
      return exists ? pixel(i, j) : Lanes{};
    };
    if (inside) {
      transform_window(pixel, to(c), step);
    } else {
      transform_window(pixel_or_padding, to(c), step);
    }
  }
}

}  // namespace tenon::cpu::winograd

#endif  // TENON_TENSOR_CPU_WINOGRAD_TILES_H_

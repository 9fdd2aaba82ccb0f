// An image cut into tiles of results, each of which comes from a window of 6x6 pixels: what both
// directions of winograd.h share.
#ifndef TENON_TENSOR_CPU_WINOGRAD_TILES_H_
#define TENON_TENSOR_CPU_WINOGRAD_TILES_H_

#include <algorithm>
#include <cstdint>
#include <utility>

#include "tensor/cpu/winograd_transform.h"
#include "tensor/numerics.h"
#include "tensor/ops.h"

namespace tenon::cpu::winograd {

/// One convolution of stride 1: image [N,H,W,C], filters of `taps` x `taps`, result [N,P,Q,K].
struct Problem {
  int taps;
  std::int64_t n, h, w, c, p, q, k;
  std::int64_t top, left;  // padding

  int out() const { return results_of(taps); }
  std::int64_t down() const { return (p + out() - 1) / out(); }
  std::int64_t across() const { return (q + out() - 1) / out(); }
  std::int64_t tiles() const { return n * down() * across(); }
};

/// From an image [N,C,H,W] and a result [N,K,P,Q]; padding at the top and on the left.
inline Problem problem(const Tensor& image, const Tensor& result, std::int64_t taps,
                       std::int64_t top, std::int64_t left) {
  return {.taps = static_cast<int>(taps),
          .n = image.size(0),
          .h = image.size(2),
          .w = image.size(3),
          .c = image.size(1),
          .p = result.size(2),
          .q = result.size(3),
          .k = result.size(1),
          .top = top,
          .left = left};
}

// Cycles for a register of 16 channels, measured.
inline constexpr std::int64_t kWindowCycles = 330, kTileCycles = 220, kFilterCycles = 300;

#ifdef __AVX512BF16__
inline constexpr bool kFasterInBf16 = true;
#else
inline constexpr bool kFasterInBf16 = false;
#endif

/// Whether it is taken where oneDNN's direct sums in bf16 run at `bf16_rate` of their rate in f32.
inline bool takes(const Problem& s, DType dtype, const Shape& weight, const Conv2dParams& params,
                  double bf16_rate) {
  constexpr std::pair<int, int> kOnce{1, 1};
  if (!numerics().winograd || (dtype != DType::kF32 && dtype != DType::kBF16) ||
      (s.taps != 3 && s.taps != 5) || weight[2] != weight[3] || params.stride != kOnce ||
      params.dilation != kOnce || params.groups != 1 || params.padding.first >= s.taps ||
      params.padding.second >= s.taps) {
    return false;
  }
  const std::int64_t direct = s.taps * s.taps * s.n * s.p * s.q * s.c * s.k;
  const std::int64_t cycles = kProducts * s.tiles() * s.c * s.k + kFilterCycles * s.c * s.k +
                              s.tiles() * (kWindowCycles * s.c + kTileCycles * s.k);
  const double rate = dtype == DType::kBF16 && kFasterInBf16 ? bf16_rate : 1;
  return static_cast<double>(cycles) * rate < static_cast<double>(direct);
}

/// Calls fn.template operator()<T, taps>() for the dtypes and filters that are taken.
template <class F>
void dispatch(DType dtype, int taps, const F& fn) {
  if (dtype == DType::kF32) {
    taps == 3 ? fn.template operator()<float, 3>() : fn.template operator()<float, 5>();
  } else {
    taps == 3 ? fn.template operator()<BFloat16, 3>() : fn.template operator()<BFloat16, 5>();
  }
}

/// Tiles whose windows wait together while each slice of filters is computed at once, so that what
/// belongs to all filters, 36 times their channels, need not wait in memory.
inline std::int64_t most_in_one_block(const Problem& s) {
  constexpr std::int64_t kMostTiles = 128, kMostFloats = 1'200'000;
  return std::min(kMostTiles, kMostFloats / (kProducts * s.c));
}

/// A tile's place: its image, and the row and column of its first result.
struct Tile {
  std::int64_t n, p, q;
};

inline Tile tile_at(const Problem& s, std::int64_t i) {
  const std::int64_t across = s.across(), per_image = s.down() * across;
  return {i / per_image, i % per_image / across * s.out(), i % across * s.out()};
}

/// Where the registers of channels c to c + kLanes begin: where the channels do not fill the last
/// one, before its turn.
inline std::int64_t first_channel(std::int64_t c, std::int64_t channels) {
  return std::min(c, channels - kLanes);
}

/// The window of a tile, transformed: of kLanes channels from first_channel(c) on, element i goes
/// to `to(c)` + i `step`.
template <class T, class To>
void transform_window(const Problem& s, const T* image, const Tile& t, const To& to,
                      std::int64_t step) {
  const std::int64_t top = t.p - s.top, left = t.q - s.left;
  const std::int64_t corner = ((t.n * s.h + top) * s.w + left) * s.c, row = s.w * s.c;
  const bool inside = top >= 0 && left >= 0 && top + kIn <= s.h && left + kIn <= s.w;
  for (std::int64_t c = 0; c < s.c; c += kLanes) {
    const auto pixel = [&, at = corner + first_channel(c, s.c)](int i, int j) {
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

// An image laid out for the loops of conv_narrow.cc: with its padding, so that a window's elements
// and those of the next window lie at the same distances everywhere.
#ifndef TENON_TENSOR_CPU_CONV_NARROW_IMAGE_H_
#define TENON_TENSOR_CPU_CONV_NARROW_IMAGE_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tensor/cpu/conv_narrow_kernel.h"
#include "tensor/ops.h"

namespace tenon::cpu::narrow {

using Offsets = std::vector<std::int64_t>;

/// x [N,C,H,W], weight [K,C,R,S], y [N,K,P,Q].
struct Sizes {
  std::int64_t n, c, h, w, k, r, s, p, q;
  Conv2dParams params;

  Sizes(const Shape& x, const Shape& weight, const Shape& y, const Conv2dParams& how)
      : n(x[0]),
        c(x[1]),
        h(x[2]),
        w(x[3]),
        k(weight[0]),
        r(weight[2]),
        s(weight[3]),
        p(y[2]),
        q(y[3]),
        params(how) {}

  std::int64_t taps() const { return c * r * s; }
  std::int64_t pixels() const { return p * q; }
  std::int64_t padded_height() const {
    return std::max(h + 2 * params.padding.first,
                    (p - 1) * params.stride.first + (r - 1) * params.dilation.first + 1);
  }
  std::int64_t padded_width() const {
    return std::max(w + 2 * params.padding.second,
                    (q - 1) * params.stride.second + (s - 1) * params.dilation.second + 1);
  }
};

/// A copy of one image with its padding. Channels lie side by side, or each in its own plane.
class PaddedImage {
 public:
  PaddedImage(const Sizes& sizes, bool planes)
      : sizes_(sizes),
        width_(sizes.padded_width()),
        channel_(planes ? width_ * sizes.padded_height() : 1),
        pixel_(planes ? 1 : sizes.c) {}

  /// Registers that begin at the last elements reach beyond them.
  std::int64_t floats() const { return width_ * sizes_.padded_height() * sizes_.c + 2 * kLanes; }

  std::int64_t window(std::int64_t p, std::int64_t q) const {
    return (p * sizes_.params.stride.first * width_ + q * sizes_.params.stride.second) * pixel_;
  }
  std::int64_t tap(std::int64_t c, std::int64_t r, std::int64_t s) const {
    const auto& dilation = sizes_.params.dilation;
    return (r * dilation.first * width_ + s * dilation.second) * pixel_ + c * channel_;
  }

  Offsets windows() const {
    Offsets all;
    all.reserve(static_cast<std::size_t>(sizes_.pixels()));
    for (std::int64_t p = 0; p < sizes_.p; ++p) {
      for (std::int64_t q = 0; q < sizes_.q; ++q) all.push_back(window(p, q));
    }
    return all;
  }
  /// In the order of a weight's elements.
  Offsets taps() const {
    Offsets all;
    all.reserve(static_cast<std::size_t>(sizes_.taps()));
    for (std::int64_t c = 0; c < sizes_.c; ++c) {
      for (std::int64_t r = 0; r < sizes_.r; ++r) {
        for (std::int64_t s = 0; s < sizes_.s; ++s) all.push_back(tap(c, r, s));
      }
    }
    return all;
  }

  /// Copies image n of x, of any strides, to `to`, whose padding is already zero.
  void copy(const Tensor& x, std::int64_t n, float* to) const {
    const Strides& step = x.strides();
    const float* from = x.data<float>() + n * step[0];
    to += (sizes_.params.padding.first * width_ + sizes_.params.padding.second) * pixel_;
    const bool rows = channel_ == 1 && step[1] == 1 && step[3] == sizes_.c;
    for (std::int64_t h = 0; h < sizes_.h; ++h, from += step[2], to += width_ * pixel_) {
      if (rows) {
        std::copy_n(from, sizes_.w * sizes_.c, to);
        continue;
      }
      for (std::int64_t c = 0; c < sizes_.c; ++c)
        copy_row(from + c * step[1], step[3], to + c * channel_);
    }
  }

 private:
  void copy_row(const float* from, std::int64_t step, float* to) const {
    if (step == 1 && pixel_ == 1) {
      std::copy_n(from, sizes_.w, to);
    } else {
      for (std::int64_t w = 0; w < sizes_.w; ++w) to[w * pixel_] = from[w * step];
    }
  }

  Sizes sizes_;
  std::int64_t width_, channel_, pixel_;
};

}  // namespace tenon::cpu::narrow

#endif  // TENON_TENSOR_CPU_CONV_NARROW_IMAGE_H_

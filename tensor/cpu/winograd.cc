#include "tensor/cpu/winograd.h"

#include <algorithm>
#include <memory>
#include <new>

#include "tensor/cpu/lanes.h"
#include "tensor/cpu/parallel.h"
#include "tensor/cpu/winograd_transform.h"
#include "tensor/numerics.h"

namespace tenon::cpu {
namespace {

using winograd::kIn;
using winograd::kOut;
using winograd::kProducts;
using winograd::kTaps;

// Sums that one call of multiply() keeps in registers: kGroup tiles by kVectors registers of
// filters. It then does one multiply-add per instruction that the processor can start.
#ifdef __AVX512F__
constexpr std::int64_t kGroup = 8;  // 16 of 32 registers
#else
constexpr std::int64_t kGroup = 6;  // 12 of 16
#endif
constexpr std::int64_t kVectors = 2;

/// One convolution of stride 1: image [N,H,W,C], result [N,P,Q,K].
struct Problem {
  std::int64_t n, h, w, c, p, q, k;
  std::int64_t top, left;  // padding

  std::int64_t down() const { return (p + kOut - 1) / kOut; }
  std::int64_t across() const { return (q + kOut - 1) / kOut; }
  std::int64_t tiles() const { return n * down() * across(); }
  std::int64_t groups() const { return (tiles() + kGroup - 1) / kGroup; }

  /// Tiles whose windows are transformed before they are multiplied: one group where the
  /// transformed filters, which each block reads, fit the second-level cache; else four.
  std::int64_t block() const {
    constexpr std::int64_t kCacheFloats = 200'000;  // of 1 MiB
    return kProducts * c * k <= kCacheFloats ? kGroup : 4 * kGroup;
  }
};

/// Cycles per lane, measured: a register of 16 channels takes about 330 for a window and 220 for a
/// tile of results, 300 for a filter.
bool pays(const Problem& s) {
  const std::int64_t direct = kTaps * kTaps * s.n * s.p * s.q * s.c * s.k;
  return kProducts * s.groups() * kGroup * s.c * s.k + 300 * s.c * s.k +
             s.tiles() * (330 * s.c + 220 * s.k) <
         direct;
}

bool takes(const Problem& s, const Tensor& image, const Shape& weight, const Conv2dParams& params) {
  constexpr std::pair<int, int> kOnce{1, 1};
  return numerics().winograd && image.dtype() == DType::kF32 && weight[2] == kTaps &&
         weight[3] == kTaps && params.stride == kOnce && params.dilation == kOnce &&
         params.groups == 1 && params.padding.first < kTaps && params.padding.second < kTaps &&
         s.c % kLanes == 0 && s.k % kLanes == 0 && pays(s);
}

/// Filters from C to K channels inside a weight: element (k, c, r, s) is at k `filter` +
/// c `channel` + r 3 + s, counted from the last tap where they are turned.
struct Filters {
  const float* weight;
  std::int64_t filter, channel;
  bool turned;

  const float* at(std::int64_t k, std::int64_t c) const {
    return weight + k * filter + c * channel;
  }
};

/// Where the slice of transformed filters that begins at filter k is: [36, C, filters of a slice].
std::int64_t slice_at(const Problem& s, std::int64_t k) { return kProducts * s.c * k; }
std::int64_t slice_width(const Problem& s, std::int64_t k) {
  return std::min(kVectors * kLanes, s.k - k);
}

/// The filters k to k + kLanes of channel c, transformed.
void transform_filters(const Problem& s, const Filters& filters, std::int64_t k, std::int64_t c,
                       float* to) {
  alignas(64) float taps[kTaps * kTaps][kLanes];
  for (std::int64_t lane = 0; lane < kLanes; ++lane) {
    const float* from = filters.at(k + lane, c);
    for (int i = 0; i < kTaps * kTaps; ++i) {
      taps[i][lane] = from[filters.turned ? kTaps * kTaps - 1 - i : i];
    }
  }
  Lanes g[kTaps][kTaps];
  for (int i = 0; i < kTaps * kTaps; ++i) g[i / kTaps][i % kTaps] = load(taps[i]);
  const std::int64_t first = k / (kVectors * kLanes) * kVectors * kLanes;
  const std::int64_t width = slice_width(s, first);
  winograd::transform_filter(g, to + slice_at(s, first) + c * width + k - first, s.c * width);
}

void transform_filters(const Problem& s, const Filters& filters, float* to) {
  parallel_items(s.k / kLanes, s.c * kProducts * kLanes, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      for (std::int64_t c = 0; c < s.c; ++c) transform_filters(s, filters, i * kLanes, c, to);
    }
  });
}

/// m[t][k] = sum over c of v[t][c] u[c][k], for T tiles and V registers of filters.
template <int T, int V>
void multiply(const float* v, const float* u, std::int64_t channels, float* m) {
  Lanes sum[T * V];
  unrolled<T * V>([&](int i) { sum[i] = Lanes{}; });
  for (std::int64_t c = 0; c < channels; ++c) {
    Lanes factor[V];
    unrolled<V>([&](int k) { factor[k] = load(u + (c * V + k) * kLanes); });
    unrolled<T>([&](int t) {
      for (int k = 0; k < V; ++k) sum[t * V + k] += v[t * channels + c] * factor[k];
    });
  }
  unrolled<T * V>([&](int i) { store(m + i * kLanes, sum[i]); });
}

/// What happens to a sum on its way into the result.
struct Epilogue {
  const float* bias = nullptr;  // [K]
  bool relu = false;
};

/// A tile's place: its image, and the row and column of its first result.
struct Tile {
  std::int64_t n, p, q;
};

/// The convolution of one block of tiles after another, on one thread.
class Blocks {
 public:
  Blocks(const Problem& sizes, const float* image, const float* filters, const Epilogue& epilogue,
         float* result)
      : s_(sizes), image_(image), filters_(filters), epilogue_(epilogue), result_(result) {}

  /// Floats of the transformed windows [36, block, C] and the products [36, block, slice].
  static std::int64_t scratch(const Problem& s) {
    return kProducts * (window_step(s) + product_step(s));
  }

  void operator()(std::int64_t first, std::int64_t last, float* scratch) const {
    for (; first < last; first += s_.block()) {
      convolve(first, std::min(s_.block(), last - first), scratch);
    }
  }

 private:
  // A register more between the 36 than they need: at distances that are multiples of 4 KiB they
  // would share a few lines of the first-level cache.
  static std::int64_t window_step(const Problem& s) { return s.block() * s.c + kLanes; }
  static std::int64_t product_step(const Problem& s) {
    return s.block() * slice_width(s, 0) + kLanes;
  }

  void convolve(std::int64_t first, std::int64_t count, float* scratch) const {
    const std::int64_t rounded = (count + kGroup - 1) / kGroup * kGroup;
    for (std::int64_t t = 0; t < rounded; ++t) {
      transform_window(tile(first + std::min(t, count - 1)), scratch + t * s_.c);
    }
    float* products = scratch + kProducts * window_step(s_);
    for (std::int64_t k = 0; k < s_.k; k += kVectors * kLanes) {
      const std::int64_t width = slice_width(s_, k);
      if (width == kVectors * kLanes) {
        multiply_slice<kVectors>(scratch, k, rounded, products);
      } else {
        multiply_slice<1>(scratch, k, rounded, products);
      }
      for (std::int64_t t = 0; t < count; ++t) {
        for (std::int64_t i = 0; i < width; i += kLanes) {
          transform_products(products + t * width + i, tile(first + t), k + i);
        }
      }
    }
  }

  Tile tile(std::int64_t i) const {
    const std::int64_t across = s_.across(), per_image = s_.down() * across;
    return {i / per_image, i % per_image / across * kOut, i % across * kOut};
  }

  void transform_window(const Tile& t, float* to) const {
    const std::int64_t top = t.p - s_.top, left = t.q - s_.left;
    const std::int64_t corner = ((t.n * s_.h + top) * s_.w + left) * s_.c;
    const std::int64_t row = s_.w * s_.c, step = window_step(s_);
    const bool inside = top >= 0 && left >= 0 && top + kIn <= s_.h && left + kIn <= s_.w;
    for (std::int64_t c = 0; c < s_.c; c += kLanes) {
      const auto pixel = [&, at = corner + c](int i, int j) {
        return load(image_ + (at + i * row + j * s_.c));
      };
      const auto pixel_or_padding = [&](int i, int j) {
        const bool exists = top + i >= 0 && top + i < s_.h && left + j >= 0 && left + j < s_.w;
        return exists ? pixel(i, j) : Lanes{};
      };
      if (inside) {
        winograd::transform_window(pixel, to + c, step);
      } else {
        winograd::transform_window(pixel_or_padding, to + c, step);
      }
    }
  }

  template <int V>
  void multiply_slice(const float* windows, std::int64_t k, std::int64_t count, float* to) const {
    const float* filters = filters_ + slice_at(s_, k);
    for (std::int64_t i = 0; i < kProducts; ++i) {
      for (std::int64_t t = 0; t < count; t += kGroup) {
        multiply<kGroup, V>(windows + i * window_step(s_) + t * s_.c,
                            filters + i * s_.c * V * kLanes, s_.c,
                            to + i * product_step(s_) + t * V * kLanes);
      }
    }
  }

  void transform_products(const float* products, const Tile& t, std::int64_t k) const {
    float* to = result_ + ((t.n * s_.p + t.p) * s_.q + t.q) * s_.k + k;
    const std::int64_t row = s_.q * s_.k, rows = s_.p - t.p, columns = s_.q - t.q;
    const Lanes bias = epilogue_.bias ? load(epilogue_.bias + k) : Lanes{};
    winograd::transform_products(products, product_step(s_), [&](int p, int q, Lanes y) {
      if (p >= rows || q >= columns) return;
      y += bias;
      if (epilogue_.relu) y = y < 0 ? Lanes{} : y;
      store(to + p * row + q * s_.k, y);
    });
  }

  Problem s_;
  const float* image_;
  const float* filters_;
  Epilogue epilogue_;
  float* result_;
};

/// Memory for one call. Up to 4 MiB a thread keeps, as oneDNN's primitives keep theirs; they are
/// then in the cache when the next layer comes.
class Room {
 public:
  explicit Room(std::int64_t floats) {
    constexpr std::int64_t kMostKept = 1 << 20;
    if (floats > kMostKept) {
      large_ = empty({floats});
      at_ = large_.data<float>();
      return;
    }
    thread_local std::unique_ptr<float[], Free> kept;
    thread_local std::int64_t size = 0;
    if (floats > size) {
      kept.reset(static_cast<float*>(
          ::operator new[](static_cast<std::size_t>(floats) * sizeof(float), kAlignment)));
      size = floats;
    }
    at_ = kept.get();
  }

  float* at(std::int64_t offset) const { return at_ + offset; }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(float* memory) const { ::operator delete[](memory, kAlignment); }
  };

  Tensor large_;
  float* at_ = nullptr;
};

/// image and result are channels-last.
void convolve(const Problem& s, const Tensor& image, const Filters& filters,
              const Epilogue& epilogue, const Tensor& result) {
  const std::int64_t shares = std::min<std::int64_t>(s.groups(), max_threads());
  const std::int64_t factors = kProducts * s.c * s.k, scratch = Blocks::scratch(s);
  const Room room(factors + shares * scratch);
  transform_filters(s, filters, room.at(0));
  const Blocks blocks(s, image.data<float>(), room.at(0), epilogue, result.data<float>());
  parallel_items(shares, factors / kLanes * s.tiles() / shares,
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t i = begin; i < end; ++i) {
                     const std::int64_t first = s.groups() * i / shares * kGroup;
                     const std::int64_t last = s.groups() * (i + 1) / shares * kGroup;
                     blocks(first, std::min(last, s.tiles()), room.at(factors + i * scratch));
                   }
                 });
}

}  // namespace

bool conv2d_winograd(const Tensor& x, const Tensor& weight, const Tensor& bias,
                     const Conv2dParams& params, Activation activation, const Tensor& out) {
  const Problem s{x.size(0),
                  x.size(2),
                  x.size(3),
                  x.size(1),
                  out.size(2),
                  out.size(3),
                  out.size(1),
                  params.padding.first,
                  params.padding.second};
  if (!takes(s, x, weight.shape(), params)) return false;
  const Tensor filter = weight.contiguous(), offsets = bias.defined() ? bias.contiguous() : bias;
  constexpr std::int64_t kFilter = kTaps * kTaps;
  convolve(s, x.contiguous(Layout::kChannelsLast),
           {filter.data<float>(), s.c * kFilter, kFilter, /*turned=*/false},
           {bias.defined() ? offsets.data<float>() : nullptr, activation == Activation::kRelu},
           out);
  return true;
}

/// The gradient's own convolution with every filter turned, its channels exchanged.
bool conv2d_input_grad_winograd(const Tensor& grad, const Tensor& weight,
                                const Conv2dParams& params, const Tensor& out) {
  constexpr std::int64_t kFilter = kTaps * kTaps;
  const Problem s{grad.size(0),
                  grad.size(2),
                  grad.size(3),
                  grad.size(1),
                  out.size(2),
                  out.size(3),
                  out.size(1),
                  kTaps - 1 - params.padding.first,
                  kTaps - 1 - params.padding.second};
  if (!takes(s, grad, weight.shape(), params)) return false;
  const Tensor filter = weight.contiguous();
  convolve(s, grad.contiguous(Layout::kChannelsLast),
           {filter.data<float>(), kFilter, s.k * kFilter, /*turned=*/true}, {}, out);
  return true;
}

}  // namespace tenon::cpu

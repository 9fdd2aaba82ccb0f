#include "tensor/cpu/winograd.h"

#include <algorithm>

#include "tensor/cpu/lanes.h"
#include "tensor/cpu/parallel.h"
#include "tensor/cpu/room.h"
#include "tensor/cpu/winograd_tiles.h"
#include "tensor/cpu/winograd_transform.h"

namespace tenon::cpu {
namespace {

using winograd::kOut;
using winograd::kProducts;
using winograd::kTaps;
using winograd::Problem;
using winograd::Tile;

// Sums that one call of multiply() keeps in registers: kGroup tiles by kVectors registers of
// filters. It then does one multiply-add per instruction that the processor can start.
#ifdef __AVX512F__
constexpr std::int64_t kGroup = 8;  // 16 of 32 registers
#else
constexpr std::int64_t kGroup = 6;  // 12 of 16
#endif
constexpr std::int64_t kVectors = 2;

std::int64_t groups(const Problem& s) { return (s.tiles() + kGroup - 1) / kGroup; }

/// Tiles whose windows are transformed before they are multiplied: one group where the transformed
/// filters, which each block reads, fit the second-level cache; else four.
std::int64_t block(const Problem& s) {
  constexpr std::int64_t kCacheFloats = 200'000;  // of 1 MiB
  return kProducts * s.c * s.k <= kCacheFloats ? kGroup : 4 * kGroup;
}

bool takes(const Problem& s, const Tensor& image, const Shape& weight, const Conv2dParams& params) {
  return s.c % kLanes == 0 && s.k % kLanes == 0 &&
         winograd::takes(s, image.dtype(), weight, params);
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
    for (; first < last; first += block(s_)) {
      convolve(first, std::min(block(s_), last - first), scratch);
    }
  }

 private:
  // A register more between the 36 than they need: at distances that are multiples of 4 KiB they
  // would share a few lines of the first-level cache.
  static std::int64_t window_step(const Problem& s) { return block(s) * s.c + kLanes; }
  static std::int64_t product_step(const Problem& s) {
    return block(s) * slice_width(s, 0) + kLanes;
  }

  void convolve(std::int64_t first, std::int64_t count, float* scratch) const {
    const std::int64_t rounded = (count + kGroup - 1) / kGroup * kGroup;
    for (std::int64_t t = 0; t < rounded; ++t) {
      winograd::transform_window(
          s_, image_, tile_at(s_, first + std::min(t, count - 1)),
          [&](std::int64_t c) { return scratch + t * s_.c + c; }, window_step(s_));
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
          transform_products(products + t * width + i, tile_at(s_, first + t), k + i);
        }
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

/// image and result are channels-last.
void convolve(const Problem& s, const Tensor& image, const Filters& filters,
              const Epilogue& epilogue, const Tensor& result) {
  const std::int64_t shares = std::min<std::int64_t>(groups(s), max_threads());
  const std::int64_t factors = kProducts * s.c * s.k, scratch = Blocks::scratch(s);
  const Room room(factors + shares * scratch);
  transform_filters(s, filters, room.at(0));
  const Blocks blocks(s, image.data<float>(), room.at(0), epilogue, result.data<float>());
  parallel_items(shares, factors / kLanes * s.tiles() / shares,
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t i = begin; i < end; ++i) {
                     const std::int64_t first = groups(s) * i / shares * kGroup;
                     const std::int64_t last = groups(s) * (i + 1) / shares * kGroup;
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

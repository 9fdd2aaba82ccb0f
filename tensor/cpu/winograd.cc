#include "tensor/cpu/winograd.h"

#include <algorithm>

#include "tensor/cpu/parallel.h"
#include "tensor/cpu/room.h"
#include "tensor/cpu/winograd_filters.h"
#include "tensor/cpu/winograd_tiles.h"
#include "tensor/cpu/winograd_transform.h"

namespace tenon::cpu {
namespace {

using winograd::Filters;
using winograd::kProducts;
using winograd::Problem;
using winograd::Tile;
using winograd::tile_at;

// Sums that one call of multiply() keeps in registers: kGroup tiles by kVectors registers of
// filters. It then does one multiply-add per instruction that the processor can start.
#ifdef __AVX512F__
constexpr std::int64_t kGroup = 8;  // 16 of 32 registers
#else
constexpr std::int64_t kGroup = 6;  // 12 of 16
#endif
constexpr std::int64_t kVectors = 2;

/// m[t][k] = sum over c of v[t][c] u[c][k], for T tiles and V registers of filters.
template <int T, int V>
[[gnu::flatten]] void multiply(const float* v, const float* u, std::int64_t channels, float* m) {
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

/// Who computes what: groups of tiles in so many shares, times slices of filters in so many parts.
/// Each transforms the filters and windows that it reads. What another core transformed would first
/// have to come from there, which takes as long as from memory: for 256 channels at 8x8 2.2 of 5.9
/// ms (measured). The bits do not depend on it.
struct Plan {
  std::int64_t shares = 1, parts = 1;

  Plan(const Problem& s, std::int64_t groups, std::int64_t slices) {
    std::int64_t best = INT64_MAX;
    for (std::int64_t p = 1; p <= std::min<std::int64_t>(max_threads(), slices); ++p) {
      const std::int64_t n = std::min(groups, max_threads() / p);
      const std::int64_t tiles = (groups + n - 1) / n * kGroup;
      const std::int64_t k = (slices + p - 1) / p * kVectors * kLanes;
      const std::int64_t time =
          winograd::kFilterCycles * s.c * k +
          tiles * (winograd::kWindowCycles * s.c + winograd::kTileCycles * k + kProducts * s.c * k);
      if (time >= best) continue;
      best = time;
      shares = n;
      parts = p;
    }
  }

  std::int64_t items() const { return shares * parts; }
};

/// A convolution of elements T by filters of R x R.
template <class T, int R>
class Convolution {
 public:
  Convolution(const Problem& sizes, const T* image, const Filters<T>& filters,
              const Epilogue& epilogue, T* result)
      : s_(sizes),
        plan_(s_, groups(), slices()),
        block_(block()),
        image_(image),
        filters_(filters),
        epilogue_(epilogue),
        result_(result) {}

  void operator()() const {
    const Room room(plan_.items() * item_floats());
    const std::int64_t work = kProducts * s_.tiles() * s_.c * s_.k / kLanes / plan_.items();
    parallel_items(plan_.items(), work, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) convolve(i, room.at(i * item_floats()));
    });
  }

 private:
  static constexpr int kOut = winograd::results_of(R);

  /// Transformed filters of so many floats, which each block reads, fit the second-level cache of
  /// 1 MiB: then a block is one group of tiles, else four.
  static constexpr std::int64_t kCacheFloats = 200'000;

  std::int64_t block() const {
    if (kProducts * s_.c * s_.k / plan_.parts <= kCacheFloats) return kGroup;
    return tiles_of_share() <= winograd::most_in_one_block(s_) ? tiles_of_share() : 4 * kGroup;
  }
  std::int64_t tiles_of_share() const {
    return (groups() + plan_.shares - 1) / plan_.shares * kGroup;
  }

  std::int64_t groups() const { return (s_.tiles() + kGroup - 1) / kGroup; }
  std::int64_t slices() const { return (s_.k + kWidth - 1) / kWidth; }

  // A register more between the 36 than they need: at distances that are multiples of 4 KiB they
  // would share a few lines of the first-level cache.
  std::int64_t window_step() const { return block_ * s_.c + kLanes; }
  std::int64_t product_step() const { return block_ * kWidth + kLanes; }
  std::int64_t filter_step() const { return s_.c * kWidth + kLanes; }

  /// Filters of one slice, but where the last one is narrower.
  static constexpr std::int64_t kWidth = kVectors * kLanes;
  std::int64_t width(std::int64_t slice) const { return std::min(kWidth, s_.k - slice * kWidth); }
  /// Transformed: [36, C, width].
  std::int64_t slice_floats() const { return kProducts * filter_step(); }

  /// Of an item's filters, windows [36, block, C] and products [36, block, width].
  std::int64_t item_floats() const {
    return slices_kept() * slice_floats() + kProducts * (window_step() + product_step());
  }
  std::int64_t slices_kept() const {
    return one_block() ? 1 : (slices() + plan_.parts - 1) / plan_.parts;
  }
  /// Then results for a slice of filters are complete before the next one is transformed.
  bool one_block() const { return tiles_of_share() <= block_; }

  void convolve(std::int64_t item, float* filters) const {
    const std::int64_t share = item / plan_.parts, part = item % plan_.parts;
    const std::int64_t first = slices() * part / plan_.parts;
    const std::int64_t last = slices() * (part + 1) / plan_.parts;
    float* windows = filters + slices_kept() * slice_floats();
    if (!one_block()) {
      for (std::int64_t i = first; i < last; ++i) {
        transform_slice(i, filters + (i - first) * slice_floats());
      }
    }
    const std::int64_t end = std::min(groups() * (share + 1) / plan_.shares * kGroup, s_.tiles());
    for (std::int64_t t = groups() * share / plan_.shares * kGroup; t < end; t += block_) {
      const std::int64_t tiles = std::min(block_, end - t);
      transform_windows(t, tiles, windows);
      for (std::int64_t i = first; i < last; ++i) {
        float* slice = filters + (one_block() ? 0 : i - first) * slice_floats();
        if (one_block()) transform_slice(i, slice);
        multiply_slice(windows, slice, i, t, tiles);
      }
    }
  }

  void transform_slice(std::int64_t slice, float* to) const {
    const std::int64_t n = width(slice);
    for (std::int64_t k = 0; k < n; k += kLanes) {
      winograd::transform_filters<R>(filters_, slice * kWidth + k, s_.c, to + k, filter_step(), n);
    }
  }

  /// The last tile of a block is repeated up to a whole group.
  static std::int64_t rounded(std::int64_t tiles) { return (tiles + kGroup - 1) / kGroup * kGroup; }

  void transform_windows(std::int64_t first, std::int64_t tiles, float* to) const {
    for (std::int64_t t = 0; t < rounded(tiles); ++t) {
      winograd::transform_window(
          s_, image_, tile_at(s_, first + std::min(t, tiles - 1)),
          [&](std::int64_t c) { return to + t * s_.c + winograd::first_channel(c, s_.c); },
          window_step());
    }
  }

  void multiply_slice(float* windows, const float* filters, std::int64_t slice, std::int64_t first,
                      std::int64_t tiles) const {
    float* products = windows + kProducts * window_step();
    const std::int64_t n = width(slice);
    if (n == kWidth) {
      multiply_all<kVectors>(windows, filters, rounded(tiles), products);
    } else {
      multiply_all<1>(windows, filters, rounded(tiles), products);
    }
    for (std::int64_t t = 0; t < tiles; ++t) {
      for (std::int64_t k = 0; k < n; k += kLanes) {
        transform_products(products + t * n + k, tile_at(s_, first + t), slice * kWidth + k);
      }
    }
  }

  template <int V>
  void multiply_all(const float* windows, const float* filters, std::int64_t tiles,
                    float* to) const {
    for (std::int64_t i = 0; i < kProducts; ++i) {
      for (std::int64_t t = 0; t < tiles; t += kGroup) {
        multiply<kGroup, V>(windows + i * window_step() + t * s_.c, filters + i * filter_step(),
                            s_.c, to + i * product_step() + t * V * kLanes);
      }
    }
  }

  void transform_products(const float* products, const Tile& t, std::int64_t k) const {
    T* to = result_ + ((t.n * s_.p + t.p) * s_.q + t.q) * s_.k + k;
    const std::int64_t row = s_.q * s_.k, rows = s_.p - t.p, columns = s_.q - t.q;
    const Lanes bias = epilogue_.bias ? load(epilogue_.bias + k) : Lanes{};
    winograd::gather<winograd::Results<kOut>>(products, product_step(), [&](int p, int q, Lanes y) {
      if (p >= rows || q >= columns) return;
      y += bias;
      if (epilogue_.relu) y = y < 0 ? Lanes{} : y;
      store(to + p * row + q * s_.k, y);
    });
  }

  Problem s_;
  Plan plan_;
  std::int64_t block_;
  const T* image_;
  Filters<T> filters_;
  Epilogue epilogue_;
  T* result_;
};

/// image and result are channels-last; the weight is dense, and turned as for the input's gradient,
/// where channels and filters change places.
void convolve(const Problem& s, const Tensor& image, const Tensor& weight, bool turned,
              const Epilogue& epilogue, const Tensor& result) {
  winograd::dispatch(image.dtype(), s.taps, [&]<class T, int R>() {
    const T* from = weight.data<T>();
    const std::int64_t near = R * R, far = weight.size(1) * near;
    const Filters<T> filters{from, from + weight.numel(), turned ? near : far, turned ? far : near,
                             turned};
    Convolution<T, R>(s, image.data<T>(), filters, epilogue, result.data<T>())();
  });
}

bool takes(const Problem& s, const Tensor& image, const Shape& weight, const Conv2dParams& params) {
  constexpr double kBf16Rate = 2.5;  // where little is padding; else oneDNN leaves it out
  return s.c >= kLanes && s.k % kLanes == 0 &&
         winograd::takes(s, image.dtype(), weight, params, kBf16Rate);
}

}  // namespace

bool conv2d_winograd(const Tensor& x, const Tensor& weight, const Tensor& bias,
                     const Conv2dParams& params, Activation activation, const Tensor& out) {
  const Problem s =
      winograd::problem(x, out, weight.size(2), params.padding.first, params.padding.second);
  if (!takes(s, x, weight.shape(), params)) return false;
  const Tensor offsets = bias.defined() ? bias.to(DType::kF32).contiguous() : bias;
  convolve(s, x.contiguous(Layout::kChannelsLast), weight.contiguous(), /*turned=*/false,
           {bias.defined() ? offsets.data<float>() : nullptr, activation == Activation::kRelu},
           out);
  return true;
}

/// The gradient's own convolution with every filter turned, its channels exchanged.
bool conv2d_input_grad_winograd(const Tensor& grad, const Tensor& weight,
                                const Conv2dParams& params, const Tensor& out) {
  const Problem s =
      winograd::problem(grad, out, weight.size(2), weight.size(2) - 1 - params.padding.first,
                        weight.size(3) - 1 - params.padding.second);
  if (!takes(s, grad, weight.shape(), params)) return false;
  convolve(s, grad.contiguous(Layout::kChannelsLast), weight.contiguous(), /*turned=*/true, {},
           out);
  return true;
}

}  // namespace tenon::cpu

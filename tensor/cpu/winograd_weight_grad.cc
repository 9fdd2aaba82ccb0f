// The weight's gradient of a convolution by Winograd's sums. A block of tiles at a time,
// windows and gradients are transformed and multiplied into 36 sums of [C,K]; all blocks done,
// these become the filters' taps. Threads share nothing that they write: one would wait for
// the other's cache as long as for memory (measured with blocks that all threads had
// transformed: 1.6 times the time for 64 channels).
#include <algorithm>

#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"
#include "tensor/cpu/room.h"
#include "tensor/cpu/winograd.h"
#include "tensor/cpu/winograd_tiles.h"
#include "tensor/cpu/winograd_transform.h"

namespace tenon::cpu {
namespace {

using winograd::kProducts;
using winograd::Problem;
using winograd::Tile;
using winograd::tile_at;

// Sums that one call of add_products() keeps in registers: kGroup channels by kVectors registers of
// filters.
#ifdef __AVX512F__
constexpr std::int64_t kGroup = 8;  // 16 of 32 registers
#else
constexpr std::int64_t kGroup = 4;  // 8 of 16
#endif
constexpr std::int64_t kVectors = 2;

/// sums[c][k] = or += sum over t of windows[t][c] grads[t][k], for kGroup channels of kLanes and V
/// registers of filters. A block's sum is added as a whole: it rounds less than one long sum.
template <int V>
[[gnu::flatten]] void add_products(const float* windows, const float* grads, std::int64_t tiles,
                                   bool first, float* sums) {
  Lanes sum[kGroup * V];
  unrolled<kGroup * V>([&](int i) { sum[i] = Lanes{}; });
  for (std::int64_t t = 0; t < tiles; ++t, windows += kLanes, grads += V * kLanes) {
    Lanes grad[V];
    unrolled<V>([&](int k) { grad[k] = load(grads + k * kLanes); });
    unrolled<kGroup>([&](int c) {
      for (int k = 0; k < V; ++k) sum[c * V + k] += windows[c] * grad[k];
    });
  }
  unrolled<kGroup * V>(
      [&](int i) { store(sums + i * kLanes, first ? sum[i] : load(sums + i * kLanes) + sum[i]); });
}

/// Channels side by side, in slices of `width`; where they do not fill the last one, it begins
/// before its turn and shares channels with the one before.
struct Slices {
  std::int64_t channels, width;

  std::int64_t count() const { return (channels + width - 1) / width; }
  std::int64_t first(std::int64_t i) const { return std::min(i * width, channels - width); }
};

/// Who computes what: tiles in groups, each with sums of its own, and filters in parts. The bits
/// depend on the groups, whose number follows from the shapes alone; parts are for more threads
/// than there are groups.
struct Plan {
  std::int64_t groups = 1, parts = 1;

  Plan(const Problem& s, std::int64_t filter_slices) {
    constexpr std::int64_t kMostGroups = 4, kFewestTiles = 128, kMostFloats = 2'000'000;
    const std::int64_t most =
        std::min({kMostGroups, s.tiles() / kFewestTiles, kMostFloats / (kProducts * s.c * s.k)});
    while (2 * groups <= most) groups *= 2;
    parts = std::min(filter_slices, (max_threads() + groups - 1) / groups);
  }

  std::int64_t items() const { return groups * parts; }
};

/// Of images of elements T and filters of R x R.
template <class T, int R>
class WeightGrad {
 public:
  WeightGrad(const Problem& sizes, const T* image, const T* grad, float* result)
      : s_(sizes),
        windows_{s_.c, kLanes},
        grads_{s_.k, s_.k < kVectors * kLanes ? kLanes : kVectors * kLanes},
        plan_(s_, grads_.count()),
        shares_(std::min<std::int64_t>(plan_.items(), max_threads())),
        block_(s_.tiles() <= winograd::most_in_one_block(s_) ? s_.tiles() : kBlock),
        image_(image),
        grad_(grad),
        result_(result) {}

  void operator()() const {
    const Room room(shares_ * block_floats() + (at_once() ? 0 : plan_.groups * sum_floats()));
    float* sums = room.at(shares_ * block_floats());
    const std::int64_t work = kProducts * s_.tiles() * s_.c * s_.k / kLanes / shares_;
    parallel_items(shares_, work, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t last = plan_.items() * (i + 1) / shares_;
        for (std::int64_t item = plan_.items() * i / shares_; item < last; ++item) {
          add_item(item, sums, room.at(i * block_floats()));
        }
      }
    });
    if (plan_.groups > 1) gather_groups(sums);
  }

 private:
  /// So many tiles are summed in registers; their windows and gradients, of 64 channels and 32
  /// filters, take half of a second-level cache of 1 MiB.
  static constexpr std::int64_t kBlock = 32;

  static constexpr int kOut = winograd::results_of(R);

  /// The sums for a slice of filters are complete before the next one's begin.
  bool at_once() const { return plan_.groups == 1 && s_.tiles() <= block_; }

  // A register more between the 36 than they need: at distances that are multiples of 4 KiB they
  // would share a few lines of the first-level cache.
  std::int64_t window_step() const { return windows_.count() * block_ * kLanes + kLanes; }
  std::int64_t grad_step() const { return block_ * grads_.width + kLanes; }
  std::int64_t sum_step() const { return windows_.count() * kLanes * grads_.width + kLanes; }
  /// Of windows [36, channels, block], and for one slice of filters gradients [36, block, filters]
  /// and sums [36, channels, filters].
  std::int64_t block_floats() const {
    return kProducts * (window_step() + grad_step()) + slice_floats();
  }
  std::int64_t slice_floats() const { return kProducts * sum_step(); }
  std::int64_t sum_floats() const { return grads_.count() * slice_floats(); }

  /// The sums of one group of tiles for one part of the filters, and what these become where there
  /// is one group.
  void add_item(std::int64_t item, float* sums, float* windows) const {
    const std::int64_t group = item / plan_.parts, part = item % plan_.parts;
    const std::int64_t first = s_.tiles() * group / plan_.groups;
    const std::int64_t count = s_.tiles() * (group + 1) / plan_.groups - first;
    const std::int64_t slices = grads_.count() * (part + 1) / plan_.parts;
    const std::int64_t blocks = (count + block_ - 1) / block_;
    float* grads = windows + kProducts * window_step();
    for (std::int64_t i = 0; i < blocks; ++i) {
      const std::int64_t begin = first + count * i / blocks;
      const std::int64_t tiles = first + count * (i + 1) / blocks - begin;
      for (std::int64_t t = 0; t < tiles; ++t) {
        winograd::transform_window(
            s_, image_, tile_at(s_, begin + t),
            [&](std::int64_t c) { return windows + c * block_ + t * kLanes; }, window_step());
      }
      for (std::int64_t k = grads_.count() * part / plan_.parts; k < slices; ++k) {
        float* to = at_once() ? grads + kProducts * grad_step()
                              : sums + group * sum_floats() + k * slice_floats();
        for (std::int64_t t = 0; t < tiles; ++t) {
          transform_grads(tile_at(s_, begin + t), k, grads + t * grads_.width);
        }
        if (grads_.width == kVectors * kLanes) {
          multiply<kVectors>(windows, grads, tiles, i == 0, to);
        } else {
          multiply<1>(windows, grads, tiles, i == 0, to);
        }
        if (plan_.groups == 1 && i + 1 == blocks) {
          for (std::int64_t c = 0; c < windows_.count() * kLanes; ++c) gather(to, k, c);
        }
      }
    }
  }

  void transform_grads(const Tile& t, std::int64_t slice, float* to) const {
    const T* from = grad_ + ((t.n * s_.p + t.p) * s_.q + t.q) * s_.k + grads_.first(slice);
    const std::int64_t row = s_.q * s_.k, rows = s_.p - t.p, columns = s_.q - t.q;
    for (std::int64_t k = 0; k < grads_.width; k += kLanes) {
      const auto inside = [&](int p, int q) { return load(from + k + p * row + q * s_.k); };
      if (rows >= kOut && columns >= kOut) {
        winograd::scatter<winograd::Results<kOut>>(inside, to + k, grad_step());
      } else {
        winograd::scatter<winograd::Results<kOut>>(
            [&](int p, int q) { return p < rows && q < columns ? inside(p, q) : Lanes{}; }, to + k,
            grad_step());
      }
    }
  }

  template <int V>
  void multiply(const float* windows, const float* grads, std::int64_t tiles, bool first,
                float* sums) const {
    for (std::int64_t i = 0; i < kProducts; ++i) {
      for (std::int64_t c = 0; c < windows_.count() * kLanes; c += kGroup) {
        for (std::int64_t t = 0; t < tiles; t += kBlock) {
          add_products<V>(windows + (c / kLanes * block_ + t) * kLanes + c % kLanes,
                          grads + t * V * kLanes, std::min(tiles - t, kBlock), first && t == 0,
                          sums + c * V * kLanes);
        }
      }
      windows += window_step();
      grads += grad_step();
      sums += sum_step();
    }
  }

  /// From sums [groups, slices, 36, channels, filters of a slice].
  void gather_groups(float* sums) const {
    const std::int64_t channels = windows_.count() * kLanes;
    parallel_items(grads_.count() * channels, plan_.groups * kProducts * grads_.width,
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t i = begin; i < end; ++i) {
                       const std::int64_t slice = i / channels, c = i % channels;
                       float* all = sums + slice * slice_floats();
                       for (std::int64_t k = 0; k < grads_.width; k += kLanes) {
                         add_groups(all + c * grads_.width + k);
                       }
                       gather(all, slice, c);
                     }
                   });
  }

  /// The sums of all groups into those of the first.
  void add_groups(float* sums) const {
    for (std::int64_t product = 0; product < kProducts; ++product, sums += sum_step()) {
      Lanes sum = load(sums);
      for (std::int64_t g = 1; g < plan_.groups; ++g) sum += load(sums + g * sum_floats());
      store(sums, sum);
    }
  }

  /// The taps of a slice of filters for one of the channels in slices.
  void gather(const float* sums, std::int64_t slice, std::int64_t channel) const {
    constexpr std::int64_t kTaps = R * R;
    const std::int64_t c = windows_.first(channel / kLanes) + channel % kLanes;
    if (c < channel / kLanes * kLanes) return;  // in the slice before, too
    alignas(64) float taps[kTaps][kLanes];
    for (std::int64_t i = 0; i < grads_.width; i += kLanes) {
      winograd::gather<winograd::Taps<R>>(
          sums + channel * grads_.width + i, sum_step(),
          [&](int r, int s, Lanes g) { store(taps[r * R + s], g); });
      const std::int64_t first = grads_.first(slice) + i, own = slice * grads_.width;
      for (std::int64_t k = std::max(first, own); k < first + kLanes; ++k) {
        float* to = result_ + (k * s_.c + c) * kTaps;
        for (std::int64_t tap = 0; tap < kTaps; ++tap) to[tap] = taps[tap][k - first];
      }
    }
  }

  Problem s_;
  Slices windows_, grads_;
  Plan plan_;
  std::int64_t shares_;  // of the items, each with memory of its own for a block
  std::int64_t block_;
  const T* image_;
  const T* grad_;
  float* result_;
};

}  // namespace

bool conv2d_weight_grad_winograd(const Tensor& grad, const Tensor& x, const Conv2dParams& params,
                                 const Tensor& out) {
  const Problem s =
      winograd::problem(x, grad, out.size(2), params.padding.first, params.padding.second);
  constexpr double kBf16Rate = 1.5;
  if (s.c < kLanes || s.k < kLanes ||
      !winograd::takes(s, x.dtype(), out.shape(), params, kBf16Rate)) {
    return false;
  }
  const Tensor image = x.contiguous(Layout::kChannelsLast);
  const Tensor incoming = grad.contiguous(Layout::kChannelsLast);
  const bool f32 = out.dtype() == DType::kF32;
  const Tensor result = f32 ? out : empty_like(out, DType::kF32);
  winograd::dispatch(x.dtype(), s.taps, [&]<class T, int R>() {
    WeightGrad<T, R>(s, image.data<T>(), incoming.data<T>(), result.data<float>())();
  });
  if (!f32) copy(result, out);
  return true;
}

}  // namespace tenon::cpu

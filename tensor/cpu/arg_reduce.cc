#include <atomic>
#include <limits>
#include <type_traits>
#include <vector>

#include "tensor/cpu/kernels.h"
#include "tensor/cpu/reduce_fold.h"

namespace tenon::cpu {
namespace {

/// Whether `a`, which comes later, replaces `b`; a NaN beats every number.
template <bool kLargest, class C>
bool beats(C a, C b) {
  const bool is_first_nan = is_nan(a), is_second_nan = is_nan(b);
  return (kLargest ? a > b : a < b) | (is_first_nan & !is_second_nan);
}

template <bool kLargest, class C>
using Extreme = std::conditional_t<kLargest, Max<C>, Min<C>>;

/// Values of a row, `stride` apart, block by block. Finding the extreme of a block takes vectors,
/// finding its place does not: only the block that holds the row's extreme is searched.
template <bool kLargest, class C>
class Row {
 public:
  Row(const Run& first, std::int64_t size) : first_(first), size_(size) {}

  std::int64_t blocks() const { return (size_ + kBlock - 1) / kBlock; }
  C extreme(std::int64_t block) const {
    alignas(kBufferAlignment) C buffer[kBlock];
    return fold_block<Extreme<kLargest, C>>(values(block, buffer), count(block),
                                            [](auto v) { return v; });
  }
  /// Where the first of the extremes of all blocks is.
  std::int64_t position(const auto& extreme_of) const {
    std::int64_t best = 0;
    C found = extreme_of(0);
    for (std::int64_t b = 1; b < blocks() && !is_nan(found); ++b) {
      const C value = extreme_of(b);
      if (beats<kLargest>(value, found)) best = b, found = value;
    }
    alignas(kBufferAlignment) C buffer[kBlock];
    const C* x = values(best, buffer);
    std::int64_t i = 0;
    while (x[i] != found && !is_nan(x[i])) ++i;
    return best * kBlock + i;
  }

 private:
  std::int64_t count(std::int64_t block) const { return std::min(kBlock, size_ - block * kBlock); }
  const C* values(std::int64_t block, C* buffer) const {
    return contiguous_run(at(first_, block * kBlock), count(block), buffer);
  }

  Run first_;
  std::int64_t size_;
};

std::int64_t* result_at(const Tensor& out, std::int64_t offset) {
  return static_cast<std::int64_t*>(out.raw_data()) + offset;
}

/// The reduced dimension is the innermost in memory.
template <bool kLargest, class C>
void along_rows(const Tensor& x, const Axes& axes, const Tensor& out) {
  const Axis reduced = axes.reduced.empty() ? Axis{1, 1, 0} : axes.reduced[0];
  const std::int64_t results = count(axes.kept);
  const auto row = [&](std::int64_t i) {
    return Row<kLargest, C>(run_at(x, offsets_of(axes.kept, i).x, reduced.stride), reduced.size);
  };
  if (results == 1) {  // one large row: threads share its blocks
    const auto only = row(0);
    std::vector<C> extremes(static_cast<std::size_t>(only.blocks()));
    parallel_items(only.blocks(), kBlock, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t b = begin; b < end; ++b) {
        extremes[static_cast<std::size_t>(b)] = only.extreme(b);
      }
    });
    *result_at(out, 0) =
        only.position([&](std::int64_t b) { return extremes[static_cast<std::size_t>(b)]; });
    return;
  }
  parallel_items(results, reduced.size, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const auto one = row(i);
      *result_at(out, offsets_of(axes.kept, i).out) =
          one.position([&](std::int64_t b) { return one.extreme(b); });
    }
  });
}

/// The extremes of columns side by side and the rows they are in, as wide as the values so that
/// both are vectors.
template <bool kLargest, class Index, class C>
void search_columns(const Rows<C>& rows, C* best, std::int64_t* places) {
  alignas(kBufferAlignment) C buffer[kColumns];
  alignas(kBufferAlignment) Index at[kColumns];
  const std::int64_t width = rows.width();
  std::copy_n(rows.row(0, buffer), width, best);
  std::fill_n(at, width, Index{0});
  for (Index r = 1; r < rows.count(); ++r) {
    const C* x = rows.row(r, buffer);
    TENON_VECTORIZE
    for (std::int64_t c = 0; c < width; ++c) {
      const bool better = beats<kLargest>(x[c], best[c]);
      best[c] = better ? x[c] : best[c];
      at[c] = better ? r : at[c];
    }
  }
  std::copy_n(at, width, places);
}

/// Another dimension is the innermost: its columns are searched side by side, some rows at a time.
template <bool kLargest, class C>
void along_columns(const Tensor& x, const Axes& axes, const Tensor& out) {
  const Axis inner = axes.kept.back();
  const std::span<const Axis> outer = std::span<const Axis>(axes.kept).first(axes.kept.size() - 1);
  const std::int64_t rows = axes.reduced[0].size;
  const std::int64_t segments = (rows + kSegmentRows - 1) / kSegmentRows;
  const std::int64_t tiles_per_run = (inner.size + kColumns - 1) / kColumns;
  const std::int64_t tiles = count(outer) * tiles_per_run;
  const std::int64_t pitch = std::min(kColumns, inner.size);
  std::vector<C> best(static_cast<std::size_t>(tiles * segments * pitch));
  std::vector<std::int64_t> places(best.size());
  const auto first_column = [&](std::int64_t tile) { return tile % tiles_per_run * kColumns; };
  const auto width = [&](std::int64_t t) {
    return std::min(kColumns, inner.size - first_column(t));
  };
  parallel_items(
      tiles * segments, std::min(kSegmentRows, rows) * pitch,
      [&](std::int64_t begin, std::int64_t end) {
        using Index = std::conditional_t<sizeof(C) == 4, std::int32_t, std::int64_t>;
        for (std::int64_t i = begin; i < end; ++i) {
          const std::int64_t tile = i / segments, row = i % segments * kSegmentRows;
          const std::int64_t base = offsets_of(outer, tile / tiles_per_run).x;
          const Run run = run_at(x, base + first_column(tile) * inner.stride, inner.stride);
          const Rows<C> some(run, axes.reduced, width(tile), row,
                             std::min(kSegmentRows, rows - row));
          search_columns<kLargest, Index>(some, &best[static_cast<std::size_t>(i * pitch)],
                                          &places[static_cast<std::size_t>(i * pitch)]);
        }
      });
  parallel_items(tiles, segments * pitch, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t tile = begin; tile < end; ++tile) {
      C* const most = &best[static_cast<std::size_t>(tile * segments * pitch)];
      std::int64_t* const place = &places[static_cast<std::size_t>(tile * segments * pitch)];
      for (std::int64_t s = 1; s < segments; ++s) {
        for (std::int64_t c = 0; c < width(tile); ++c) {
          if (!beats<kLargest>(most[s * pitch + c], most[c])) continue;
          most[c] = most[s * pitch + c];
          place[c] = place[s * pitch + c] + s * kSegmentRows;
        }
      }
      const std::int64_t base = offsets_of(outer, tile / tiles_per_run).out;
      scatter(place, width(tile),
              run_at(out, base + first_column(tile) * inner.out_stride, inner.out_stride));
    }
  });
}

template <bool kLargest>
void arg_reduce(const Tensor& x, int dim, const Tensor& out) {
  if (out.numel() == 0) return;
  const Axes axes = sort_axes(x, std::uint64_t{1} << dim, out);
  dispatch_compute(x.dtype(), [&]<class C>() {
    if (axes.reduced.empty() || axes.innermost_is_reduced) {
      along_rows<kLargest, C>(x, axes, out);
    } else {
      along_columns<kLargest, C>(x, axes, out);
    }
  });
}

}  // namespace

void arg_reduce(bool largest, const Tensor& x, int dim, const Tensor& out) {
  largest ? arg_reduce<true>(x, dim, out) : arg_reduce<false>(x, dim, out);
}

bool all_finite(const Tensor& x) {
  return dispatch_compute(x.dtype(), [&]<class C>() {
    std::atomic<bool> finite{true};
    for_each_run<1>({&x}, [&](const std::array<Run, 1>& runs, std::int64_t length) {
      C buffer[kChunk];
      C zero{0};  // x * 0 is 0 for finite x and NaN for others; sums of it need no branch
      for (std::int64_t i = 0; i < length; i += kChunk) {
        const std::int64_t n = std::min(kChunk, length - i);
        const C* values = contiguous_run(at(runs[0], i), n, buffer);
        for (std::int64_t j = 0; j < n; ++j) zero += values[j] * C{0};
      }
      if (zero != C{0}) finite.store(false, std::memory_order_relaxed);
    });
    return finite.load();
  });
}

}  // namespace tenon::cpu

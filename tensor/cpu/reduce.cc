// Reductions whose order of additions depends on shapes alone, never on the number of threads.
//
// Dimensions are sorted into kept and reduced ones. Where the innermost in memory is reduced, each
// result reads runs ("rows"); where it is kept, neighbouring results are accumulated side by side
// ("columns"). Either way partial results of fixed blocks are combined pairwise, which keeps the
// rounding error of n additions near log2(n) units instead of n (Higham 1993, §4).
#include <algorithm>
#include <limits>
#include <vector>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"

namespace tenon::cpu {
namespace {

template <class C>
struct Add {
  static constexpr C kIdentity = C{0};
  static C combine(C a, C b) { return a + b; }
};
// NaN wins.
template <class C>
struct Max {
  static constexpr C kIdentity = std::numeric_limits<C>::has_infinity
                                     ? -std::numeric_limits<C>::infinity()
                                     : std::numeric_limits<C>::lowest();
  static C combine(C a, C b) { return a > b || is_nan(a) ? a : b; }
};
template <class C>
struct Min {
  static constexpr C kIdentity = std::numeric_limits<C>::has_infinity
                                     ? std::numeric_limits<C>::infinity()
                                     : std::numeric_limits<C>::max();
  static C combine(C a, C b) { return a < b || is_nan(a) ? a : b; }
};

struct Axis {
  std::int64_t size;
  std::int64_t stride;      // in x
  std::int64_t out_stride;  // in the result; 0 where reduced
};

struct Axes {
  std::vector<Axis> kept;     // outermost first
  std::vector<Axis> reduced;  // largest stride first
  bool innermost_is_reduced = true;

  static std::int64_t count(const std::vector<Axis>& axes) {
    std::int64_t product = 1;
    for (const Axis& axis : axes) product *= axis.size;
    return product;
  }
};

void merge_even(std::vector<Axis>& axes) {
  std::stable_sort(axes.begin(), axes.end(),
                   [](const Axis& a, const Axis& b) { return a.stride > b.stride; });
  std::vector<Axis> merged;
  for (const Axis& axis : axes) {
    if (!merged.empty() && merged.back().stride == axis.stride * axis.size &&
        merged.back().out_stride == axis.out_stride * axis.size) {
      merged.back() = {merged.back().size * axis.size, axis.stride, axis.out_stride};
    } else {
      merged.push_back(axis);
    }
  }
  axes = std::move(merged);
}

Axes sort_axes(const Tensor& x, std::uint64_t dims, const Tensor& out) {
  Axes axes;
  for (int d = 0; d < x.ndim(); ++d) {
    if (x.shape()[d] == 1) continue;
    const bool reduced = dims >> d & 1;
    (reduced ? axes.reduced : axes.kept)
        .push_back({x.shape()[d], x.strides()[d], reduced ? 0 : out.strides()[d]});
  }
  merge_even(axes.kept);
  merge_even(axes.reduced);
  axes.innermost_is_reduced =
      axes.kept.empty() ||
      (!axes.reduced.empty() && axes.reduced.back().stride < axes.kept.back().stride);
  return axes;
}

/// Offsets in x and the result of item `index` of the product of `axes`.
struct Offsets {
  std::int64_t x = 0;
  std::int64_t out = 0;
};

Offsets offsets_of(std::span<const Axis> axes, std::int64_t index) {
  Offsets offsets;
  for (std::size_t i = axes.size(); i-- > 0;) {
    const std::int64_t at = index % axes[i].size;
    index /= axes[i].size;
    offsets.x += at * axes[i].stride;
    offsets.out += at * axes[i].out_stride;
  }
  return offsets;
}

/// Combines partial results in the order of a balanced tree as they come.
template <class C, class Op>
class PairwiseTree {
 public:
  void push(C value) {
    for (std::uint64_t bit = count_++; bit & 1; bit >>= 1) {
      value = Op::combine(levels_[--depth_], value);
    }
    levels_[depth_++] = value;
  }
  C result() const {
    C value = Op::kIdentity;
    for (int i = depth_ - 1; i >= 0; --i) value = Op::combine(levels_[i], value);
    return value;
  }

 private:
  C levels_[64];
  int depth_ = 0;
  std::uint64_t count_ = 0;
};

constexpr int kLanes = 32;  // independent accumulators: two AVX-512 registers of f32
constexpr std::int64_t kBlock = 4096;

/// Reduces up to kBlock contiguous elements.
template <class C, class Op>
C reduce_block(const C* x, std::int64_t count) {
  C lanes[kLanes];
  std::fill_n(lanes, kLanes, Op::kIdentity);
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) {
      lanes[lane] = Op::combine(lanes[lane], x[i + lane]);
    }
  }
  for (int lane = 0; i < count; ++i, ++lane) lanes[lane] = Op::combine(lanes[lane], x[i]);
  for (int width = kLanes / 2; width > 0; width /= 2) {
    for (int lane = 0; lane < width; ++lane) {
      lanes[lane] = Op::combine(lanes[lane], lanes[lane + width]);
    }
  }
  return lanes[0];
}

template <class C, class Op>
C reduce_run_block(const Run& run, std::int64_t count) {
  if (run.dtype == dtype_of<C> && run.stride == 1) {
    return reduce_block<C, Op>(reinterpret_cast<const C*>(run.data), count);
  }
  C buffer[kBlock];
  gather(run, count, buffer);
  return reduce_block<C, Op>(buffer, count);
}

Run run_at(const Tensor& x, std::int64_t offset, std::int64_t stride) {
  return {static_cast<std::byte*>(x.raw_data()) +
              offset * static_cast<std::int64_t>(size_of(x.dtype())),
          stride, x.dtype()};
}

template <class C>
void store(C value, const Tensor& out, std::int64_t offset) {
  scatter(&value, 1, run_at(out, offset, 1));
}

/// The innermost dimension is reduced: one result reads whole runs.
template <class C, class Op, class Finish>
void reduce_rows(const Tensor& x, const Axes& axes, const Tensor& out, const Finish& finish) {
  const std::int64_t results = Axes::count(axes.kept);
  const std::int64_t length = axes.reduced.empty() ? 1 : axes.reduced.back().size;
  const std::int64_t stride = axes.reduced.empty() ? 1 : axes.reduced.back().stride;
  const std::span<const Axis> outer(axes.reduced.data(),
                                    axes.reduced.empty() ? 0 : axes.reduced.size() - 1);
  const std::int64_t runs = Axes::count({outer.begin(), outer.end()});
  const std::int64_t blocks_per_run = (length + kBlock - 1) / kBlock;
  const std::int64_t blocks = runs * blocks_per_run;
  const auto block = [&](std::int64_t base, std::int64_t index) {
    const std::int64_t begin = index % blocks_per_run * kBlock;
    const std::int64_t offset =
        base + offsets_of(outer, index / blocks_per_run).x + begin * stride;
    return reduce_run_block<C, Op>(run_at(x, offset, stride), std::min(kBlock, length - begin));
  };
  if (results == 1 && blocks > 4) {  // one large reduction: threads share its blocks
    std::vector<C> partial(static_cast<std::size_t>(blocks));
    parallel_items(blocks, kBlock, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) partial[static_cast<std::size_t>(i)] = block(0, i);
    });
    PairwiseTree<C, Op> tree;
    for (const C value : partial) tree.push(value);
    store(finish(tree.result()), out, 0);
    return;
  }
  parallel_items(results, runs * length, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const Offsets base = offsets_of(axes.kept, i);
      PairwiseTree<C, Op> tree;
      for (std::int64_t b = 0; b < blocks; ++b) tree.push(block(base.x, b));
      store(finish(tree.result()), out, base.out);
    }
  });
}

constexpr std::int64_t kColumns = 256;    // results accumulated side by side
constexpr std::int64_t kSegmentRows = 256;  // rows of one partial result

/// acc[c] = combine(acc[c], row[c]) over rows [begin, end) of `count` columns.
template <class C, class Op>
void accumulate_rows(const Tensor& x, std::span<const Axis> rows, std::int64_t begin,
                     std::int64_t end, std::int64_t base, std::int64_t stride, std::int64_t count,
                     C* acc) {
  C buffer[kColumns];
  std::fill_n(acc, count, Op::kIdentity);
  const bool one_axis = rows.size() == 1;
  for (std::int64_t r = begin; r < end; ++r) {
    const std::int64_t offset = one_axis ? r * rows[0].stride : offsets_of(rows, r).x;
    const C* row = contiguous_run(run_at(x, base + offset, stride), count, buffer);
    for (std::int64_t c = 0; c < count; ++c) acc[c] = Op::combine(acc[c], row[c]);
  }
}

/// The innermost dimension is kept: rows are added up, in fixed segments combined pairwise.
template <class C, class Op, class Finish>
void reduce_columns(const Tensor& x, const Axes& axes, const Tensor& out, const Finish& finish) {
  const Axis inner = axes.kept.back();
  const std::span<const Axis> outer(axes.kept.data(), axes.kept.size() - 1);
  const std::int64_t rows = Axes::count(axes.reduced);
  const std::int64_t segments = (rows + kSegmentRows - 1) / kSegmentRows;
  const std::int64_t column_blocks = (inner.size + kColumns - 1) / kColumns;
  const std::int64_t tiles = Axes::count({outer.begin(), outer.end()}) * column_blocks;
  const std::int64_t pitch = std::min(kColumns, inner.size);
  std::vector<C> partial(static_cast<std::size_t>(tiles * segments * pitch));
  const auto tile_columns = [&](std::int64_t tile) {
    return std::min(kColumns, inner.size - tile % column_blocks * kColumns);
  };
  const auto tile_offsets = [&](std::int64_t tile) {
    Offsets base = offsets_of(outer, tile / column_blocks);
    base.x += tile % column_blocks * kColumns * inner.stride;
    base.out += tile % column_blocks * kColumns * inner.out_stride;
    return base;
  };
  const std::int64_t work = std::min(kSegmentRows, rows) * pitch;
  parallel_items(tiles * segments, work, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t tile = i / segments, first = i % segments * kSegmentRows;
      accumulate_rows<C, Op>(x, axes.reduced, first, std::min(first + kSegmentRows, rows),
                             tile_offsets(tile).x, inner.stride, tile_columns(tile),
                             &partial[static_cast<std::size_t>(i * pitch)]);
    }
  });
  for (std::int64_t tile = 0; tile < tiles; ++tile) {
    C* sums = &partial[static_cast<std::size_t>(tile * segments * pitch)];
    const std::int64_t columns = tile_columns(tile);
    for (std::int64_t step = 1; step < segments; step *= 2) {
      for (std::int64_t s = 0; s + step < segments; s += 2 * step) {
        for (std::int64_t c = 0; c < columns; ++c) {
          sums[s * pitch + c] =
              Op::combine(sums[s * pitch + c], sums[(s + step) * pitch + c]);
        }
      }
    }
    for (std::int64_t c = 0; c < columns; ++c) sums[c] = finish(sums[c]);
    scatter(sums, columns, run_at(out, tile_offsets(tile).out, inner.out_stride));
  }
}

template <class C, class Op, class Finish>
void reduce_with(const Tensor& x, std::uint64_t dims, const Tensor& out, const Finish& finish) {
  if (out.numel() == 0) return;
  if (x.numel() == 0) {
    fill(static_cast<double>(finish(Op::kIdentity)), out);
    return;
  }
  const Axes axes = sort_axes(x, dims, out);
  if (axes.innermost_is_reduced) {
    reduce_rows<C, Op>(x, axes, out, finish);
  } else {
    reduce_columns<C, Op>(x, axes, out, finish);
  }
}

}  // namespace

void reduce(ReduceOp op, const Tensor& x, std::uint64_t dims, const Tensor& out) {
  dispatch_compute(x.dtype(), [&]<class C>() {
    const auto same = [](C value) { return value; };
    switch (op) {
      case ReduceOp::kSum:
        return reduce_with<C, Add<C>>(x, dims, out, same);
      case ReduceOp::kMean:
        if constexpr (std::is_floating_point_v<C>) {
          std::int64_t count = 1;
          for (int d = 0; d < x.ndim(); ++d) count *= dims >> d & 1 ? x.shape()[d] : 1;
          const C divisor = static_cast<C>(count);
          reduce_with<C, Add<C>>(x, dims, out, [divisor](C value) { return value / divisor; });
        }
        return;
      case ReduceOp::kMax:
        return reduce_with<C, Max<C>>(x, dims, out, same);
      case ReduceOp::kMin:
        return reduce_with<C, Min<C>>(x, dims, out, same);
    }
  });
}

}  // namespace tenon::cpu

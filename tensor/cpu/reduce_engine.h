// Reductions whose order of operations depends on shapes alone, never on the number of threads.
//
// Where the innermost dimension in memory is reduced, each result reads runs ("rows"); where it is
// kept, neighbouring results are accumulated side by side ("columns"). Either way partial results
// of fixed blocks are combined pairwise, which keeps the rounding error of n additions near log2(n)
// units instead of n (Higham 1993, §4), and lets a method look at a block twice while it is in the
// cache. A method is a class like this:
//
//   struct Method {
//     using Value = float;                                       // what it reads and returns
//     using Partial = …;                                         // what it knows of some elements
//     static Partial identity();                                 // … of none
//     static Partial combine(const Partial&, const Partial&);
//     Partial block(const float* x, std::int64_t count) const;   // up to kBlock of them
//     void columns(const Rows<float>&, Partial* out) const;      // up to kColumns side by side
//     float finish(const Partial&) const;
//     // Optional: what finish would make of `columns`, where the rows hold all there is.
//     void results(const Rows<float>&, float* out) const;
//   };
#ifndef TENON_TENSOR_CPU_REDUCE_ENGINE_H_
#define TENON_TENSOR_CPU_REDUCE_ENGINE_H_

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "tensor/cpu/elementwise.h"
#include "tensor/cpu/fold_block.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"
#include "tensor/cpu/reduce_axes.h"
#include "tensor/cpu/turn_rows.h"

namespace tenon::cpu {

constexpr std::int64_t kBlock = 4096;       // elements of one partial result of rows
constexpr std::int64_t kColumns = 1024;     // results accumulated side by side: 4 KiB of f32
constexpr std::int64_t kSegmentRows = 256;  // rows of one partial result of columns
constexpr std::int64_t kTurned = 1024;      // elements of rows turned into columns: 4 KiB of f32

/// Combines partial results in the order of a balanced tree as they come.
template <class Method>
class PairwiseTree {
 public:
  using Partial = typename Method::Partial;

  void push(Partial value) {
    for (std::uint64_t bit = count_++; bit & 1; bit >>= 1) {
      value = Method::combine(levels_[--depth_], value);
    }
    levels_[depth_++] = value;
  }
  Partial result() const {
    if (depth_ == 0) return Method::identity();
    Partial value = levels_[depth_ - 1];
    for (int i = depth_ - 2; i >= 0; --i) value = Method::combine(levels_[i], value);
    return value;
  }

 private:
  Partial levels_[64];
  int depth_ = 0;
  std::uint64_t count_ = 0;
};

/// Rows [begin, begin + count) of one tile of columns, each as `width` contiguous values.
template <class C>
class Rows {
 public:
  /// `first` is where row 0 of `axes` begins.
  Rows(const Run& first, std::span<const Axis> axes, std::int64_t width, std::int64_t begin,
       std::int64_t count)
      : first_(first), axes_(axes), width_(width), begin_(begin), count_(count) {}

  std::int64_t count() const { return count_; }
  std::int64_t width() const { return width_; }
  /// Row r; `buffer` has kColumns elements.
  const C* row(std::int64_t r, C* buffer) const {
    const std::int64_t index = begin_ + r;
    const std::int64_t offset =
        axes_.size() == 1 ? index * axes_[0].stride : offsets_of(axes_, index).x;
    const Run run{first_.data + offset * static_cast<std::int64_t>(size_of(first_.dtype)),
                  first_.stride, first_.dtype};
    return contiguous_run(run, width_, buffer);
  }
  /// An address to prefetch row r from, which may lie beyond the last one.
  const C* place(std::int64_t r) const {
    const std::int64_t step = axes_.empty() ? 0 : axes_.back().stride;
    return reinterpret_cast<const C*>(at({first_.data, step, first_.dtype}, begin_ + r).data);
  }

 private:
  Run first_;
  std::span<const Axis> axes_;
  std::int64_t width_, begin_, count_;
};

/// What one result of `rows` reads: runs of one length, in blocks.
template <class Method>
class Row {
 public:
  using C = typename Method::Value;

  Row(const Method& method, const Tensor& x, const Axes& axes) : method_(method), x_(x) {
    if (axes.reduced.empty()) return;
    outer_ = std::span<const Axis>(axes.reduced).first(axes.reduced.size() - 1);
    length_ = axes.reduced.back().size;
    stride_ = axes.reduced.back().stride;
    blocks_per_run_ = (length_ + kBlock - 1) / kBlock;
    blocks_ = cpu::count(outer_) * blocks_per_run_;
  }
  std::int64_t blocks() const { return blocks_; }
  std::int64_t elements() const { return cpu::count(outer_) * length_; }

  typename Method::Partial block(std::int64_t base, std::int64_t index) const {
    const std::int64_t begin = index % blocks_per_run_ * kBlock;
    if (!outer_.empty()) base += offsets_of(outer_, index / blocks_per_run_).x;
    const Run run = run_at(x_, base + begin * stride_, stride_);
    const std::int64_t count = std::min(kBlock, length_ - begin);
    if (is_direct<C>(run)) return method_.block(reinterpret_cast<const C*>(run.data), count);
    alignas(kBufferAlignment) C buffer[kBlock];
    gather(run, count, buffer);
    return method_.block(buffer, count);
  }

  C result(std::int64_t base) const {
    if (blocks_ == 1) return method_.finish(block(base, 0));
    PairwiseTree<Method> tree;
    for (std::int64_t b = 0; b < blocks_; ++b) tree.push(block(base, b));
    return method_.finish(tree.result());
  }

 private:
  const Method& method_;
  const Tensor& x_;
  std::span<const Axis> outer_;
  std::int64_t length_ = 1, stride_ = 1, blocks_per_run_ = 1, blocks_ = 1;
};

/// One result of many blocks: threads share them.
template <class Method>
typename Method::Value reduce_all(const Method& method, const Row<Method>& row) {
  std::vector<typename Method::Partial> partial(static_cast<std::size_t>(row.blocks()));
  parallel_items(row.blocks(), kBlock, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      partial[static_cast<std::size_t>(i)] = row.block(0, i);
    }
  });
  PairwiseTree<Method> tree;
  for (const auto& value : partial) tree.push(value);
  return method.finish(tree.result());
}

/// values[i] = the result of the row of `length` elements at first + i * step. Rows too short for
/// vectors of their own are taken several at a time.
template <class Method>
void reduce_short_rows(const Method& method, const Run& first, std::int64_t length,
                       std::int64_t step, std::int64_t results, typename Method::Value* values) {
  using C = typename Method::Value;
  if constexpr (requires(const C* x) { method.short_rows(x, 0, 0, 0, values); }) {
    if (is_direct<C>(first)) {
      const auto* const x = reinterpret_cast<const C*>(first.data);
      method.short_rows(x, step, length, results, values);
      for (std::int64_t i = 0; i < results; ++i) values[i] = method.finish(values[i]);
      return;
    }
  }
  alignas(kBufferAlignment) C turned[kTurned];
  turn_rows(first, length, step, results, turned);
  const Axis down{length, results, 0};
  const Run side_by_side{reinterpret_cast<std::byte*>(turned), 1, dtype_of<C>};
  const Rows<C> rows(side_by_side, {&down, 1}, results, 0, length);
  if constexpr (requires { method.results(rows, values); }) {
    method.results(rows, values);
  } else {
    typename Method::Partial partial[kColumns];
    method.columns(rows, partial);
    for (std::int64_t i = 0; i < results; ++i) values[i] = method.finish(partial[i]);
  }
}

template <class Method>
void reduce_rows(const Method& method, const Tensor& x, const Axes& axes, const Tensor& out) {
  using C = typename Method::Value;
  const Row<Method> row(method, x, axes);
  const std::int64_t results = count(axes.kept);
  if (results == 1 && row.blocks() > 4) {
    const C value = reduce_all(method, row);
    return scatter(&value, 1, run_at(out, 0, 1));
  }
  const Axis last = axes.kept.empty() ? Axis{1, 1, 1} : axes.kept.back();
  const bool is_short = axes.reduced.size() == 1 && row.elements() <= kShortRow;
  const std::int64_t together = is_short ? kTurned / row.elements() : kChunk;  // results at a time
  parallel_items(results, row.elements(), [&](std::int64_t begin, std::int64_t end) {
    C values[kChunk];
    for (std::int64_t done = begin; done < end;) {  // results that lie evenly, a buffer at a time
      const std::int64_t n = std::min({together, end - done, last.size - done % last.size});
      const Offsets base = offsets_of(axes.kept, done);
      if (is_short) {
        reduce_short_rows(method, run_at(x, base.x, axes.reduced[0].stride), row.elements(),
                          last.stride, n, values);
      } else {
        for (std::int64_t i = 0; i < n; ++i) values[i] = row.result(base.x + i * last.stride);
      }
      scatter(values, n, run_at(out, base.out, last.out_stride));
      done += n;
    }
  });
}

/// Combines the partial results of `segments` pairwise into the first; each has `columns`.
template <class Method>
void combine_segments(typename Method::Partial* partial, std::int64_t segments, std::int64_t pitch,
                      std::int64_t columns) {
  for (std::int64_t step = 1; step < segments; step *= 2) {
    for (std::int64_t s = 0; s + step < segments; s += 2 * step) {
      for (std::int64_t c = 0; c < columns; ++c) {
        auto& into = partial[s * pitch + c];
        into = Method::combine(into, partial[(s + step) * pitch + c]);
      }
    }
  }
}

/// out[c] = the partial result of column c of `rows`, of which `together` lie next to each other as
/// values of C: they are taken as one row of so many more columns, and those are then combined.
template <class Method>
void reduce_adjacent_rows(const Method& method, const Run& first, std::int64_t width,
                          std::int64_t together, std::int64_t count,
                          typename Method::Partial* out) {
  using C = typename Method::Value;
  const std::int64_t wide = together * width, wide_rows = count / together;
  const std::int64_t rest = count - wide_rows * together;
  typename Method::Partial partial[2 * kColumns];
  if (wide_rows > 0) {
    const Axis down{wide_rows, wide, 0};
    method.columns(Rows<C>(first, {&down, 1}, wide, 0, wide_rows), partial);
    combine_segments<Method>(partial, together, width, width);
  }
  if (rest > 0) {
    auto* const last = wide_rows > 0 ? partial + kColumns : partial;
    const Axis down{rest, width, 0};
    method.columns(Rows<C>(at(first, wide_rows * wide), {&down, 1}, width, 0, rest), last);
    if (last != partial) {
      for (std::int64_t c = 0; c < width; ++c) partial[c] = Method::combine(partial[c], last[c]);
    }
  }
  std::copy_n(partial, width, out);
}

/// How many rows reduce_columns takes as one: some where rows narrower than kColumns are dense.
template <class C>
std::int64_t rows_together(const Tensor& x, const Axes& axes) {
  const Axis inner = axes.kept.back();
  const bool dense = is_direct<C>(run_at(x, 0, inner.stride)) && axes.reduced.size() == 1 &&
                     axes.reduced[0].stride == inner.size;
  const std::int64_t together = kColumns / inner.size;
  return dense && together >= 2 ? together : 1;
}

template <class Method>
void reduce_columns(const Method& method, const Tensor& x, const Axes& axes, const Tensor& out) {
  using C = typename Method::Value;
  const Axis inner = axes.kept.back();
  const std::span<const Axis> outer = std::span<const Axis>(axes.kept).first(axes.kept.size() - 1);
  const std::int64_t rows = count(axes.reduced);
  const std::int64_t together = rows_together<C>(x, axes);
  const std::int64_t segment_rows = kSegmentRows * together;
  const std::int64_t segments = (rows + segment_rows - 1) / segment_rows;
  const std::int64_t pitch = std::min(kColumns, inner.size);
  const std::int64_t tiles_per_run = (inner.size + kColumns - 1) / kColumns;
  const std::int64_t tiles = count(outer) * tiles_per_run;
  std::vector<typename Method::Partial> partial(static_cast<std::size_t>(tiles * segments * pitch));
  const auto first_column = [&](std::int64_t tile) { return tile % tiles_per_run * kColumns; };
  const auto width = [&](std::int64_t t) {
    return std::min(kColumns, inner.size - first_column(t));
  };
  const auto of_tile = [&](std::int64_t tile) {
    return &partial[static_cast<std::size_t>(tile * segments * pitch)];
  };
  const std::int64_t work = std::min(segment_rows, rows) * pitch;
  parallel_items(tiles * segments, work, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t tile = i / segments, segment = i % segments;
      const std::int64_t base =
          offsets_of(outer, tile / tiles_per_run).x + first_column(tile) * inner.stride;
      const Run run = run_at(x, base, inner.stride);
      const std::int64_t first = segment * segment_rows;
      const std::int64_t n = std::min(segment_rows, rows - first);
      auto* const result = of_tile(tile) + segment * pitch;
      if (together > 1) {
        reduce_adjacent_rows(method, at(run, first * inner.size), inner.size, together, n, result);
      } else {
        method.columns(Rows<C>(run, axes.reduced, width(tile), first, n), result);
      }
    }
  });
  parallel_items(tiles, segments * pitch, [&](std::int64_t begin, std::int64_t end) {
    C values[kColumns];
    for (std::int64_t tile = begin; tile < end; ++tile) {
      combine_segments<Method>(of_tile(tile), segments, pitch, width(tile));
      for (std::int64_t c = 0; c < width(tile); ++c) values[c] = method.finish(of_tile(tile)[c]);
      const Offsets base = offsets_of(outer, tile / tiles_per_run);
      scatter(values, width(tile),
              run_at(out, base.out + first_column(tile) * inner.out_stride, inner.out_stride));
    }
  });
}

template <class Method>
void reduce_with(const Method& method, const Tensor& x, std::uint64_t dims, const Tensor& out) {
  if (out.numel() == 0) return;
  if (x.numel() == 0) {
    return fill(static_cast<double>(method.finish(Method::identity())), out);
  }
  const Axes axes = sort_axes(x, dims, out);
  if (axes.innermost_is_reduced) {
    reduce_rows(method, x, axes, out);
  } else {
    reduce_columns(method, x, axes, out);
  }
}

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_REDUCE_ENGINE_H_

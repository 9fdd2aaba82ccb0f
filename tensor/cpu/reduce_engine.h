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
//     template <class Rows>                                      // up to kColumns side by side
//     void columns(const Rows& rows, Partial* out) const;
//     float finish(const Partial&) const;
//   };
#ifndef TENON_TENSOR_CPU_REDUCE_ENGINE_H_
#define TENON_TENSOR_CPU_REDUCE_ENGINE_H_

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "tensor/cpu/elementwise.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"
#include "tensor/cpu/reduce_axes.h"

namespace tenon::cpu {

constexpr std::int64_t kBlock = 4096;       // elements of one partial result of rows
constexpr std::int64_t kColumns = 1024;     // results accumulated side by side: 4 KiB of f32
constexpr std::int64_t kSegmentRows = 256;  // rows of one partial result of columns

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
  Rows(const Tensor& x, std::span<const Axis> axes, std::int64_t base, std::int64_t stride,
       std::int64_t width, std::int64_t begin, std::int64_t count)
      : x_(x),
        axes_(axes),
        base_(base),
        stride_(stride),
        width_(width),
        begin_(begin),
        count_(count) {}

  std::int64_t count() const { return count_; }
  std::int64_t width() const { return width_; }
  /// Row r; `buffer` has kColumns elements.
  const C* row(std::int64_t r, C* buffer) const { return contiguous_run(run(r), width_, buffer); }
  /// How many rows from the first on lie next to each other as values of C.
  std::int64_t adjacent() const {
    const bool dense = is_direct<C>(run(0)) && axes_.size() == 1 && axes_[0].stride == width_;
    return dense ? count_ : 1;
  }

 private:
  Run run(std::int64_t r) const {
    const std::int64_t index = begin_ + r;
    const bool one_axis = axes_.size() == 1;
    return run_at(x_, base_ + (one_axis ? index * axes_[0].stride : offsets_of(axes_, index).x),
                  stride_);
  }

  const Tensor& x_;
  std::span<const Axis> axes_;
  std::int64_t base_, stride_, width_, begin_, count_;
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
  parallel_items(results, row.elements(), [&](std::int64_t begin, std::int64_t end) {
    C values[kChunk];
    for (std::int64_t done = begin; done < end;) {  // results that lie evenly, a buffer at a time
      const std::int64_t n = std::min({kChunk, end - done, last.size - done % last.size});
      const Offsets base = offsets_of(axes.kept, done);
      for (std::int64_t i = 0; i < n; ++i) values[i] = row.result(base.x + i * last.stride);
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

template <class Method>
void reduce_columns(const Method& method, const Tensor& x, const Axes& axes, const Tensor& out) {
  using C = typename Method::Value;
  const Axis inner = axes.kept.back();
  const std::span<const Axis> outer = std::span<const Axis>(axes.kept).first(axes.kept.size() - 1);
  const std::int64_t rows = count(axes.reduced);
  const std::int64_t segments = (rows + kSegmentRows - 1) / kSegmentRows;
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
  const std::int64_t work = std::min(kSegmentRows, rows) * pitch;
  parallel_items(tiles * segments, work, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t tile = i / segments, segment = i % segments;
      const std::int64_t base =
          offsets_of(outer, tile / tiles_per_run).x + first_column(tile) * inner.stride;
      const std::int64_t first = segment * kSegmentRows;
      method.columns(Rows<C>(x, axes.reduced, base, inner.stride, width(tile), first,
                             std::min(kSegmentRows, rows - first)),
                     of_tile(tile) + segment * pitch);
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

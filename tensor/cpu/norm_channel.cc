// Statistics and affine maps per channel of x [A,C,B]: what batch and group normalization are made
// of. Each reads its tensors once; sums are taken in blocks that depend on the shape alone and
// combined in order, so that the bits do not depend on the number of threads.
#include <Eigen/Core>
#include <algorithm>
#include <vector>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"

namespace tenon::cpu {
namespace {

template <class C>
using Row = Eigen::Map<Eigen::Array<C, Eigen::Dynamic, 1>>;
template <class C>
using ConstRow = Eigen::Map<const Eigen::Array<C, Eigen::Dynamic, 1>>;
template <class C>
using Vector = Eigen::Array<C, Eigen::Dynamic, 1>;

constexpr std::int64_t kTile = 256;    // rows of few channels are taken several at a time
constexpr std::int64_t kBlock = 8192;  // elements of a block: two of f32 stay in the caches

/// x [A,C,B] as blocks of elements that are contiguous: rows of C where B is 1, else parts of one
/// channel.
struct Blocks {
  explicit Blocks(const Shape& shape) : a(shape[0]), c(shape[1]), b(shape[2]) {
    columns = b == 1;
    rows = columns ? std::max<std::int64_t>(1, kBlock / c) : 0;
    count = columns ? (a + rows - 1) / rows : a * c;
  }
  std::int64_t a, c, b;
  bool columns;
  std::int64_t rows;  // in a block, where columns
  std::int64_t count;
};

Run run_of(const Tensor& x, std::int64_t first) {
  const auto bytes = static_cast<std::int64_t>(size_of(x.dtype()));
  return {static_cast<std::byte*>(x.raw_data()) + first * bytes, 1, x.dtype()};
}

template <class F>
void dispatch(const Tensor& x, const F& fn) {
  dispatch_compute(x.dtype(), [&]<class C>() {
    if constexpr (std::is_floating_point_v<C>) fn.template operator()<C>();
  });
}

/// Sums the columns of `values` [rows, c] that term(first, count) computes, `count` elements from
/// element `first` on; `tile` holds kTile + c numbers at most.
template <class C, class Term>
void column_sums(std::int64_t rows, std::int64_t c, const Term& term, C* out) {
  const std::int64_t repeat = std::max<std::int64_t>(1, std::min(rows, kTile / c));
  const std::int64_t width = repeat * c, total = rows * c;
  Vector<C> tile = Vector<C>::Zero(width);
  for (std::int64_t first = 0; first < total; first += width) {
    const std::int64_t length = std::min(width, total - first);
    term(first, length, tile);
  }
  Row<C> sums(out, c);
  sums = tile.head(c);
  for (std::int64_t r = 1; r < repeat; ++r) sums += tile.segment(r * c, c);
}

/// `values` [c] repeated until there are kTile or so of them.
template <class C>
Vector<C> tiled(const C* values, std::int64_t c) {
  const std::int64_t repeat = std::max<std::int64_t>(1, kTile / c);
  Vector<C> tile(repeat * c);
  for (std::int64_t r = 0; r < repeat; ++r) tile.segment(r * c, c) = ConstRow<C>(values, c);
  return tile;
}

template <class C>
void column_moments(const C* x, std::int64_t rows, std::int64_t c, C* mean, C* squares) {
  column_sums<C>(
      rows, c,
      [x](std::int64_t first, std::int64_t length, Vector<C>& sum) {
        sum.head(length) += ConstRow<C>(x + first, length);
      },
      mean);
  Row<C>(mean, c) /= static_cast<C>(rows);
  const Vector<C> center = tiled(mean, c);
  column_sums<C>(
      rows, c,
      [x, &center](std::int64_t first, std::int64_t length, Vector<C>& sum) {
        sum.head(length) += (ConstRow<C>(x + first, length) - center.head(length)).square();
      },
      squares);
}

/// Mean and sum of squared differences of some numbers, and those of more of them (Chan et al.
/// 1983, "Algorithms for computing the sample variance", §2).
struct Moments {
  double count = 0, mean = 0, squares = 0;

  void add(double other_count, double other_mean, double other_squares) {
    if (other_count == 0) return;
    const double delta = other_mean - mean, total = count + other_count;
    squares += other_squares + delta * delta * count * other_count / total;
    mean += delta * other_count / total;
    count = total;
  }
};

/// Calls fn(first, length, x) for pieces of a channel's contiguous elements.
template <class F>
void for_pieces(std::int64_t first, std::int64_t length, const F& fn) {
  for (std::int64_t at = 0; at < length; at += kBlock) {
    fn(first + at, std::min(kBlock, length - at));
  }
}

template <class C>
void moments_of_run(const Tensor& x, std::int64_t first, std::int64_t length, C* buffer, C* mean,
                    C* squares) {
  Moments all;
  for_pieces(first, length, [&](std::int64_t at, std::int64_t n) {
    const ConstRow<C> values(contiguous_run(run_of(x, at), n, buffer), n);
    const C middle = values.sum() / static_cast<C>(n);
    all.add(static_cast<double>(n), middle, (values - middle).square().sum());
  });
  *mean = static_cast<C>(all.mean);
  *squares = static_cast<C>(all.squares);
}

/// Calls fn(block, buffer) for every block, on all threads; two buffers for a block's elements.
template <class C, class F>
void for_blocks(const Blocks& blocks, const F& fn) {
  const std::int64_t elements = blocks.columns ? blocks.rows * blocks.c : blocks.b;
  parallel_items(blocks.count, elements, [&](std::int64_t begin, std::int64_t end) {
    Vector<C> buffer(2 * std::max(kBlock, blocks.columns ? blocks.c : 0));
    for (std::int64_t i = begin; i < end; ++i) fn(i, buffer.data());
  });
}

}  // namespace

void channel_moments(const Tensor& x, const Tensor& mean, const Tensor& variance) {
  const Blocks blocks(x.shape());
  dispatch(x, [&]<class C>() {
    const std::int64_t width = blocks.columns ? blocks.c : 1;
    std::vector<C> means(static_cast<std::size_t>(blocks.count * width)), squares(means.size());
    for_blocks<C>(blocks, [&](std::int64_t i, C* buffer) {
      C *m = means.data() + i * width, *s = squares.data() + i * width;
      if (!blocks.columns) return moments_of_run(x, i * blocks.b, blocks.b, buffer, m, s);
      const std::int64_t first = i * blocks.rows, rows = std::min(blocks.rows, blocks.a - first);
      const C* values = contiguous_run(run_of(x, first * blocks.c), rows * blocks.c, buffer);
      column_moments(values, rows, blocks.c, m, s);
    });
    const std::int64_t parts = blocks.columns ? blocks.count : blocks.a;
    for (std::int64_t c = 0; c < blocks.c; ++c) {
      Moments all;
      for (std::int64_t p = 0; p < parts; ++p) {
        const auto at = static_cast<std::size_t>(p * blocks.c + c);
        const std::int64_t rows = std::min(blocks.rows, blocks.a - p * blocks.rows);
        all.add(static_cast<double>(blocks.columns ? rows : blocks.b), means[at], squares[at]);
      }
      mean.data<C>()[c] = static_cast<C>(all.mean);
      variance.data<C>()[c] = static_cast<C>(all.squares / all.count);
    }
  });
}

void channel_sums(const Tensor& grad, const Tensor& x, const Tensor& center, const Tensor& sums,
                  const Tensor& products) {
  const Blocks blocks(x.shape());
  dispatch(x, [&]<class C>() {
    const std::int64_t width = blocks.columns ? blocks.c : 1;
    std::vector<C> plain(static_cast<std::size_t>(blocks.count * width)), weighted(plain.size());
    const Vector<C> centers = tiled<C>(center.data<C>(), blocks.c);
    for_blocks<C>(blocks, [&](std::int64_t i, C* buffer) {
      C *s = plain.data() + i * width, *p = weighted.data() + i * width;
      const auto run = [&](std::int64_t first, std::int64_t n, const auto& fn) {
        const std::int64_t room = std::max(kBlock, blocks.columns ? blocks.c : 0);
        fn(contiguous_run(run_of(grad, first), n, buffer),
           contiguous_run(run_of(x, first), n, buffer + room));
      };
      if (!blocks.columns) {
        const C middle = centers[i % blocks.c];
        double sum = 0, product = 0;
        for_pieces(i * blocks.b, blocks.b, [&](std::int64_t at, std::int64_t n) {
          run(at, n, [&](const C* g, const C* values) {
            sum += ConstRow<C>(g, n).sum();
            product += (ConstRow<C>(g, n) * (ConstRow<C>(values, n) - middle)).sum();
          });
        });
        *s = static_cast<C>(sum);
        *p = static_cast<C>(product);
        return;
      }
      const std::int64_t row = i * blocks.rows, rows = std::min(blocks.rows, blocks.a - row);
      run(row * blocks.c, rows * blocks.c, [&](const C* g, const C* values) {
        column_sums<C>(
            rows, blocks.c,
            [g](std::int64_t first, std::int64_t n, Vector<C>& sum) {
              sum.head(n) += ConstRow<C>(g + first, n);
            },
            s);
        column_sums<C>(
            rows, blocks.c,
            [&](std::int64_t first, std::int64_t n, Vector<C>& sum) {
              sum.head(n) +=
                  ConstRow<C>(g + first, n) * (ConstRow<C>(values + first, n) - centers.head(n));
            },
            p);
      });
    });
    const std::int64_t parts = blocks.columns ? blocks.count : blocks.a;
    for (std::int64_t c = 0; c < blocks.c; ++c) {
      double sum = 0, product = 0;
      for (std::int64_t p = 0; p < parts; ++p) {
        sum += plain[static_cast<std::size_t>(p * blocks.c + c)];
        product += weighted[static_cast<std::size_t>(p * blocks.c + c)];
      }
      sums.data<C>()[c] = static_cast<C>(sum);
      products.data<C>()[c] = static_cast<C>(product);
    }
  });
}

void channel_affine(const ChannelAffineArgs& args, const Tensor& out) {
  const Blocks blocks(args.x.shape());
  dispatch(args.x, [&]<class C>() {
    const Vector<C> center = tiled<C>(args.center.data<C>(), blocks.c);
    const Vector<C> scale = tiled<C>(args.scale.data<C>(), blocks.c);
    const Vector<C> shift = tiled<C>(args.shift.data<C>(), blocks.c);
    const bool two = args.grad != nullptr;
    const Vector<C> slope = two ? tiled<C>(args.grad_scale->data<C>(), blocks.c) : Vector<C>();
    const std::int64_t width = scale.size();
    for_blocks<C>(blocks, [&](std::int64_t i, C* buffer) {
      const std::int64_t first = blocks.columns ? i * blocks.rows * blocks.c : i * blocks.b;
      const std::int64_t total =
          blocks.columns ? std::min(blocks.rows * blocks.c, blocks.a * blocks.c - first) : blocks.b;
      const std::int64_t c = i % blocks.c, step = blocks.columns ? width : kBlock;
      for (std::int64_t at = first; at < first + total; at += step) {
        const std::int64_t n = std::min(step, first + total - at);
        const std::int64_t room = std::max(kBlock, blocks.columns ? blocks.c : 0);
        const bool direct = out.dtype() == dtype_of<C>;
        Row<C> y(direct ? reinterpret_cast<C*>(run_of(out, at).data) : buffer, n);
        const ConstRow<C> x(contiguous_run(run_of(args.x, at), n, buffer), n);
        if (blocks.columns) {
          y = (x - center.head(n)) * scale.head(n) + shift.head(n);
        } else {
          y = (x - center[c]) * scale[c] + shift[c];
        }
        if (two) {
          const ConstRow<C> g(contiguous_run(run_of(*args.grad, at), n, buffer + room), n);
          if (blocks.columns) {
            y += g * slope.head(n);
          } else {
            y += g * slope[c];
          }
        }
        if (!direct) scatter(y.data(), n, run_of(out, at));
      }
    });
  });
}

}  // namespace tenon::cpu

// Variance and standard deviation in one pass over memory: deviations from a number near the mean,
// blocks combined by the formulas of Chan, Golub & LeVeque (1983, §2).
#include <algorithm>
#include <cmath>

#include "tensor/cpu/kernels.h"
#include "tensor/cpu/reduce_fold.h"
#include "tensor/internal/scalar_primitives.h"

namespace tenon::cpu {
namespace {

/// Of some elements: how many, their mean, the sum of squared deviations from it.
struct Moments {
  double count = 0;
  double mean = 0;
  double squares = 0;
};

/// From sums of deviations d of `count` numbers from `near`: what it lacks to be the mean is in
/// their sum.
Moments from_deviations(double count, double near, double sum, double sum_of_squares) {
  const double shift = sum / count, squares = sum_of_squares - sum * shift;
  return {count, near + shift, squares < 0 ? 0 : squares};
}

template <class C>
struct Variance {
  using Value = C;
  using Partial = Moments;

  double correction;
  bool root;

  static Moments identity() { return {}; }
  static Moments combine(const Moments& a, const Moments& b) {
    if (a.count == 0) return b;
    const double count = a.count + b.count;
    const double apart = b.mean - a.mean;
    return {count, a.mean + apart * (b.count / count),
            a.squares + b.squares + apart * apart * (a.count * b.count / count)};
  }
  C finish(const Moments& m) const {
    const double variance = m.squares / std::fmax(0, m.count - correction);
    return static_cast<C>(root ? std::sqrt(variance) : variance);
  }

  Moments block(const C* x, std::int64_t count) const {
    const std::int64_t some = first_quarter(count);
    prefetch(x + count, std::min<std::int64_t>(count, 512));  // what comes next
    const C near = fold_block<Add<C>>(x, some, [](auto v) { return v; }) / static_cast<C>(some);
    const auto [sum, squares] = fold_values<Add<C>, 2>(x, count, [=]<class V>(V v) {
      const V deviation = v - V(near);
      return Values<V, 2>{deviation, deviation * deviation};
    });
    return from_deviations(static_cast<double>(count), near, sum, squares);
  }

  void columns(const Rows<C>& rows, Moments* out) const {
    Deviations all;
    deviations(rows, all);
    for (std::int64_t c = 0; c < rows.width(); ++c) {
      out[c] = from_deviations(static_cast<double>(rows.count()), all.near[c], all.sums[c],
                               all.squares[c]);
    }
  }

  /// Of columns that are all there is.
  void results(const Rows<C>& rows, C* out) const {
    Deviations all;
    deviations(rows, all);
    const C count = static_cast<C>(rows.count());
    const C divisor = static_cast<C>(std::fmax(0, static_cast<double>(count) - correction));
    in_lanes<C>(rows.width(), [&](auto at) {
      using V = typename decltype(at)::Value;
      using math::at_least, math::fma, math::sqrt;
      const V sum = at.load(all.sums);
      const V squares = fma(sum / V(count), -sum, at.load(all.squares));
      const V variance = at_least(squares, V(0)) / V(divisor);
      at.store(out, root ? sqrt(variance) : variance);
    });
  }

 private:
  /// Whose mean lies within sqrt(3) standard deviations of that of all: of squared deviations from
  /// it no more than two bits are lost.
  static std::int64_t first_quarter(std::int64_t count) { return (count + 3) / 4; }

  struct Deviations {
    alignas(kBufferAlignment) C near[kColumns], sums[kColumns], squares[kColumns];
  };

  /// Of each column, from a number near its mean.
  void deviations(const Rows<C>& rows, Deviations& all) const {
    const std::int64_t width = rows.width(), some = first_quarter(rows.count());
    alignas(kBufferAlignment) C buffers[4][kColumns];
    const auto row = [&](std::int64_t r, int b) { return rows.row(r, buffers[b]); };
    std::fill_n(all.near, width, C{0});
    fold_rows<C, Add<C>>(
        some, width, row, [](auto v) { return v; }, all.near);
    for (std::int64_t c = 0; c < width; ++c) all.near[c] /= static_cast<C>(some);
    std::fill_n(all.sums, width, C{0});
    std::fill_n(all.squares, width, C{0});
    std::int64_t r = 0;
    for (; r + 4 <= rows.count(); r += 4) {
      const C *a = row(r, 0), *b = row(r + 1, 1), *c = row(r + 2, 2), *d = row(r + 3, 3);
      in_lanes<C>(width, [&](auto at) {
        const auto near = at.load(all.near);
        const auto da = at.load(a) - near, db = at.load(b) - near;
        const auto dc = at.load(c) - near, dd = at.load(d) - near;
        at.store(all.sums, at.load(all.sums) + ((da + db) + (dc + dd)));
        at.store(all.squares, at.load(all.squares) + ((da * da + db * db) + (dc * dc + dd * dd)));
      });
    }
    for (; r < rows.count(); ++r) {
      const C* x = row(r, 0);
      in_lanes<C>(width, [&](auto at) {
        const auto deviation = at.load(x) - at.load(all.near);
        at.store(all.sums, at.load(all.sums) + deviation);
        at.store(all.squares, at.load(all.squares) + deviation * deviation);
      });
    }
  }
};

}  // namespace

void reduce_moments(const ReduceArgs& args, const Tensor& x, const Tensor& out) {
  dispatch_compute(x.dtype(), [&]<class C>() {
    if constexpr (std::is_floating_point_v<C>) {
      const Variance<C> method{args.parameter, args.op == ReduceOp::kStd};
      reduce_with(method, x, args.dims, out);
    }
  });
}

}  // namespace tenon::cpu

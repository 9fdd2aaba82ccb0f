// Variance and standard deviation in one pass over memory: each block twice while it is in the
// cache, blocks combined by the formulas of Chan, Golub & LeVeque (1983, §2).
#include <cmath>

#include "tensor/cpu/kernels.h"
#include "tensor/cpu/reduce_fold.h"

namespace tenon::cpu {
namespace {

/// Of some elements: how many, their mean, the sum of squared deviations from it.
struct Moments {
  double count = 0;
  double mean = 0;
  double squares = 0;
};

/// From sums of deviations d of `count` numbers from `near`, a rounded mean: what it lacks is in
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
    const C mean = fold_block<C, Add<C>>(x, count, [](C v) { return v; }) / static_cast<C>(count);
    const C sum = fold_block<C, Add<C>>(x, count, [=](C v) { return v - mean; });
    const C squares = fold_block<C, Add<C>>(x, count, [=](C v) { return (v - mean) * (v - mean); });
    return from_deviations(static_cast<double>(count), mean, sum, squares);
  }

  void columns(const Rows<C>& rows, Moments* out) const {
    const std::int64_t width = rows.width();
    alignas(kBufferAlignment) C means[kColumns], sums[kColumns], squares[kColumns];
    alignas(kBufferAlignment) C buffers[4][kColumns];
    const auto row = [&](std::int64_t r, int b) { return rows.row(r, buffers[b]); };
    std::fill_n(means, width, C{0});
    fold_rows<C, Add<C>>(
        rows.count(), width, row, [](C v) { return v; }, means);
    for (std::int64_t c = 0; c < width; ++c) means[c] /= static_cast<C>(rows.count());
    std::fill_n(sums, width, C{0});
    std::fill_n(squares, width, C{0});
    for (std::int64_t r = 0; r < rows.count(); ++r) {
      const C* x = row(r, 0);
      TENON_VECTORIZE
      for (std::int64_t c = 0; c < width; ++c) {
        const C deviation = x[c] - means[c];
        sums[c] += deviation;
        squares[c] += deviation * deviation;
      }
    }
    for (std::int64_t c = 0; c < width; ++c) {
      out[c] = from_deviations(static_cast<double>(rows.count()), means[c], sums[c], squares[c]);
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

// log(sum(exp(x))) in one pass over memory: each block by its own largest element, columns by the
// largest so far.
#include <algorithm>
#include <cmath>
#include <limits>

#include "tensor/cpu/kernels.h"
#include "tensor/cpu/reduce_fold.h"
#include "tensor/internal/scalar_math.h"

namespace tenon::cpu {
namespace {

template <class C>
struct LogSumExp {
  using Value = C;
  /// `sum` of exp(x - largest); of no meaning where `largest` is not finite.
  struct Partial {
    C largest = Max<C>::kIdentity;
    C sum = 0;
  };

  static Partial identity() { return {}; }
  static C scaled(const Partial& p,
                  C largest) {  // 0 also where the difference is NaN
    return p.sum == 0 ? C{0} : p.sum * std::exp(p.largest - largest);
  }
  static Partial combine(const Partial& a, const Partial& b) {
    const C largest = Max<C>::combine(a.largest, b.largest);
    return {largest, scaled(a, largest) + scaled(b, largest)};
  }
  C finish(const Partial& p) const {
    return std::isfinite(p.largest) ? p.largest + std::log(p.sum) : p.largest;
  }

  Partial block(const C* x, std::int64_t count) const {
    const C largest = fold_block<Max<C>>(x, count, [](auto v) { return v; });
    if (!std::isfinite(largest)) return {largest, 0};
    C sum = 0;
    for (std::int64_t i = 0; i < count; i += kPart) {
      const std::int64_t n = std::min(kPart, count - i);
      prefetch(x + count + i, n);  // of the next block
      sum += fold_block<Add<C>>(x + i, n,
                                [=]<class V>(V v) { return math::exp_of_term(v - V(largest)); });
    }
    return {largest, sum};
  }

  void columns(const Rows<C>& rows, Partial* out) const {
    Sums all;
    add_up(rows, all);
    for (std::int64_t c = 0; c < rows.width(); ++c) {
      out[c] = {all.largest[c], std::isfinite(all.largest[c]) ? all.sums[c] : C{0}};
    }
  }

  /// Of columns that are all there is.
  void results(const Rows<C>& rows, C* out) const {
    Sums all;
    add_up(rows, all);
    in_lanes<C>(rows.width(), [&](auto at) {
      using math::select;
      const auto largest = at.load(all.largest);
      at.store(out, select(is_finite(largest), largest + math::log(at.load(all.sums)), largest));
    });
  }

 private:
  static constexpr std::int64_t kPart = 512;  // elements whose exponentials are added up at a time

  struct Sums {
    alignas(kBufferAlignment) C largest[kColumns], sums[kColumns];
  };

  template <class V>
  static auto is_finite(V x) {
    using math::fabs;
    return fabs(x) <= V(std::numeric_limits<C>::max());
  }

  /// Of each column; the sums of those whose largest element is not finite have no meaning.
  void add_up(const Rows<C>& rows, Sums& all) const {
    std::fill_n(all.largest, rows.width(), Max<C>::kIdentity);
    std::fill_n(all.sums, rows.width(), C{0});
    std::int64_t r = 0;
    for (; r + 8 <= rows.count(); r += 8) add_rows<8>(rows, r, all);
    for (; r < rows.count(); ++r) add_rows<1>(rows, r, all);
  }

  /// Rows r to r + kRows: their terms and the sum so far, all relative to the largest so far.
  template <int kRows>
  static void add_rows(const Rows<C>& rows, std::int64_t r, Sums& all) {
    alignas(kBufferAlignment) C buffers[kRows][kColumns];
    const C *row[kRows], *next[kRows];
    for (int k = 0; k < kRows; ++k) {
      row[k] = rows.row(r + k, buffers[k]);
      next[k] = rows.place(r + k + kRows);  // memory waits while exponentials are computed
    }
    in_lanes<C>(rows.width(), [&](auto at) {
      using V = typename decltype(at)::Value;
      using math::select;
      V x[kRows], values[kRows];
      for (int k = 0; k < kRows; ++k) {
        x[k] = values[k] = at.load(row[k]);
        at.prefetch(next[k]);
      }
      const V before = at.load(all.largest);
      const V largest = Max<C>::combine(before, fold_array<Max<C>>(values));
      // -infinity - -infinity is NaN.
      const V base = select(is_finite(largest), largest, V(0));
      for (int k = 0; k < kRows; ++k) values[k] = math::exp_of_term(x[k] - base);
      const V sum = at.load(all.sums) * math::exp_of_term(before - base);
      at.store(all.largest, largest);
      at.store(all.sums, sum + fold_array<Add<C>>(values));
    });
  }
};

}  // namespace

void reduce_logsumexp(const ReduceArgs& args, const Tensor& x, const Tensor& out) {
  dispatch_compute(x.dtype(), [&]<class C>() {
    if constexpr (std::is_floating_point_v<C>) reduce_with(LogSumExp<C>{}, x, args.dims, out);
  });
}

}  // namespace tenon::cpu

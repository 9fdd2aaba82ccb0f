// log(sum(exp(x))) in one pass over memory: each block by its own largest element.
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
  static C scaled(const Partial& p, C largest) {  // 0 also where the difference is NaN
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
    const C largest = fold_block<C, Max<C>>(x, count, [](C v) { return v; });
    if (!std::isfinite(largest)) return {largest, 0};
    return {largest, fold_block<C, Add<C>>(x, count, [=](C v) { return math::exp(v - largest); })};
  }

  void columns(const Rows<C>& rows, Partial* out) const {
    const std::int64_t width = rows.width();
    alignas(kBufferAlignment) C largest[kColumns], sums[kColumns];
    alignas(kBufferAlignment) C buffers[4][kColumns];
    const auto row = [&](std::int64_t r, int b) { return rows.row(r, buffers[b]); };
    std::fill_n(largest, width, Max<C>::kIdentity);
    fold_rows<C, Max<C>>(
        rows.count(), width, row, [](C v) { return v; }, largest);
    std::fill_n(sums, width, C{0});
    for (std::int64_t r = 0; r < rows.count(); ++r) {
      const C* x = row(r, 0);
      TENON_VECTORIZE
      for (std::int64_t c = 0; c < width; ++c) sums[c] += math::exp(x[c] - largest[c]);
    }
    for (std::int64_t c = 0; c < width; ++c) {
      out[c] = {largest[c], std::isfinite(largest[c]) ? sums[c] : C{0}};
    }
  }
};

}  // namespace

void reduce_logsumexp(const ReduceArgs& args, const Tensor& x, const Tensor& out) {
  dispatch_compute(x.dtype(), [&]<class C>() {
    if constexpr (std::is_floating_point_v<C>) reduce_with(LogSumExp<C>{}, x, args.dims, out);
  });
}

}  // namespace tenon::cpu

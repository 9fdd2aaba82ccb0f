// Running sums, and the places of what is true.
#include <type_traits>

#include "tensor/cuda/kernels.h"
#include "tensor/cuda/reduce_methods.h"

namespace tenon::cuda {
namespace {

/// What running sums are kept in: f64, or i64 that wraps.
template <class C>
using Sum = std::conditional_t<std::is_floating_point_v<C>, double, std::int64_t>;

template <class C>
struct CumulativeSum {
  static constexpr const char* kName = "cumsum";
  Elements x, out;
  std::int64_t size, inner;
  bool reverse;

  /// One row, by one thread; neighbours take neighbouring rows.
  TENON_HOST_DEVICE void operator()(std::int64_t row) const {
    Sum<C> sum = 0;
    for (std::int64_t i = 0; i < size; ++i) {
      const std::int64_t at = place(row, i);
      sum = add(sum, load<C>(x, at));
      store<C>(out, at, static_cast<C>(sum));
    }
  }

  /// One row, cut into a piece for each thread of a block.
  template <class Team>
  TENON_HOST_DEVICE void operator()(const Team& team) const {
    const std::int64_t length = (size + kBlockThreads - 1) / kBlockThreads;
    const auto end = [&](std::int64_t piece) {
      return (piece + 1) * length < size ? (piece + 1) * length : size;
    };
    team.scan(
        Sum<C>{0},
        [&](std::int64_t piece) {
          Sum<C> total = 0;
          for (std::int64_t i = piece * length; i < end(piece); ++i) {
            total = add(total, load<C>(x, place(team.index(), i)));
          }
          return total;
        },
        [&](std::int64_t piece, Sum<C> sum) {
          for (std::int64_t i = piece * length; i < end(piece); ++i) {
            const std::int64_t at = place(team.index(), i);
            sum = add(sum, load<C>(x, at));
            store<C>(out, at, static_cast<C>(sum));
          }
        });
  }

 private:
  static TENON_HOST_DEVICE Sum<C> add(Sum<C> sum, C value) {
    return Add<Sum<C>>::combine(sum, static_cast<Sum<C>>(value));
  }
  TENON_HOST_DEVICE std::int64_t place(std::int64_t row, std::int64_t i) const {
    return row / inner * size * inner + row % inner + (reverse ? size - 1 - i : i) * inner;
  }
};

/// Elements that one thread looks at for what is true.
constexpr std::int64_t kStretch = 256;

struct CountTrue {
  static constexpr const char* kName = "nonzero";
  const bool* x;
  std::int64_t size;
  std::int64_t* counts;

  TENON_HOST_DEVICE void operator()(std::int64_t stretch) const {
    const std::int64_t begin = stretch * kStretch;
    const std::int64_t end = begin + kStretch < size ? begin + kStretch : size;
    std::int64_t count = 0;
    for (std::int64_t i = begin; i < end; ++i) count += x[i];
    counts[stretch] = count;
  }
};

/// Coordinates of the true elements of x, a dense tensor whose sizes `map` holds.
struct WriteTrue {
  static constexpr const char* kName = "nonzero";
  const bool* x;
  std::int64_t size;
  const std::int64_t* sums;  // of the counts, up to and with each stretch
  int ndim;
  std::int64_t sizes[IndexMap<1>::kMaxDims];
  std::int64_t* out;

  TENON_HOST_DEVICE void operator()(std::int64_t stretch) const {
    const std::int64_t begin = stretch * kStretch;
    const std::int64_t end = begin + kStretch < size ? begin + kStretch : size;
    std::int64_t row = stretch == 0 ? 0 : sums[stretch - 1];
    for (std::int64_t i = begin; i < end; ++i) {
      if (!x[i]) continue;
      std::int64_t rest = i;
      for (int d = ndim - 1; d >= 0; --d) {
        out[row * ndim + d] = rest % sizes[d];
        rest /= sizes[d];
      }
      ++row;
    }
  }
};

}  // namespace

void cumsum(const Tensor& x, bool reverse, const Tensor& out) {
  if (x.numel() == 0) return;
  const std::int64_t size = x.shape()[1], inner = x.shape()[2], rows = x.shape()[0] * inner;
  dispatch_compute(x.dtype(), [&]<class C>() {
    const CumulativeSum<C> program{
        {x.raw_data(), x.dtype()}, {out.raw_data(), out.dtype()}, size, inner, reverse};
    if (size <= kBlockThreads || rows >= std::int64_t{kBlockThreads} * multiprocessors()) {
      launch_items(rows, program);
    } else {
      launch_teams<kBlockThreads>(rows, program);
    }
  });
}

void nonzero(const Tensor& x, const Tensor& out) {
  if (out.numel() == 0) return;
  WriteTrue write{static_cast<const bool*>(x.raw_data()),    x.numel(), nullptr, x.ndim(), {},
                  static_cast<std::int64_t*>(out.raw_data())};
  if (x.ndim() > IndexMap<1>::kMaxDims) {
    throw DeviceError("[nonzero] expected at most " + std::to_string(IndexMap<1>::kMaxDims) +
                      " dimensions on a GPU, got " + std::to_string(x.ndim()));
  }
  std::copy(x.shape().begin(), x.shape().end(), write.sizes);
  const std::int64_t stretches = (x.numel() + kStretch - 1) / kStretch;
  const Tensor counts = empty({1, stretches, 1}, {.dtype = DType::kI64, .device = x.device()});
  const Tensor sums = empty_like(counts);
  launch_items(stretches,
               CountTrue{write.x, write.size, static_cast<std::int64_t*>(counts.raw_data())});
  cumsum(counts, false, sums);
  write.sums = static_cast<const std::int64_t*>(sums.raw_data());
  launch_items(stretches, write);
}

}  // namespace tenon::cuda

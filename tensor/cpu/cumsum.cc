#include <type_traits>

#include "tensor/cpu/kernels.h"
#include "tensor/cpu/reduce_fold.h"

namespace tenon::cpu {
namespace {

/// What running sums are kept in: f64, or i64 that wraps.
template <class C>
using Sum = std::conditional_t<std::is_floating_point_v<C>, double, std::int64_t>;

/// One step for `width` sums side by side.
template <class C>
void step(const Run& x, const Run& out, std::int64_t width, Sum<C>* sums) {
  alignas(kBufferAlignment) C buffer[kChunk];
  const C* values = contiguous_run(x, width, buffer);
  for (std::int64_t i = 0; i < width; ++i) {
    sums[i] = Add<Sum<C>>::combine(sums[i], static_cast<Sum<C>>(values[i]));
  }
  for (std::int64_t i = 0; i < width; ++i) buffer[i] = static_cast<C>(sums[i]);
  scatter(buffer, width, out);
}

/// Along a dense row.
template <class C>
void row(const Run& x, const Run& out, std::int64_t size, bool reverse) {
  Sum<C> sum = 0;
  alignas(kBufferAlignment) C buffer[kChunk], result[kChunk];
  for (std::int64_t done = 0; done < size; done += kChunk) {
    const std::int64_t n = std::min(kChunk, size - done);
    const std::int64_t begin = reverse ? size - done - n : done;
    const C* values = contiguous_run(at(x, begin), n, buffer);
    for (std::int64_t k = 0; k < n; ++k) {
      const std::int64_t i = reverse ? n - 1 - k : k;
      sum = Add<Sum<C>>::combine(sum, static_cast<Sum<C>>(values[i]));
      result[i] = static_cast<C>(sum);
    }
    scatter(result, n, at(out, begin));
  }
}

}  // namespace

void cumsum(const Tensor& x, bool reverse, const Tensor& out) {
  const std::int64_t size = x.size(1), inner = x.size(2);
  const std::int64_t tiles = (inner + kChunk - 1) / kChunk;
  dispatch_compute(x.dtype(), [&]<class C>() {
    parallel_items(x.size(0) * tiles, size * std::min(kChunk, inner),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t i = begin; i < end; ++i) {
                       const std::int64_t first = i / tiles * size * inner + i % tiles * kChunk;
                       const Run from = run_at(x, first, 1), to = run_at(out, first, 1);
                       if (inner == 1) {
                         row<C>(from, to, size, reverse);
                         continue;
                       }
                       const std::int64_t width = std::min(kChunk, inner - i % tiles * kChunk);
                       Sum<C> sums[kChunk] = {};
                       for (std::int64_t k = 0; k < size; ++k) {
                         const std::int64_t place = (reverse ? size - 1 - k : k) * inner;
                         step<C>(at(from, place), at(to, place), width, sums);
                       }
                     }
                   });
  });
}

}  // namespace tenon::cpu

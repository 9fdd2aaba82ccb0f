#include <algorithm>
#include <atomic>
#include <vector>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/strided_loop.h"

namespace tenon::cpu {
namespace {

/// Position of the first largest (smallest) of `count` values; a NaN beats every number.
template <class C>
std::int64_t position_of(bool largest, const C* values, std::int64_t count) {
  std::int64_t best = 0;
  for (std::int64_t i = 1; i < count && !is_nan(values[best]); ++i) {
    const bool better = largest ? values[i] > values[best] : values[i] < values[best];
    if (better || is_nan(values[i])) best = i;
  }
  return best;
}

}  // namespace

void arg_reduce(bool largest, const Tensor& x, int dim, const Tensor& out) {
  const std::int64_t size = x.shape()[dim];
  const std::int64_t stride = x.strides()[dim];
  // A view of x with one element per result, at each result's first candidate.
  const Tensor firsts = x.narrow(dim, 0, 1);
  dispatch_compute(x.dtype(), [&]<class C>() {
    std::vector<C> buffer;
    const auto one = [&](const Run& first, std::byte* result) {
      buffer.resize(static_cast<std::size_t>(size));
      const C* values = contiguous_run(Run{first.data, stride, x.dtype()}, size, buffer.data());
      *reinterpret_cast<std::int64_t*>(result) = position_of(largest, values, size);
    };
    const LoopDims loop = [&] {
      const Tensor* tensors[] = {&out, &firsts};
      return merge_dims(tensors, 2);
    }();
    const int last = loop.sizes.size() - 1;
    Dims index = Dims::filled(last + 1, 0);
    for (std::int64_t done = 0; done < out.numel(); ++done) {
      std::int64_t to = 0, from = 0;
      for (int d = 0; d <= last; ++d) {
        to += index[d] * loop.strides[0][d];
        from += index[d] * loop.strides[1][d];
      }
      one(Run{static_cast<std::byte*>(firsts.raw_data()) +
                  from * static_cast<std::int64_t>(size_of(x.dtype())),
              1, x.dtype()},
          static_cast<std::byte*>(out.raw_data()) + to * 8);
      for (int d = last; d >= 0 && ++index[d] == loop.sizes[d]; --d) index[d] = 0;
    }
  });
}

bool all_finite(const Tensor& x) {
  return dispatch_compute(x.dtype(), [&]<class C>() {
    std::atomic<bool> finite{true};
    for_each_run<1>({&x}, [&](const std::array<Run, 1>& runs, std::int64_t length) {
      C buffer[kChunk];
      C zero{0};  // x * 0 is 0 for finite x and NaN for others; sums of it need no branch
      for (std::int64_t i = 0; i < length; i += kChunk) {
        const std::int64_t n = std::min(kChunk, length - i);
        const C* values = contiguous_run(at(runs[0], i), n, buffer);
        for (std::int64_t j = 0; j < n; ++j) zero += values[j] * C{0};
      }
      if (zero != C{0}) finite.store(false, std::memory_order_relaxed);
    });
    return finite.load();
  });
}

}  // namespace tenon::cpu

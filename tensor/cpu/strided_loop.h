// Walking several tensors of one shape together, in long runs, whatever their strides.
#ifndef TENON_TENSOR_CPU_STRIDED_LOOP_H_
#define TENON_TENSOR_CPU_STRIDED_LOOP_H_

#include <algorithm>
#include <array>
#include <cstdint>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/parallel.h"
#include "tensor/tensor.h"

namespace tenon::cpu {

/// Dimensions after sorting by the first tensor's strides and merging neighbours that lie evenly
/// spaced in every tensor: dense tensors of equal order become one run.
struct LoopDims {
  Dims sizes;
  std::array<Strides, 4> strides;  // of up to four tensors
};

/// `count` of 1 to 4 tensors of the same shape; the first decides the order.
LoopDims merge_dims(const Tensor* const* tensors, int count);

/// Calls fn(runs, length): `runs[i]` is the run of tensor i. Runs of one call are disjoint between
/// threads; their number and order within a thread are fixed by the shapes alone.
template <int N, class F>
void for_each_run(const std::array<const Tensor*, N>& tensors, const F& fn) {
  const std::int64_t total = tensors[0]->numel();
  if (total == 0) return;
  std::array<Run, N> base;
  bool uniform = true;  // one run: every tensor lies in memory as the first, which is dense
  for (int i = 0; i < N; ++i) {
    base[i] = {static_cast<std::byte*>(tensors[i]->raw_data()), 1, tensors[i]->dtype()};
    uniform = uniform && tensors[i]->is_contiguous();
  }
  if (uniform) {
    parallel_for(total, kGrain, [&](std::int64_t begin, std::int64_t end) {
      std::array<Run, N> runs;
      for (int i = 0; i < N; ++i) runs[i] = at(base[i], begin);
      fn(runs, end - begin);
    });
    return;
  }
  const LoopDims dims = merge_dims(tensors.data(), N);
  const int last = dims.sizes.size() - 1;
  const std::int64_t inner = dims.sizes[last];
  parallel_for(total, kGrain, [&](std::int64_t begin, std::int64_t end) {
    Dims index = Dims::filled(last, 0);
    for (std::int64_t rest = begin / inner, d = last - 1; d >= 0; --d) {
      index[static_cast<int>(d)] = rest % dims.sizes[static_cast<int>(d)];
      rest /= dims.sizes[static_cast<int>(d)];
    }
    std::int64_t column = begin % inner;
    for (std::int64_t done = begin; done < end;) {
      const std::int64_t length = std::min(inner - column, end - done);
      std::array<Run, N> runs;
      for (int i = 0; i < N; ++i) {
        std::int64_t offset = column * dims.strides[i][last];
        for (int d = 0; d < last; ++d) offset += index[d] * dims.strides[i][d];
        runs[i] = {base[i].data + offset * static_cast<std::int64_t>(size_of(base[i].dtype)),
                   dims.strides[i][last], base[i].dtype};
      }
      fn(runs, length);
      done += length;
      column = 0;
      for (int d = last - 1; d >= 0 && ++index[d] == dims.sizes[d]; --d) index[d] = 0;
    }
  });
}

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_STRIDED_LOOP_H_

#include <algorithm>
#include <cstring>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"

namespace tenon::cpu {
namespace {

/// Position of the first index outside [0, size), or -1.
std::int64_t first_outside(const Tensor& indices, std::int64_t size) {
  const auto* index = indices.data<std::int64_t>();
  for (std::int64_t i = 0; i < indices.numel(); ++i) {
    if (index[i] < 0 || index[i] >= size) return i;
  }
  return -1;
}

Run run_at(const Tensor& x, std::int64_t offset) {
  return {static_cast<std::byte*>(x.raw_data()) +
              offset * static_cast<std::int64_t>(size_of(x.dtype())),
          1, x.dtype()};
}

/// to += values over a run, in the compute type.
template <class C>
void add_run(const Run& values, const Run& to, std::int64_t count) {
  alignas(kBufferAlignment) C left[kChunk], right[kChunk], sum[kChunk];
  for (std::int64_t i = 0; i < count; i += kChunk) {
    const std::int64_t n = std::min(kChunk, count - i);
    const C* a = contiguous_run(at(to, i), n, left);
    const C* b = contiguous_run(at(values, i), n, right);
    for (std::int64_t j = 0; j < n; ++j) sum[j] = a[j] + b[j];
    scatter(sum, n, at(to, i));
  }
}

/// Calls fn(place in `index`, offset in the tensor read or written) for every element of `index`,
/// in row-major order: the tensor's coordinate along `dim` comes from `index`, the others from the
/// element's own place.
template <class F>
void for_each_gathered(const Tensor& index, const Strides& strides, int dim, const F& fn) {
  const auto* values = index.data<std::int64_t>();
  Dims at = Dims::filled(index.ndim(), 0);
  for (std::int64_t i = 0; i < index.numel(); ++i) {
    std::int64_t offset = values[i] * strides[dim];
    for (int d = 0; d < index.ndim(); ++d) offset += d == dim ? 0 : at[d] * strides[d];
    fn(i, offset);
    for (int d = index.ndim() - 1; d >= 0 && ++at[d] == index.shape()[d]; --d) at[d] = 0;
  }
}

}  // namespace

std::int64_t index_select(const Tensor& x, const Tensor& indices, const Tensor& out) {
  const std::int64_t size = x.shape()[1], count = indices.numel();
  if (const std::int64_t bad = first_outside(indices, size); bad >= 0) return bad;
  const std::size_t row = static_cast<std::size_t>(x.shape()[2]) * size_of(x.dtype());
  const auto* index = indices.data<std::int64_t>();
  const auto* from = static_cast<const std::byte*>(x.raw_data());
  auto* to = static_cast<std::byte*>(out.raw_data());
  parallel_items(x.shape()[0] * count, static_cast<std::int64_t>(row / 4),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t i = begin; i < end; ++i) {
                     const std::int64_t source = i / count * size + index[i % count];
                     std::memcpy(to + static_cast<std::size_t>(i) * row,
                                 from + static_cast<std::size_t>(source) * row, row);
                   }
                 });
  return -1;
}

std::int64_t index_add(const Tensor& indices, const Tensor& values, const Tensor& out) {
  const std::int64_t size = out.shape()[1], inner = out.shape()[2], count = indices.numel();
  if (const std::int64_t bad = first_outside(indices, size); bad >= 0) return bad;
  const auto* index = indices.data<std::int64_t>();
  dispatch_compute(out.dtype(), [&]<class C>() {
    for (std::int64_t i = 0; i < out.shape()[0] * count;
         ++i) {  // in order: equal rows add up alike
      const std::int64_t target = i / count * size + index[i % count];
      add_run<C>(run_at(values, i * inner), run_at(out, target * inner), inner);
    }
  });
  return -1;
}

std::int64_t gather_elements(const Tensor& x, int dim, const Tensor& index, const Tensor& out) {
  if (const std::int64_t bad = first_outside(index, x.shape()[dim]); bad >= 0) return bad;
  dispatch_element(x.dtype(), [&]<class T>() {
    const T* from = x.data<T>();
    T* to = out.data<T>();
    for_each_gathered(index, x.strides(), dim,
                      [&](std::int64_t i, std::int64_t offset) { to[i] = from[offset]; });
  });
  return -1;
}

std::int64_t scatter_add(int dim, const Tensor& index, const Tensor& values, const Tensor& out) {
  if (const std::int64_t bad = first_outside(index, out.shape()[dim]); bad >= 0) return bad;
  dispatch_element(out.dtype(), [&]<class T>() {
    dispatch_compute(out.dtype(), [&]<class C>() {
      const T* from = values.data<T>();
      T* to = out.data<T>();
      for_each_gathered(index, out.strides(), dim, [&](std::int64_t i, std::int64_t offset) {
        to[offset] = convert<T>(convert<C>(to[offset]) + convert<C>(from[i]));
      });
    });
  });
  return -1;
}

std::int64_t scatter_elements(int dim, const Tensor& index, const Tensor& values,
                              const Tensor& out) {
  if (const std::int64_t bad = first_outside(index, out.shape()[dim]); bad >= 0) return bad;
  dispatch_element(out.dtype(), [&]<class T>() {
    const T* from = values.data<T>();
    T* to = out.data<T>();
    for_each_gathered(index, out.strides(), dim,
                      [&](std::int64_t i, std::int64_t offset) { to[offset] = from[i]; });
  });
  return -1;
}

void nonzero(const Tensor& x, const Tensor& out) {
  const bool* element = x.data<bool>();
  auto* to = out.data<std::int64_t>();
  Dims at = Dims::filled(x.ndim(), 0);
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    if (element[i]) to = std::copy(at.begin(), at.end(), to);
    for (int d = x.ndim() - 1; d >= 0 && ++at[d] == x.shape()[d]; --d) at[d] = 0;
  }
}

}  // namespace tenon::cpu

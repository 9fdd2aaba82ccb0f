#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

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

/// Positions of `indices`, which are below `size`, grouped by the index they hold, each group in
/// ascending order.
struct Groups {
  std::vector<std::int64_t> order;   // positions
  std::vector<std::int64_t> starts;  // of the groups in `order`, and its end

  explicit Groups(const Tensor& indices, std::int64_t size, std::int64_t left_out = -1) {
    const auto* index = indices.data<std::int64_t>();
    const std::int64_t count = indices.numel();
    if (size <= 4 * count) {
      sort_by_counting(index, count, size, left_out);
    } else {
      sort_by_comparing(index, count, left_out);
    }
    starts.push_back(static_cast<std::int64_t>(order.size()));
  }
  std::int64_t count() const { return static_cast<std::int64_t>(starts.size()) - 1; }

 private:
  /// One pass over the indices and two over the `size` possible ones.
  void sort_by_counting(const std::int64_t* index, std::int64_t count, std::int64_t size,
                        std::int64_t left_out) {
    std::vector<std::int64_t> next(static_cast<std::size_t>(size));  // first counts, then places
    for (std::int64_t i = 0; i < count; ++i) ++next[static_cast<std::size_t>(index[i])];
    if (left_out >= 0 && left_out < size) next[static_cast<std::size_t>(left_out)] = 0;
    std::int64_t before = 0;
    for (std::int64_t& of_index : next) {
      if (of_index > 0) starts.push_back(before);
      before += std::exchange(of_index, before);
    }
    order.resize(static_cast<std::size_t>(before));
    for (std::int64_t i = 0; i < count; ++i) {
      if (index[i] == left_out) continue;
      order[static_cast<std::size_t>(next[static_cast<std::size_t>(index[i])]++)] = i;
    }
  }

  void sort_by_comparing(const std::int64_t* index, std::int64_t count, std::int64_t left_out) {
    for (std::int64_t i = 0; i < count; ++i) {
      if (index[i] != left_out) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](std::int64_t a, std::int64_t b) { return index[a] < index[b]; });
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (i == 0 || index[order[i]] != index[order[i - 1]]) {
        starts.push_back(static_cast<std::int64_t>(i));
      }
    }
  }
};

/// Adds rows of values [outer, K, inner] to the row of out [outer, size, inner] that a group
/// shares: in ascending order, in the compute type, rounded once.
template <class C>
void add_group(const Groups& groups, std::int64_t group, const Tensor& indices,
               const Tensor& values, std::int64_t outer, const Tensor& out) {
  alignas(kBufferAlignment) C sum[kChunk], buffer[kChunk];
  const std::int64_t inner = out.shape()[2], size = out.shape()[1], count = indices.numel();
  const std::int64_t begin = groups.starts[static_cast<std::size_t>(group)];
  const std::int64_t end = groups.starts[static_cast<std::size_t>(group) + 1];
  const std::int64_t* order = groups.order.data();
  const std::int64_t row = outer * size + indices.data<std::int64_t>()[order[begin]];
  for (std::int64_t i = 0; i < inner; i += kChunk) {
    const std::int64_t n = std::min(kChunk, inner - i);
    const Run to = run_at(out, row * inner + i);
    gather(to, n, sum);
    for (std::int64_t k = begin; k < end; ++k) {
      const C* added =
          contiguous_run(run_at(values, (outer * count + order[k]) * inner + i), n, buffer);
      for (std::int64_t j = 0; j < n; ++j) sum[j] += added[j];
    }
    scatter(sum, n, to);
  }
}

/// Groups go to different rows, and so to any thread.
void add_groups(const Groups& groups, const Tensor& indices, const Tensor& values,
                const Tensor& out) {
  if (groups.count() == 0) return;
  const std::int64_t items = out.shape()[0] * groups.count();
  const std::int64_t work = values.numel() / items;
  dispatch_compute(out.dtype(), [&]<class C>() {
    parallel_items(items, work, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        add_group<C>(groups, i % groups.count(), indices, values, i / groups.count(), out);
      }
    });
  });
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
  if (const std::int64_t bad = first_outside(indices, out.shape()[1]); bad >= 0) return bad;
  if (out.numel() > 0) add_groups(Groups(indices, out.shape()[1]), indices, values, out);
  return -1;
}

std::int64_t embedding_grad(const Tensor& indices, const Tensor& grad, std::int64_t padding_index,
                            const Tensor& out) {
  if (const std::int64_t bad = first_outside(indices, out.shape()[0]); bad >= 0) return bad;
  fill(0, out);
  if (out.numel() == 0) return -1;
  const Groups groups(indices, out.shape()[0], padding_index);
  add_groups(groups, indices, grad.unsqueeze(0), out.unsqueeze(0));
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

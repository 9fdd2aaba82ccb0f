// The dimensions of a reduction in the order of memory: kept ones and reduced ones, those that lie
// evenly spaced merged into one.
#ifndef TENON_TENSOR_CPU_REDUCE_AXES_H_
#define TENON_TENSOR_CPU_REDUCE_AXES_H_

#include <cstdint>
#include <span>
#include <vector>

#include "tensor/cpu/chunk.h"
#include "tensor/tensor.h"

namespace tenon::cpu {

struct Axis {
  std::int64_t size;
  std::int64_t stride;      // in x
  std::int64_t out_stride;  // in the result; 0 where reduced
};

struct Axes {
  std::vector<Axis> kept;     // outermost first
  std::vector<Axis> reduced;  // largest stride first
  bool innermost_is_reduced = true;
};

/// `dims` by bits, `out` with x's shape but for the reduced ones, which have size 1.
Axes sort_axes(const Tensor& x, std::uint64_t dims, const Tensor& out);

/// Product of the sizes.
std::int64_t count(std::span<const Axis> axes);

/// Offsets in x and the result of item `index` of the product of `axes`.
struct Offsets {
  std::int64_t x = 0;
  std::int64_t out = 0;
};

Offsets offsets_of(std::span<const Axis> axes, std::int64_t index);

/// Elements of x from the one at `offset`, `stride` apart.
inline Run run_at(const Tensor& x, std::int64_t offset, std::int64_t stride) {
  return {static_cast<std::byte*>(x.raw_data()) +
              offset * static_cast<std::int64_t>(size_of(x.dtype())),
          stride, x.dtype()};
}

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_REDUCE_AXES_H_

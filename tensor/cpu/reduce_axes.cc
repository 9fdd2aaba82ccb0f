#include "tensor/cpu/reduce_axes.h"

#include <algorithm>

namespace tenon::cpu {
namespace {

void merge_even(std::vector<Axis>& axes) {
  std::stable_sort(axes.begin(), axes.end(),
                   [](const Axis& a, const Axis& b) { return a.stride > b.stride; });
  std::vector<Axis> merged;
  for (const Axis& axis : axes) {
    if (!merged.empty() && merged.back().stride == axis.stride * axis.size &&
        merged.back().out_stride == axis.out_stride * axis.size) {
      merged.back() = {merged.back().size * axis.size, axis.stride, axis.out_stride};
    } else {
      merged.push_back(axis);
    }
  }
  axes = std::move(merged);
}

}  // namespace

Axes sort_axes(const Tensor& x, std::uint64_t dims, const Tensor& out) {
  Axes axes;
  if (out.numel() == 1 && x.numel() > 1 && x.is_contiguous()) {  // all of it
    axes.reduced.push_back({x.numel(), 1, 0});
    return axes;
  }
  for (int d = 0; d < x.ndim(); ++d) {
    if (x.shape()[d] == 1) continue;
    const bool reduced = dims >> d & 1;
    (reduced ? axes.reduced : axes.kept)
        .push_back({x.shape()[d], x.strides()[d], reduced ? 0 : out.strides()[d]});
  }
  merge_even(axes.kept);
  merge_even(axes.reduced);
  axes.innermost_is_reduced =
      axes.kept.empty() ||
      (!axes.reduced.empty() && axes.reduced.back().stride < axes.kept.back().stride);
  return axes;
}

std::int64_t count(std::span<const Axis> axes) {
  std::int64_t product = 1;
  for (const Axis& axis : axes) product *= axis.size;
  return product;
}

Offsets offsets_of(std::span<const Axis> axes, std::int64_t index) {
  Offsets offsets;
  for (std::size_t i = axes.size(); i-- > 0;) {
    const std::int64_t at = index % axes[i].size;
    index /= axes[i].size;
    offsets.x += at * axes[i].stride;
    offsets.out += at * axes[i].out_stride;
  }
  return offsets;
}

}  // namespace tenon::cpu

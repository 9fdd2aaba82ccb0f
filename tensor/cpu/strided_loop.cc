#include "tensor/cpu/strided_loop.h"

namespace tenon::cpu {

LoopDims merge_dims(const Tensor* const* tensors, int count) {
  const Tensor& first = *tensors[0];
  const int ndim = first.ndim();
  // Largest stride first; insertion sort keeps the given order among equals.
  Dims order;
  for (int d = 0; d < ndim; ++d) {
    if (first.shape()[d] == 1) continue;
    int place = order.size();
    while (place > 0 && first.strides()[static_cast<int>(order[place - 1])] < first.strides()[d]) {
      --place;
    }
    order.insert(place, d);
  }
  LoopDims merged;
  for (const std::int64_t from : order) {
    const int d = static_cast<int>(from);
    const std::int64_t size = first.shape()[d];
    const int outer = merged.sizes.size() - 1;
    bool even = outer >= 0;
    for (int i = 0; even && i < count; ++i) {
      even = merged.strides[i][outer] == tensors[i]->strides()[d] * size;
    }
    if (even) {
      merged.sizes[outer] *= size;
      for (int i = 0; i < count; ++i) merged.strides[i][outer] = tensors[i]->strides()[d];
    } else {
      merged.sizes.push_back(size);
      for (int i = 0; i < count; ++i) merged.strides[i].push_back(tensors[i]->strides()[d]);
    }
  }
  if (merged.sizes.empty()) {
    merged.sizes.push_back(1);
    for (int i = 0; i < count; ++i) merged.strides[i].push_back(1);
  }
  return merged;
}

}  // namespace tenon::cpu

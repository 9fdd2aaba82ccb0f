// Order along a dimension.
//
//   auto [values, indices] = topk(logits, 5);   // [N,C] -> the five largest of each row, [N,5]
//
// Any dtype but bool. NaN counts as larger than every number, -0 equals 0, and equals keep the order
// they had, so that results are the same on every device and any number of threads.
#ifndef TENON_TENSOR_OPS_SORTING_H_
#define TENON_TENSOR_OPS_SORTING_H_

#include <cstdint>

#include "tensor/tensor.h"

namespace tenon {

/// Elements in order and where they stood along `dim`.
struct Ordered {
  Tensor values;
  Tensor indices;  ///< i64
};

Ordered sort(const Tensor& x, int dim = -1, bool descending = false);
/// The k largest (smallest) of `dim` in descending (ascending) order. Throws ValueError where k is
/// negative or beyond the size.
Ordered topk(const Tensor& x, std::int64_t k, int dim = -1, bool largest = true);

}  // namespace tenon

#endif  // TENON_TENSOR_OPS_SORTING_H_

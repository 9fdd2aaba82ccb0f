// References of tensors to tensors, as the op table wants them.
#ifndef TENON_AUTOGRAD_TESTING_REFERENCE_H_
#define TENON_AUTOGRAD_TESTING_REFERENCE_H_

#include "tensor/shape.h"
#include "tensor/tensor.h"
#include "tensor/testing/reference.h"

namespace tenon::autograd::testing {

using tenon::testing::Array;
using tenon::testing::for_each_index;

/// f(x) for each element.
template <class F>
Tensor map(const Tensor& x, F f) {
  Array result(x);
  for (double& value : result.values) value = f(value);
  return result.tensor();
}

/// f(a, b) for each pair of elements, broadcast.
template <class F>
Tensor map2(const Tensor& a, const Tensor& b, F f) {
  const Array left(a), right(b);
  Array result(broadcast_shapes(a.shape(), b.shape(), "reference"));
  for_each_index(result.shape, [&](const Dims& i) { result.at(i) = f(left.at(i), right.at(i)); });
  return result.tensor();
}

}  // namespace tenon::autograd::testing

#endif  // TENON_AUTOGRAD_TESTING_REFERENCE_H_

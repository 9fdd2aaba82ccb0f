// The slow, obvious way: arrays of double and loops over their indices. References in the op table
// are written with these and with nothing of Tenon's kernels.
#ifndef TENON_AUTOGRAD_TESTING_REFERENCE_H_
#define TENON_AUTOGRAD_TESTING_REFERENCE_H_

#include <cstdint>
#include <vector>

#include "tensor/shape.h"
#include "tensor/tensor.h"

namespace tenon::autograd::testing {

/// Values in row-major order.
struct Array {
  Shape shape;
  std::vector<double> values;

  /// Zeros.
  explicit Array(const Shape& shape);
  /// The values of a tensor of any dtype.
  explicit Array(const Tensor& tensor);

  /// The element at an index; dimensions of size 1 broadcast, and so do missing leading ones.
  double operator()(const Dims& index) const { return values[place(index)]; }
  double& at(const Dims& index) { return values[place(index)]; }
  Tensor tensor() const;

 private:
  std::size_t place(const Dims& index) const;
};

/// Calls visit(index) for every index of `shape`, last dimension fastest.
template <class Visit>
void for_each_index(const Shape& shape, Visit visit) {
  if (numel(shape) == 0) return;
  Dims index = Dims::filled(shape.size(), 0);
  for (;;) {
    visit(static_cast<const Dims&>(index));
    int d = shape.size() - 1;
    while (d >= 0 && ++index[d] == shape[d]) index[d--] = 0;
    if (d < 0) return;
  }
}

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
  for_each_index(result.shape, [&](const Dims& i) { result.at(i) = f(left(i), right(i)); });
  return result.tensor();
}

}  // namespace tenon::autograd::testing

#endif  // TENON_AUTOGRAD_TESTING_REFERENCE_H_

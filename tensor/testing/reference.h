// The slow, obvious way: arrays of double and loops over their indices, for tests to compare with.
//
//   const Array expected = matmul_reference(Array(a), Array(b));
//   expect_close(matmul(a, b), expected);   // tensor/testing/check.h
//
// Nothing here calls a kernel of Tenon, apart from the conversion of a tensor to f64.
#ifndef TENON_TENSOR_TESTING_REFERENCE_H_
#define TENON_TENSOR_TESTING_REFERENCE_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "tensor/ops.h"
#include "tensor/shape.h"
#include "tensor/tensor.h"

namespace tenon::testing {

/// Values in row-major order.
struct Array {
  Shape shape;
  std::vector<double> values;

  explicit Array(const Shape& shape, double value = 0)
      : shape(shape), values(static_cast<std::size_t>(numel(shape)), value) {}
  /// The elements of a tensor of any dtype, read one by one.
  explicit Array(const Tensor& x);

  /// Dimensions of size 1 broadcast, and so do missing leading ones.
  double& at(const Dims& index) { return values[place(index)]; }
  double at(const Dims& index) const { return values[place(index)]; }

  /// The same in f64.
  Tensor tensor() const { return from_vector(values, shape); }

 private:
  std::size_t place(const Dims& index) const {
    const int lead = index.size() - shape.size();
    std::int64_t place = 0;
    for (int d = 0; d < shape.size(); ++d) {
      place = place * shape[d] + (shape[d] == 1 ? 0 : index[lead + d]);
    }
    return static_cast<std::size_t>(place);
  }
};

/// Calls fn(index) for every index of `shape`, last dimension fastest.
template <class F>
void for_each_index(const Shape& shape, const F& fn) {
  if (numel(shape) == 0) return;
  Dims index = Dims::filled(shape.size(), 0);
  for (;;) {
    fn(static_cast<const Dims&>(index));
    int d = shape.size() - 1;
    for (; d >= 0 && ++index[d] == shape[d]; --d) index[d] = 0;
    if (d < 0) return;
  }
}

using Function1 = double (*)(double);
using Function2 = double (*)(double, double);

Array map_reference(const Array& x, Function1 f);
/// f of each pair of elements, broadcast.
Array zip_reference(const Array& a, const Array& b, Function2 f);
/// Folds f over `dims`, from `initial`, in the order of the elements. Reduced dimensions keep
/// size 1.
Array fold_reference(const Array& x, const std::vector<int>& dims, double initial, Function2 f);

/// [..,M,K] x [..,K,N] -> [..,M,N], leading dimensions broadcast.
Array matmul_reference(const Array& a, const Array& b);
/// The last two dimensions exchanged.
Array transpose_reference(const Array& x);

/// x [N,C,H,W], weight [K,C/groups,R,S], bias [K] or none -> [N,K,P,Q].
Array conv2d_reference(const Array& x, const Array& weight, const Array* bias,
                       const Conv2dParams& params);
Array conv2d_input_grad_reference(const Array& grad, const Array& weight, const Shape& x_shape,
                                  const Conv2dParams& params);
Array conv2d_weight_grad_reference(const Array& grad, const Array& x, const Shape& weight_shape,
                                   const Conv2dParams& params);
/// Values and places of the first largest element of each window; a NaN beats every number.
std::pair<Array, Array> max_pool2d_reference(const Array& x, const Pool2dParams& params);

Array softmax_reference(const Array& x, int dim);
Array log_softmax_reference(const Array& x, int dim);

}  // namespace tenon::testing

#endif  // TENON_TENSOR_TESTING_REFERENCE_H_

// Differentiable operations: those of tensor/ops.h that have a derivative, over Variables.
//
// Shapes, dtypes and errors are those of the operation of the same name in tensor/ops.h. Every
// derivative is itself written with these functions, so it has a derivative too. Where no argument
// requires a gradient, or under NoGrad, the value is computed and nothing is recorded.
#ifndef TENON_AUTOGRAD_OPS_H_
#define TENON_AUTOGRAD_OPS_H_

#include <initializer_list>
#include <span>
#include <utility>

#include "autograd/variable.h"
#include "tensor/ops.h"

namespace tenon::autograd {

// Arithmetic, with broadcasting.

Variable add(const Variable& a, const Variable& b);
Variable sub(const Variable& a, const Variable& b);
Variable mul(const Variable& a, const Variable& b);
Variable div(const Variable& a, const Variable& b);
Variable pow(const Variable& a, const Variable& b);
/// Where both are equal each gets half of the gradient.
Variable maximum(const Variable& a, const Variable& b);
Variable minimum(const Variable& a, const Variable& b);
Variable add(const Variable& a, double b);
Variable sub(const Variable& a, double b);
Variable sub(double a, const Variable& b);
Variable mul(const Variable& a, double b);
Variable div(const Variable& a, double b);
Variable div(double a, const Variable& b);
Variable pow(const Variable& a, double b);

inline Variable operator+(const Variable& a, const Variable& b) { return add(a, b); }
inline Variable operator-(const Variable& a, const Variable& b) { return sub(a, b); }
inline Variable operator*(const Variable& a, const Variable& b) { return mul(a, b); }
inline Variable operator/(const Variable& a, const Variable& b) { return div(a, b); }
inline Variable operator+(const Variable& a, double b) { return add(a, b); }
inline Variable operator-(const Variable& a, double b) { return sub(a, b); }
inline Variable operator*(const Variable& a, double b) { return mul(a, b); }
inline Variable operator/(const Variable& a, double b) { return div(a, b); }
inline Variable operator+(double a, const Variable& b) { return add(b, a); }
inline Variable operator-(double a, const Variable& b) { return sub(a, b); }
inline Variable operator*(double a, const Variable& b) { return mul(b, a); }
inline Variable operator/(double a, const Variable& b) { return div(a, b); }

/// condition (bool, a constant) ? a : b.
Variable where(const Tensor& condition, const Variable& a, const Variable& b);

// Unary maths.

Variable neg(const Variable& x);
/// The derivative at 0 is 0.
Variable abs(const Variable& x);
Variable square(const Variable& x);
Variable sqrt(const Variable& x);
Variable rsqrt(const Variable& x);
Variable reciprocal(const Variable& x);
Variable exp(const Variable& x);
Variable expm1(const Variable& x);
Variable log(const Variable& x);
Variable log1p(const Variable& x);
Variable sin(const Variable& x);
Variable cos(const Variable& x);
Variable tanh(const Variable& x);
Variable erf(const Variable& x);
Variable sigmoid(const Variable& x);
/// The derivative at 0 is 0.
Variable relu(const Variable& x);
/// grad where y > 0, else 0. Differentiable in grad; constant in y almost everywhere.
Variable relu_grad(const Variable& grad, const Variable& y);
inline Variable operator-(const Variable& x) { return neg(x); }

// Shape.

Variable reshape(const Variable& x, const Shape& shape);
Variable flatten(const Variable& x, int first = 0, int last = -1);
Variable transpose(const Variable& x, int dim0, int dim1);
Variable permute(const Variable& x, std::span<const int> order);
inline Variable permute(const Variable& x, std::initializer_list<int> order) {
  return permute(x, std::span<const int>(order.begin(), order.size()));
}
Variable expand(const Variable& x, const Shape& shape);
Variable slice(const Variable& x, int dim, std::int64_t begin, std::int64_t end = INT64_MAX,
               std::int64_t step = 1);
Variable select(const Variable& x, int dim, std::int64_t index);
Variable squeeze(const Variable& x, int dim);
Variable unsqueeze(const Variable& x, int dim);
Variable cat(std::span<const Variable> variables, int dim = 0);
Variable to(const Variable& x, DType dtype);

// Reductions over `dims` (all where empty).

Variable sum(const Variable& x, std::span<const int> dims = {}, bool keepdim = false);
Variable mean(const Variable& x, std::span<const int> dims = {}, bool keepdim = false);
/// Equal largest (smallest) elements share the gradient evenly.
Variable max(const Variable& x, std::span<const int> dims = {}, bool keepdim = false);
Variable min(const Variable& x, std::span<const int> dims = {}, bool keepdim = false);
inline Variable sum(const Variable& x, std::initializer_list<int> dims, bool keepdim = false) {
  return sum(x, std::span<const int>(dims.begin(), dims.size()), keepdim);
}
inline Variable mean(const Variable& x, std::initializer_list<int> dims, bool keepdim = false) {
  return mean(x, std::span<const int>(dims.begin(), dims.size()), keepdim);
}
inline Variable max(const Variable& x, std::initializer_list<int> dims, bool keepdim = false) {
  return max(x, std::span<const int>(dims.begin(), dims.size()), keepdim);
}
inline Variable min(const Variable& x, std::initializer_list<int> dims, bool keepdim = false) {
  return min(x, std::span<const int>(dims.begin(), dims.size()), keepdim);
}
Variable sum_to(const Variable& x, const Shape& shape);

// Networks.

Variable matmul(const Variable& a, const Variable& b);
Variable linear(const Variable& x, const Variable& weight, const Variable& bias = {},
                Activation activation = Activation::kNone);
Variable conv2d(const Variable& x, const Variable& weight, const Variable& bias,
                const Conv2dParams& params = {}, Activation activation = Activation::kNone);
Variable conv2d_input_grad(const Variable& grad, const Variable& weight, const Shape& x_shape,
                           const Conv2dParams& params);
Variable conv2d_weight_grad(const Variable& grad, const Variable& x, const Shape& weight_shape,
                            const Conv2dParams& params);
Variable max_pool2d(const Variable& x, const Pool2dParams& params = {});
Variable softmax(const Variable& x, int dim);
Variable log_softmax(const Variable& x, int dim);
Variable cross_entropy(const Variable& logits, const Tensor& labels,
                       Reduction reduction = Reduction::kMean);
/// Zeroes elements with probability p and scales the others by 1/(1-p).
Variable dropout(const Variable& x, double p, Generator& generator = default_generator());

// Normalization. Weight, bias and running statistics may be undefined.

Variable batch_norm(const Variable& x, const Variable& weight, const Variable& bias,
                    const Tensor& running_mean = {}, const Tensor& running_var = {},
                    const BatchNormParams& params = {});
Variable layer_norm(const Variable& x, const Shape& shape, const Variable& weight = {},
                    const Variable& bias = {}, double eps = 1e-5);
Variable rms_norm(const Variable& x, const Shape& shape, const Variable& weight = {},
                  double eps = 1e-5);
Variable group_norm(const Variable& x, int groups, const Variable& weight = {},
                    const Variable& bias = {}, double eps = 1e-5);

// Indexing.

Variable index_select(const Variable& x, int dim, const Tensor& indices);
Variable index_add(const Variable& x, int dim, const Tensor& indices, const Variable& values);
Variable gather(const Variable& x, int dim, const Tensor& index);
Variable scatter_add(const Variable& x, int dim, const Tensor& index, const Variable& values);

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_OPS_H_

// Operations on tensors. Each returns a new tensor; none changes its arguments.
//
//   Tensor y = relu(matmul(x, w) + b);      // broadcasts as NumPy does
//   Tensor m = mean(y, {0});                // [N,C] -> [C]
//
// Shapes are written in brackets: N batch, C channels, H height, W width. Elementwise operations
// keep the memory order of their first dense argument. Dtypes: "floating" is f32, f64, bf16, f16
// (16-bit values are computed in f32 and rounded once); "any" adds i64, i32, u8, bool. Binary
// operations promote (tensor/dtype.h); a plain number takes the tensor's dtype (ValueError where it
// does not fit), except that a fraction with an integral tensor gives f32. All throw DTypeError,
// ShapeError and DeviceError that name the operation, the argument and both shapes.
#ifndef TENON_TENSOR_OPS_H_
#define TENON_TENSOR_OPS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "tensor/random.h"
#include "tensor/tensor.h"

namespace tenon {

// Arithmetic, with broadcasting.

Tensor add(const Tensor& a, const Tensor& b);
Tensor sub(const Tensor& a, const Tensor& b);
Tensor mul(const Tensor& a, const Tensor& b);
/// True division: integral arguments give f32.
Tensor div(const Tensor& a, const Tensor& b);
/// Floating only.
Tensor pow(const Tensor& a, const Tensor& b);
/// Elementwise; NaN where either is NaN.
Tensor maximum(const Tensor& a, const Tensor& b);
Tensor minimum(const Tensor& a, const Tensor& b);

Tensor add(const Tensor& a, double b);
Tensor sub(const Tensor& a, double b);
Tensor sub(double a, const Tensor& b);
Tensor mul(const Tensor& a, double b);
Tensor div(const Tensor& a, double b);
Tensor div(double a, const Tensor& b);
Tensor pow(const Tensor& a, double b);
Tensor maximum(const Tensor& a, double b);
Tensor minimum(const Tensor& a, double b);

inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return div(a, b); }
inline Tensor operator+(const Tensor& a, double b) { return add(a, b); }
inline Tensor operator-(const Tensor& a, double b) { return sub(a, b); }
inline Tensor operator*(const Tensor& a, double b) { return mul(a, b); }
inline Tensor operator/(const Tensor& a, double b) { return div(a, b); }
inline Tensor operator+(double a, const Tensor& b) { return add(b, a); }
inline Tensor operator-(double a, const Tensor& b) { return sub(a, b); }
inline Tensor operator*(double a, const Tensor& b) { return mul(b, a); }
inline Tensor operator/(double a, const Tensor& b) { return div(a, b); }

// Comparison: bool tensors. Comparisons with NaN are false, `ne` true.

Tensor eq(const Tensor& a, const Tensor& b);
Tensor ne(const Tensor& a, const Tensor& b);
Tensor lt(const Tensor& a, const Tensor& b);
Tensor le(const Tensor& a, const Tensor& b);
Tensor gt(const Tensor& a, const Tensor& b);
Tensor ge(const Tensor& a, const Tensor& b);
Tensor eq(const Tensor& a, double b);
Tensor ne(const Tensor& a, double b);
Tensor lt(const Tensor& a, double b);
Tensor le(const Tensor& a, double b);
Tensor gt(const Tensor& a, double b);
Tensor ge(const Tensor& a, double b);

/// condition ? a : b, all three broadcast. `condition` is bool.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);

// Unary maths. Floating, except neg, abs, sign and square, which take integers too. Within 4 units in
// the last place, but for this: on the CPU in f32, exp is infinite from 88.4 on, its results below
// 1e-38 are 0, and log takes smaller numbers than that for it.

Tensor neg(const Tensor& x);
Tensor abs(const Tensor& x);
/// -1, 0 or 1.
Tensor sign(const Tensor& x);
Tensor square(const Tensor& x);
Tensor sqrt(const Tensor& x);
Tensor rsqrt(const Tensor& x);
Tensor reciprocal(const Tensor& x);
Tensor exp(const Tensor& x);
Tensor expm1(const Tensor& x);
Tensor log(const Tensor& x);
Tensor log1p(const Tensor& x);
Tensor sin(const Tensor& x);
Tensor cos(const Tensor& x);
Tensor tanh(const Tensor& x);
Tensor erf(const Tensor& x);
Tensor sigmoid(const Tensor& x);
Tensor relu(const Tensor& x);
inline Tensor operator-(const Tensor& x) { return neg(x); }

/// grad where y > 0, else 0: the derivative of y = relu(x) in one pass.
Tensor relu_grad(const Tensor& grad, const Tensor& y);

/// Whether every element is finite (true for an empty or an integral tensor).
bool all_finite(const Tensor& x);

// Reductions over `dims` (all where empty). Sums of bool, u8, i32 are i64; sums of f32 are
// accumulated in fixed-size blocks combined pairwise, in the same order for any thread count.

Tensor sum(const Tensor& x, std::span<const int> dims = {}, bool keepdim = false);
/// Floating. The mean of no elements is NaN.
Tensor mean(const Tensor& x, std::span<const int> dims = {}, bool keepdim = false);
/// NaN where any element is. Throws ShapeError for no elements.
Tensor max(const Tensor& x, std::span<const int> dims = {}, bool keepdim = false);
Tensor min(const Tensor& x, std::span<const int> dims = {}, bool keepdim = false);
inline Tensor sum(const Tensor& x, std::initializer_list<int> dims, bool keepdim = false) {
  return sum(x, std::span<const int>(dims.begin(), dims.size()), keepdim);
}
inline Tensor mean(const Tensor& x, std::initializer_list<int> dims, bool keepdim = false) {
  return mean(x, std::span<const int>(dims.begin(), dims.size()), keepdim);
}
inline Tensor max(const Tensor& x, std::initializer_list<int> dims, bool keepdim = false) {
  return max(x, std::span<const int>(dims.begin(), dims.size()), keepdim);
}
inline Tensor min(const Tensor& x, std::initializer_list<int> dims, bool keepdim = false) {
  return min(x, std::span<const int>(dims.begin(), dims.size()), keepdim);
}
/// Index (i64) of the first largest element along `dim`. Throws ShapeError for size 0.
Tensor argmax(const Tensor& x, int dim, bool keepdim = false);
Tensor argmin(const Tensor& x, int dim, bool keepdim = false);
/// Sums `x` down to `shape`, to which it could have been broadcast from: broadcasting's adjoint.
Tensor sum_to(const Tensor& x, const Shape& shape);

// Linear algebra. f32, f64, bf16, f16.

/// [..,M,K] x [..,K,N] -> [..,M,N]; leading dimensions broadcast; 1-d arguments as in PyTorch.
Tensor matmul(const Tensor& a, const Tensor& b);

enum class Activation : std::uint8_t { kNone, kRelu };
/// x [..,I], weight [O,I], bias [O] or undefined -> activation(x W^T + bias) [..,O], in one kernel.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
              Activation activation = Activation::kNone);

// Convolution and pooling (Dumoulin & Visin 2016, "A guide to convolution arithmetic", §2).
// Results are channels-last.

/// Pairs are {height, width}.
struct Conv2dParams {
  std::pair<int, int> stride{1, 1};
  std::pair<int, int> padding{0, 0};
  std::pair<int, int> dilation{1, 1};
  int groups = 1;
};
/// x [N,C,H,W], weight [K,C/groups,R,S], bias [K] or undefined -> [N,K,P,Q],
/// P = (H + 2 pad - dilation (R-1) - 1) / stride + 1. f32, bf16.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dParams& params,
              Activation activation = Activation::kNone);
/// Gradient of conv2d with respect to x (of shape `x_shape`) for gradient `grad` [N,K,P,Q].
Tensor conv2d_input_grad(const Tensor& grad, const Tensor& weight, const Shape& x_shape,
                         const Conv2dParams& params);
/// Gradient of conv2d with respect to the weight (of shape `weight_shape`).
Tensor conv2d_weight_grad(const Tensor& grad, const Tensor& x, const Shape& weight_shape,
                          const Conv2dParams& params);

struct Pool2dParams {
  std::pair<int, int> kernel{2, 2};
  std::pair<int, int> stride{2, 2};
  std::pair<int, int> padding{0, 0};
};
/// Largest value of each window and its index h * W + w (i32, the first of equals) in the plane.
/// x [N,C,H,W] -> two of [N,C,P,Q]. Padding counts as -infinity. Floating.
std::pair<Tensor, Tensor> max_pool2d(const Tensor& x, const Pool2dParams& params);
/// Adds each element of `grad` [N,C,P,Q] to the place that `indices` names: [N,C,H,W].
Tensor max_pool2d_scatter(const Tensor& grad, const Tensor& indices, const Shape& x_shape);
/// Reads the places that `indices` [N,C,P,Q] names from x [N,C,H,W].
Tensor max_pool2d_gather(const Tensor& x, const Tensor& indices);

// Normalization. Floating; statistics are f64 for f64, else f32, and so may weight, bias and running
// statistics be. Weight and bias may be undefined: 1 and 0.

/// What was computed, and the statistics that its derivative needs.
struct Normalized {
  Tensor y;
  Tensor mean;  ///< undefined for rms_norm
  Tensor rstd;  ///< 1 / sqrt(variance + eps)
};
struct NormGrads {
  Tensor x;
  Tensor weight;
  Tensor bias;
};

struct BatchNormParams {
  bool training = true;   ///< normalize with the batch's statistics; else with the running ones
  double momentum = 0.1;  ///< running = (1 - momentum) running + momentum batch's
  double eps = 1e-5;
};
/// (x - mean) / sqrt(variance + eps) weight + bias per channel of x [N,C,..] (Ioffe & Szegedy 2015,
/// algorithm 1). weight, bias, running statistics [C]. In training the running statistics, where
/// defined, are updated in place: mean, and unbiased variance. Throws ShapeError for training with
/// one value a channel. Channels-last images stay so.
Normalized batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias,
                      const Tensor& running_mean, const Tensor& running_var,
                      const BatchNormParams& params);
NormGrads batch_norm_grad(const Tensor& grad, const Tensor& x, const Tensor& weight,
                          const Tensor& mean, const Tensor& rstd, bool training);
/// Over the last dimensions, those of `shape` (Ba et al. 2016, "Layer normalization", §3); weight
/// and bias have that shape.
Normalized layer_norm(const Tensor& x, const Shape& shape, const Tensor& weight, const Tensor& bias,
                      double eps = 1e-5);
NormGrads layer_norm_grad(const Tensor& grad, const Tensor& x, const Shape& shape,
                          const Tensor& weight, const Tensor& mean, const Tensor& rstd);
/// x / sqrt(mean(x^2) + eps) weight (Zhang & Sennrich 2019, §3). No bias in its gradients.
Normalized rms_norm(const Tensor& x, const Shape& shape, const Tensor& weight, double eps = 1e-5);
NormGrads rms_norm_grad(const Tensor& grad, const Tensor& x, const Shape& shape,
                        const Tensor& weight, const Tensor& rstd);
/// Over each of `groups` groups of channels of each item of x [N,C,..] (Wu & He 2018, §3); weight,
/// bias [C]; statistics [N * groups].
Normalized group_norm(const Tensor& x, int groups, const Tensor& weight, const Tensor& bias,
                      double eps = 1e-5);
NormGrads group_norm_grad(const Tensor& grad, const Tensor& x, int groups, const Tensor& weight,
                          const Tensor& mean, const Tensor& rstd);

// Softmax and cross entropy. Floating.

Tensor softmax(const Tensor& x, int dim);
Tensor log_softmax(const Tensor& x, int dim);

enum class Reduction : std::uint8_t { kNone, kMean, kSum };
/// -log softmax(logits)[label], fused. logits [N,C], labels [N] i64 in [0,C) -> [] or [N] for kNone.
/// Throws IndexError that names the first bad label.
Tensor cross_entropy(const Tensor& logits, const Tensor& labels,
                     Reduction reduction = Reduction::kMean);
/// Its gradient, (softmax(logits) - onehot(labels)) * grad (/ N for kMean); grad [] or [N].
Tensor cross_entropy_grad(const Tensor& grad, const Tensor& logits, const Tensor& labels,
                          Reduction reduction);

// Indexing.

/// Rows `indices` [K] (i64) of dimension `dim`. Any dtype. Throws IndexError.
Tensor index_select(const Tensor& x, int dim, const Tensor& indices);
/// A copy of x with `values` added at `indices` of dimension `dim`: index_select's adjoint.
Tensor index_add(const Tensor& x, int dim, const Tensor& indices, const Tensor& values);
/// y[i][j] = x[i][index[i][j]] for dim 1, and so on; index i64 of x's rank. Throws IndexError.
Tensor gather(const Tensor& x, int dim, const Tensor& index);
/// A copy of x with values added where gather would have read: gather's adjoint.
Tensor scatter_add(const Tensor& x, int dim, const Tensor& index, const Tensor& values);
/// [..] i64 in [0,classes) -> [..,classes].
Tensor one_hot(const Tensor& indices, std::int64_t classes, DType dtype = DType::kF32);
/// Joins along an existing / a new dimension. Throws ValueError for no tensors.
Tensor cat(std::span<const Tensor> tensors, int dim = 0);
Tensor stack(std::span<const Tensor> tensors, int dim = 0);

// Dropout (Srivastava et al. 2014), inverted: survivors are scaled by 1/(1-p).

/// The result and the mask of factors 0 or 1/(1-p) it was multiplied by. p in [0,1). Floating.
std::pair<Tensor, Tensor> dropout(const Tensor& x, double p, Generator& generator);

// Fused optimizer updates over many tensors in place: one pass over memory for each.

/// SGD with momentum, dampening and Nesterov (Sutskever et al. 2013), as PyTorch defines it.
struct SgdStep {
  double lr = 0;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
  bool first = false;  ///< the buffers are zeros and take the first gradient undampened
};
/// parameters, grads and (where momentum != 0) buffers, in step with each other, dense, floating.
void sgd_(std::span<const Tensor> parameters, std::span<const Tensor> grads,
          std::span<const Tensor> buffers, const SgdStep& step);

/// Adam (Kingma & Ba 2015, algorithm 1), or AdamW (Loshchilov & Hutter 2019) where decoupled.
struct AdamStep {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
  bool decoupled = false;
  std::int64_t step = 1;  ///< counted from 1
};
void adam_(std::span<const Tensor> parameters, std::span<const Tensor> grads,
           std::span<const Tensor> first_moments, std::span<const Tensor> second_moments,
           const AdamStep& step);

}  // namespace tenon

#endif  // TENON_TENSOR_OPS_H_

// Activation functions of networks, each with its derivative as one pass over memory.
//
//   Tensor y = gelu(linear(x, w1, b1));
//   Tensor g = activation_grad({ActivationFunction::kGelu}, grad, x);   // grad * gelu'(x)
//
// Floating; the result has x's shape, dtype and memory order. Within 4 units in the last
// place. Infinities follow the formulas in f32 and f64: x f(x) with f(-infinity) = 0 is NaN there.
#ifndef TENON_TENSOR_OPS_ACTIVATION_H_
#define TENON_TENSOR_OPS_ACTIVATION_H_

#include <cstdint>
#include <limits>

#include "tensor/tensor.h"

namespace tenon {

/// x > 0 ? x : slope x (Maas, Hannun & Ng 2013, §2).
Tensor leaky_relu(const Tensor& x, double slope = 0.01);
/// x > 0 ? x : alpha (e^x - 1) (Clevert, Unterthiner & Hochreiter 2016, §3).
Tensor elu(const Tensor& x, double alpha = 1);
/// x > 0 ? x : alpha (e^(x/alpha) - 1), whose slope is continuous (Barron 2017). Throws ValueError
/// for alpha 0.
Tensor celu(const Tensor& x, double alpha = 1);
/// kSeluScale elu(x, kSeluAlpha), which keeps mean 0 and variance 1 (Klambauer et al. 2017, §2).
inline constexpr double kSeluAlpha = 1.6732632423543772848170429916717;
inline constexpr double kSeluScale = 1.0507009873554804934193349852946;
Tensor selu(const Tensor& x);

/// x Phi(x), Phi the normal distribution function (Hendrycks & Gimpel 2016, §2).
Tensor gelu(const Tensor& x);
/// x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))): their approximation, GPT-2's "gelu_new".
Tensor gelu_tanh(const Tensor& x);
/// x sigmoid(x), also called swish (Elfwing, Uchibe & Doya 2018, §2; Ramachandran et al. 2017).
Tensor silu(const Tensor& x);
/// log(1 + e^(beta x)) / beta; x itself where beta x > threshold. Throws ValueError for beta <= 0.
Tensor softplus(const Tensor& x, double beta = 1, double threshold = 20);
/// x tanh(log(1 + e^x)) (Misra 2020, §3).
Tensor mish(const Tensor& x);
/// log(sigmoid(x)), finite wherever x is.
Tensor log_sigmoid(const Tensor& x);

/// min(max(x, low), high); an infinite bound is none. Numeric. The derivative is 1 at the bounds.
/// Throws ValueError for a NaN bound.
Tensor clamp(const Tensor& x, double low, double high = std::numeric_limits<double>::infinity());
/// clamp to a finite range, with the derivative 0 at the bounds themselves. Throws ValueError where
/// low is not below high.
Tensor hardtanh(const Tensor& x, double low = -1, double high = 1);
/// clamp(x / 6 + 1/2, 0, 1) (Howard et al. 2019, §5.2).
Tensor hardsigmoid(const Tensor& x);
/// x hardsigmoid(x) (Howard et al. 2019, §5.2).
Tensor hardswish(const Tensor& x);

/// The functions above but for their names: what a device implements, and what their derivatives
/// are told by. `a` and `b` are their parameters in order.
enum class ActivationFunction : std::uint8_t {
  kLeakyRelu,
  kElu,
  kCelu,
  kSelu,
  kGelu,
  kGeluTanh,
  kSilu,
  kSoftplus,
  kMish,
  kLogSigmoid,
  kClamp,
  kHardtanh,
  kHardsigmoid,
  kHardswish,
};
struct ActivationArgs {
  ActivationFunction function;
  double a = 0;
  double b = 0;
};
/// grad f'(x), in one pass; grad and x of one shape and floating dtype.
Tensor activation_grad(const ActivationArgs& args, const Tensor& grad, const Tensor& x);

/// x > 0 ? x : weight x; weight [] or [1], or [C], one for each of dimension 1 of x (He et al.
/// 2015, §2.1).
Tensor prelu(const Tensor& x, const Tensor& weight);
/// The largest of each `pieces` neighbours along `dim`, whose size they divide (Goodfellow et al.
/// 2013, §2). Any dtype.
Tensor maxout(const Tensor& x, int pieces, int dim = 1);
/// `x` with the size of `dim` split in two, the second `pieces`. Throws ShapeError, ValueError.
Shape maxout_shape(const Shape& x, int pieces, int dim);

}  // namespace tenon

#endif  // TENON_TENSOR_OPS_ACTIVATION_H_

// Normalization. Floating; statistics are f64 for f64, else f32, and so may weight, bias and
// running statistics be. Weight and bias may be undefined: 1 and 0.
#ifndef TENON_TENSOR_OPS_NORMALIZATION_H_
#define TENON_TENSOR_OPS_NORMALIZATION_H_

#include "tensor/ops/linalg.h"
#include "tensor/tensor.h"

namespace tenon {

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
/// one value a channel. Channels-last images stay so. The result is activation(that).
Normalized batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias,
                      const Tensor& running_mean, const Tensor& running_var,
                      const BatchNormParams& params, Activation activation = Activation::kNone);
/// The gradients of one without activation, or with a ReLU, whose result is `active`.
NormGrads batch_norm_grad(const Tensor& grad, const Tensor& x, const Tensor& weight,
                          const Tensor& mean, const Tensor& rstd, bool training,
                          const Tensor& active = {});
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

}  // namespace tenon

#endif  // TENON_TENSOR_OPS_NORMALIZATION_H_

// Updates of many tensors together, in place, in one pass over memory: what optimizers are made of.
//
//   const std::vector<Tensor> moments[] = {exp_avg, exp_avg_sq};   // zeros like the parameters
//   optimizer_update_({.parameters = w, .grads = g, .states = moments}, AdamStep{.lr = 1e-3, .step
//   = 1});
//
// A rule is a struct of numbers. What it computes for one element stands in
// tensor/internal/update_rules.h, once for all devices. Each rounds after every operation, as the
// same formula written with tensor operations does: the results have the same bits.
#ifndef TENON_TENSOR_OPS_OPTIMIZER_H_
#define TENON_TENSOR_OPS_OPTIMIZER_H_

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "tensor/tensor.h"

namespace tenon {

// p is the parameter, g its gradient, t the number of the step, counted from 1. Where `decoupled`,
// p = (1 - lr weight_decay) p before the step (Loshchilov & Hutter 2019, "Decoupled weight decay
// regularization", algorithms 1 and 2); else g = g + weight_decay p.

/// b = momentum b + (1 - dampening) g (b = g where `first`); p -= lr (nesterov ? g + momentum b :
/// b). States: b; none where momentum is 0. (Sutskever et al. 2013, §2, in PyTorch's form)
struct SgdStep {
  double lr = 0;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool decoupled = false;
  bool nesterov = false;
  bool first = false;
};

/// s += g²; p -= lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps). States: s.
/// (Duchi, Hazan & Singer 2011, figure 1)
struct AdagradStep {
  double lr = 0;
  double lr_decay = 0;
  double eps = 0;
  double weight_decay = 0;
  std::int64_t step = 1;
};

/// s = rho s + (1 - rho) g²; d = sqrt(a + eps) / sqrt(s + eps) g; a = rho a + (1 - rho) d²;
/// p -= lr d. States: s, a. (Zeiler 2012, algorithm 1)
struct AdadeltaStep {
  double lr = 0;
  double rho = 0;
  double eps = 0;
  double weight_decay = 0;
};

/// s = alpha s + (1 - alpha) g²; a = alpha a + (1 - alpha) g where centered;
/// d = g / (sqrt(s - a²) + eps); b = momentum b + d; p -= lr b.
/// States: s; a where centered; b where momentum is not 0. (Tieleman & Hinton 2012, lecture 6.5;
/// centered: Graves 2013, §4.2)
struct RmspropStep {
  double lr = 0;
  double alpha = 0;
  double eps = 0;
  double momentum = 0;
  double weight_decay = 0;
  bool centered = false;
};

/// m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g²;
/// p -= lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps), with the largest v so far where
/// amsgrad. States: m, v; the largest v where amsgrad. (Kingma & Ba 2015, algorithm 1; Reddi, Kale
/// & Kumar 2018, algorithm 2)
struct AdamStep {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
  bool decoupled = false;
  bool amsgrad = false;
  std::int64_t step = 1;
};

/// m as Adam's; u = max(beta2 u, |g| + eps); p -= lr / (1 - beta1^t) m / u. States: m, u.
/// (Kingma & Ba 2015, algorithm 2)
struct AdamaxStep {
  double lr = 0;
  double beta1 = 0;
  double beta2 = 0;
  double eps = 0;
  double weight_decay = 0;
  std::int64_t step = 1;
};

/// m, v as Adam's; p -= (grad_rate g + moment_rate m) / (sqrt(v / (1 - beta2^t)) + eps). The two
/// rates follow from a schedule of momenta. States: m, v. (Dozat 2016, algorithm 2)
struct NadamStep {
  double lr = 0;
  double grad_rate = 0;
  double moment_rate = 0;
  double beta1 = 0;
  double beta2 = 0;
  double eps = 0;
  double weight_decay = 0;
  bool decoupled = false;
  std::int64_t step = 1;
};

/// Adam whose first steps, while the variance of 1 / sqrt(v) is out of hand, do without v, and
/// whose others are rectified. States: m, v. (Liu et al. 2020, algorithm 2)
struct RadamStep {
  double lr = 0;
  double beta1 = 0;
  double beta2 = 0;
  double eps = 0;
  double weight_decay = 0;
  bool decoupled = false;
  std::int64_t step = 1;
};

/// p = (1 - lr weight_decay) p - lr sign(beta1 m + (1 - beta1) g); m = beta2 m + (1 - beta2) g.
/// States: m. (Chen et al. 2023, algorithm 2)
struct LionStep {
  double lr = 0;
  double beta1 = 0;
  double beta2 = 0;
  double weight_decay = 0;
};

/// p = decay p + (1 - decay) g: a moving average of what stands in the gradients' place.
struct AverageStep {
  double decay = 0;
};

/// p = factor p. Reads no gradients.
struct ScaleStep {
  double factor = 1;
};

/// p = min(max(p, -limit), limit); NaN stays. Reads no gradients.
struct ClampStep {
  double limit = 0;
};

using UpdateRule =
    std::variant<SgdStep, AdagradStep, AdadeltaStep, RmspropStep, AdamStep, AdamaxStep, NadamStep,
                 RadamStep, LionStep, AverageStep, ScaleStep, ClampStep>;

/// Elements of a state in 8 bits that share a scale.
inline constexpr std::int64_t kStateBlock = 256;

/// Lists in step with each other: entry i of each belongs to parameter i and has its shape.
struct UpdateLists {
  std::span<const Tensor> parameters = {};
  /// Of any floating dtype that computes as the parameter's does: f64, or one of f32, bf16, f16.
  std::span<const Tensor> grads = {};
  std::span<const std::vector<Tensor>> states = {};  ///< a list for each of the rule's states
  /// Empty, or as `states`: where a tensor is defined, the state beside it is u8 codes, on the CPU,
  /// of a parameter that is not f64, and it is their scales: f32 [ceil(n / kStateBlock)], one for
  /// each block in memory order. Codes stand for the numbers of a dynamic map, without signs where
  /// the rule's state is never negative, and are rounded to it anew by each update. A block with an
  /// element that is not finite becomes not finite as a whole. (Dettmers et al. 2022, "8-bit
  /// optimizers via block-wise quantization", §2) Not for centered RMSprop, which subtracts its
  /// states from each other.
  std::span<const std::vector<Tensor>> scales = {};
  /// Empty, or tensors that take the new parameters too, rounded to their dtype: the bf16 weights
  /// that a model computes with, beside the f32 ones that are updated.
  std::span<const Tensor> copies = {};
  /// What every gradient is multiplied by as it is read: undoes a loss's scale, or clips.
  double grad_scale = 1;
  /// The same as a number [] of f64 on the parameters' device, for one that the host does not know;
  /// undefined: 1.
  Tensor grad_factor = {};
};

/// Parameters, states and copies are written: floating, dense and in one memory order (gradients
/// may lie in any). Throws ValueError where a list has another length, ShapeError, DTypeError and
/// DeviceError that name the list; nothing is written then.
void optimizer_update_(const UpdateLists& lists, const UpdateRule& rule);

/// How many states the rule keeps for each parameter.
int state_count(const UpdateRule& rule);

enum class Norm : std::uint8_t { kL1, kL2, kMax };
/// The norm of all elements of all tensors as one vector, summed in f64, in the same order for any
/// number of threads. Not finite where an element is not (or where a sum exceeds f64). 0 for none.
/// Floating.
double total_norm(std::span<const Tensor> tensors, Norm norm = Norm::kL2);
/// The same as a tensor [] of f64 on the device of the tensors, of which there is at least one: the
/// host does not wait for it.
Tensor total_norm_tensor(std::span<const Tensor> tensors, Norm norm = Norm::kL2);

}  // namespace tenon

#endif  // TENON_TENSOR_OPS_OPTIMIZER_H_

// Bounds on gradients, before a step.
//
//   loss.backward();
//   double norm = optim::clip_grad_norm_(net.parameters(), 1.0);
//   optimizer.step();
//
// Where only the step matters, `optimizer.step({.max_norm = 1.0})` does the same without writing
// the gradients.
#ifndef TENON_OPTIM_CLIP_H_
#define TENON_OPTIM_CLIP_H_

#include <span>

#include "autograd/variable.h"
#include "tensor/ops/optimizer.h"

namespace tenon::optim {

struct ClipNormOptions {
  Norm norm = Norm::kL2;
  bool error_if_nonfinite = false;
};
/// Scales the gradients by max_norm / (norm + 1e-6) where their norm, as one vector, is larger than
/// that. Parameters without a gradient count for nothing. Returns the norm before. Throws
/// ValueError for a max_norm that is not at least 0, and for a norm that is not finite where it is
/// an error, with the first such parameter; nothing is changed then. Else a norm that is not finite
/// makes gradients 0 or NaN, as PyTorch does. (Pascanu, Mikolov & Bengio 2013, "On the difficulty
/// of training recurrent neural networks", §3.2, algorithm 1)
double clip_grad_norm_(std::span<const autograd::Variable> parameters, double max_norm,
                       const ClipNormOptions& options = {});

/// Brings every element of the gradients into [-limit, limit]; NaN stays. Throws ValueError for a
/// limit that is not at least 0.
void clip_grad_value_(std::span<const autograd::Variable> parameters, double limit);

}  // namespace tenon::optim

#endif  // TENON_OPTIM_CLIP_H_

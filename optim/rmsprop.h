// RMSprop: gradients scaled by a running average of their squares.
//
//   optim::RMSprop optimizer(net.parameters(), {.lr = 1e-2, .momentum = 0.9});
#ifndef TENON_OPTIM_RMSPROP_H_
#define TENON_OPTIM_RMSPROP_H_

#include <vector>

#include "optim/fused_optimizer.h"

namespace tenon::optim {

struct RMSpropOptions {
  double lr = 1e-2;
  double alpha = 0.99;
  double eps = 1e-8;
  double weight_decay = 0;  ///< L2: added to the gradient as weight_decay * parameter
  double momentum = 0;
  bool centered = false;  ///< scales by the variance: subtracts the squared mean
};

/// s = alpha s + (1 - alpha) g²;  a = alpha a + (1 - alpha) g where centered;
/// b = momentum b + g / (sqrt(s - a²) + eps);  p -= lr b.
/// (Tieleman & Hinton 2012, "Neural networks for machine learning", lecture 6.5; centered: Graves
/// 2013, "Generating sequences with recurrent neural networks", §4.2)
class RMSprop final : public GroupedOptimizer<RMSpropOptions> {
 public:
  /// Throws ValueError for a bad option, and for parameters as Optimizer does. State: "square_avg";
  /// "grad_avg" where centered; "momentum_buffer" where momentum != 0.
  explicit RMSprop(std::vector<Variable> parameters, const RMSpropOptions& options = {});

 private:
  void check(const RMSpropOptions& options) const override;
  std::vector<Slot> slots(const RMSpropOptions& options) const override;
  void update(const Update& update) override;
};

}  // namespace tenon::optim

#endif  // TENON_OPTIM_RMSPROP_H_

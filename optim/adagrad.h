// Adagrad: rates that fall for each element as its squared gradients add up. For sparse features.
//
//   optim::Adagrad optimizer(net.parameters(), {.lr = 1e-2});
#ifndef TENON_OPTIM_ADAGRAD_H_
#define TENON_OPTIM_ADAGRAD_H_

#include <vector>

#include "optim/fused_optimizer.h"

namespace tenon::optim {

struct AdagradOptions {
  double lr = 1e-2;
  double lr_decay = 0;             ///< lr / (1 + (t - 1) lr_decay)
  double weight_decay = 0;         ///< L2: added to the gradient as weight_decay * parameter
  double initial_accumulator = 0;  ///< what the sum of squares begins with
  double eps = 1e-10;
};

/// s += g²;  p -= lr g / (sqrt(s) + eps).
/// (Duchi, Hazan & Singer 2011, "Adaptive subgradient methods for online learning and stochastic
/// optimization", figure 1)
class Adagrad final : public GroupedOptimizer<AdagradOptions> {
 public:
  /// Throws ValueError for a bad option, and for parameters as Optimizer does. State: "sum".
  explicit Adagrad(std::vector<Variable> parameters, const AdagradOptions& options = {});

 private:
  void check(const AdagradOptions& options) const override;
  std::vector<Slot> slots(const AdagradOptions& options) const override;
  void update(const Update& update) override;
};

}  // namespace tenon::optim

#endif  // TENON_OPTIM_ADAGRAD_H_

// Lion: the sign of a momentum. Half of Adam's state; wants a rate 3 to 10 times smaller and a
// weight decay as much larger.
//
//   optim::Lion optimizer(net.parameters(), {.lr = 1e-4, .weight_decay = 0.1});
#ifndef TENON_OPTIM_LION_H_
#define TENON_OPTIM_LION_H_

#include <vector>

#include "optim/fused_optimizer.h"

namespace tenon::optim {

struct LionOptions {
  double lr = 1e-4;
  double beta1 = 0.9;
  double beta2 = 0.99;
  double weight_decay = 0;  ///< decoupled
};

/// p = (1 - lr weight_decay) p - lr sign(beta1 m + (1 - beta1) g);  m = beta2 m + (1 - beta2) g.
/// (Chen et al. 2023, "Symbolic discovery of optimization algorithms", algorithm 2)
class Lion final : public GroupedOptimizer<LionOptions> {
 public:
  /// Throws ValueError for a bad option, and for parameters as Optimizer does. State: "exp_avg".
  explicit Lion(std::vector<Variable> parameters, const LionOptions& options = {});

 private:
  void check(const LionOptions& options) const override;
  std::vector<Slot> slots(const LionOptions& options) const override;
  void update(const Update& update) override;
};

}  // namespace tenon::optim

#endif  // TENON_OPTIM_LION_H_

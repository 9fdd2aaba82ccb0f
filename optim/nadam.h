// NAdam: Adam that looks ahead as Nesterov's momentum does.
//
//   optim::NAdam optimizer(net.parameters(), {.lr = 2e-3});
#ifndef TENON_OPTIM_NADAM_H_
#define TENON_OPTIM_NADAM_H_

#include <vector>

#include "optim/fused_optimizer.h"

namespace tenon::optim {

struct NAdamOptions {
  double lr = 2e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;       ///< L2, or
  bool decoupled = false;        ///< p -= lr weight_decay p before the step
  double momentum_decay = 4e-3;  ///< how fast the momentum grows to beta1
};

/// With mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2) and M_t = mu_1 … mu_t, the step is
/// p -= lr ((1 - mu_t) / (1 - M_t) g + mu_{t+1} / (1 - M_{t+1}) m) / (sqrt(v / (1 - beta2^t)) +
/// eps). (Dozat 2016, "Incorporating Nesterov momentum into Adam", algorithm 2 and §3)
class NAdam final : public GroupedOptimizer<NAdamOptions> {
 public:
  /// Throws ValueError for a bad option, and for parameters as Optimizer does. State: "exp_avg",
  /// "exp_avg_sq", and the product of the momenta so far, "mu_product" [P] f64.
  explicit NAdam(std::vector<Variable> parameters, const NAdamOptions& options = {});

 private:
  void check(const NAdamOptions& options) const override;
  std::vector<Slot> slots(const NAdamOptions& options) const override;
  void update(const Update& update) override;
};

}  // namespace tenon::optim

#endif  // TENON_OPTIM_NADAM_H_

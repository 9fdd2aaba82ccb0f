// Adamax: Adam with the largest recent gradient in the place of the root of the second moment.
//
//   optim::Adamax optimizer(net.parameters(), {.lr = 2e-3});
#ifndef TENON_OPTIM_ADAMAX_H_
#define TENON_OPTIM_ADAMAX_H_

#include <vector>

#include "optim/fused_optimizer.h"

namespace tenon::optim {

struct AdamaxOptions {
  double lr = 2e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;  ///< L2: added to the gradient as weight_decay * parameter
};

/// m = beta1 m + (1 - beta1) g;  u = max(beta2 u, |g| + eps);  p -= lr / (1 - beta1^t) m / u.
/// (Kingma & Ba 2015, "Adam: a method for stochastic optimization", algorithm 2)
class Adamax final : public GroupedOptimizer<AdamaxOptions> {
 public:
  /// Throws ValueError for a bad option, and for parameters as Optimizer does. State: "exp_avg",
  /// "exp_inf".
  explicit Adamax(std::vector<Variable> parameters, const AdamaxOptions& options = {});

 private:
  void check(const AdamaxOptions& options) const override;
  std::vector<Slot> slots(const AdamaxOptions& options) const override;
  void update(const Update& update) override;
};

}  // namespace tenon::optim

#endif  // TENON_OPTIM_ADAMAX_H_

// Adadelta: steps in the units of the parameters, from running averages of squared steps.
//
//   optim::Adadelta optimizer(net.parameters());
#ifndef TENON_OPTIM_ADADELTA_H_
#define TENON_OPTIM_ADADELTA_H_

#include <vector>

#include "optim/fused_optimizer.h"

namespace tenon::optim {

struct AdadeltaOptions {
  double lr = 1;
  double rho = 0.9;
  double eps = 1e-6;
  double weight_decay = 0;  ///< L2: added to the gradient as weight_decay * parameter
};

/// s = rho s + (1 - rho) g²;  d = sqrt(a + eps) / sqrt(s + eps) g;  a = rho a + (1 - rho) d²;
/// p -= lr d. (Zeiler 2012, "ADADELTA: an adaptive learning rate method", algorithm 1)
class Adadelta final : public GroupedOptimizer<AdadeltaOptions> {
 public:
  /// Throws ValueError for a bad option, and for parameters as Optimizer does. State: "square_avg",
  /// "acc_delta".
  explicit Adadelta(std::vector<Variable> parameters, const AdadeltaOptions& options = {});

 private:
  void check(const AdadeltaOptions& options) const override;
  std::vector<Slot> slots(const AdadeltaOptions& options) const override;
  void update(const Update& update) override;
};

}  // namespace tenon::optim

#endif  // TENON_OPTIM_ADADELTA_H_

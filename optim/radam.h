// RAdam: Adam that warms up by itself.
//
//   optim::RAdam optimizer(net.parameters(), {.lr = 1e-3});
#ifndef TENON_OPTIM_RADAM_H_
#define TENON_OPTIM_RADAM_H_

#include <vector>

#include "optim/fused_optimizer.h"

namespace tenon::optim {

struct RAdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;  ///< L2, or
  bool decoupled = false;   ///< p -= lr weight_decay p before the step
};

/// While too few gradients have been seen for a second moment to be trusted (five or so), a step is
/// lr m / (1 - beta1^t); later it is Adam's, times a factor that grows to 1.
/// (Liu et al. 2020, "On the variance of the adaptive learning rate and beyond", algorithm 2)
class RAdam final : public GroupedOptimizer<RAdamOptions> {
 public:
  /// Throws ValueError for a bad option, and for parameters as Optimizer does. State: "exp_avg",
  /// "exp_avg_sq".
  explicit RAdam(std::vector<Variable> parameters, const RAdamOptions& options = {});

 private:
  void check(const RAdamOptions& options) const override;
  std::vector<Slot> slots(const RAdamOptions& options) const override;
  void update(const Update& update) override;
};

}  // namespace tenon::optim

#endif  // TENON_OPTIM_RADAM_H_

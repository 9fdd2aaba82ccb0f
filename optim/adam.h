// Adam and AdamW: steps scaled by running moments of each gradient element.
//
//   optim::Adam adam(net.parameters(), {.lr = 1e-3});
//   optim::AdamW adamw(net.parameters(), {.lr = 3e-4, .weight_decay = 0.1});
#ifndef TENON_OPTIM_ADAM_H_
#define TENON_OPTIM_ADAM_H_

#include <vector>

#include "optim/fused_optimizer.h"

namespace tenon::optim {

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;  ///< L2: added to the gradient as weight_decay * parameter
  bool amsgrad = false;     ///< scales by the largest second moment so far
};

/// m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g²;
/// p -= lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps).
/// (Kingma & Ba 2015, "Adam: a method for stochastic optimization", algorithm 1; amsgrad: Reddi,
/// Kale & Kumar 2018, "On the convergence of Adam and beyond", algorithm 2, corrected for bias as
/// Adam is)
class Adam final : public GroupedOptimizer<AdamOptions> {
 public:
  /// Throws ValueError for a bad option, and for parameters as Optimizer does. State: "exp_avg",
  /// "exp_avg_sq" and, where amsgrad, "max_exp_avg_sq".
  explicit Adam(std::vector<Variable> parameters, const AdamOptions& options = {});

 private:
  void check(const AdamOptions& options) const override;
  std::vector<Slot> slots(const AdamOptions& options) const override;
  void update(const Update& update) override;
};

struct AdamWOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 1e-2;  ///< decoupled: p -= lr weight_decay p before the step
  bool amsgrad = false;
};

/// Adam with weight decay outside the moments.
/// (Loshchilov & Hutter 2019, "Decoupled weight decay regularization", algorithm 2)
class AdamW final : public GroupedOptimizer<AdamWOptions> {
 public:
  /// Throws ValueError for a bad option, and for parameters as Optimizer does. State: as Adam's.
  explicit AdamW(std::vector<Variable> parameters, const AdamWOptions& options = {});

 private:
  void check(const AdamWOptions& options) const override;
  std::vector<Slot> slots(const AdamWOptions& options) const override;
  void update(const Update& update) override;
};

}  // namespace tenon::optim

#endif  // TENON_OPTIM_ADAM_H_

// Adam and AdamW: steps scaled by running moments of each gradient element.
//
//   optim::Adam adam(net.parameters(), {.lr = 1e-3});
//   optim::AdamW adamw(net.parameters(), {.lr = 3e-4, .weight_decay = 0.1});
#ifndef TENON_OPTIM_ADAM_H_
#define TENON_OPTIM_ADAM_H_

#include <vector>

#include "optim/optimizer.h"

namespace tenon::optim {

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;  ///< L2: added to the gradient as weight_decay * parameter
};

/// m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g²;
/// p -= lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps).
/// (Kingma & Ba 2015, "Adam: a method for stochastic optimization", algorithm 1)
class Adam final : public Optimizer {
 public:
  /// Throws ValueError for a negative or non-finite option, a beta of 1 or more, and as Optimizer
  /// does. State: "exp_avg", "exp_avg_sq".
  explicit Adam(std::vector<Variable> parameters, const AdamOptions& options = {});

 private:
  void update(const Update& update) override;

  AdamOptions options_;
};

struct AdamWOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 1e-2;  ///< decoupled: p -= lr weight_decay p before the step
};

/// Adam with weight decay outside the moments.
/// (Loshchilov & Hutter 2019, "Decoupled weight decay regularization", algorithm 2)
class AdamW final : public Optimizer {
 public:
  /// As Adam.
  explicit AdamW(std::vector<Variable> parameters, const AdamWOptions& options = {});

 private:
  void update(const Update& update) override;

  AdamWOptions options_;
};

}  // namespace tenon::optim

#endif  // TENON_OPTIM_ADAM_H_

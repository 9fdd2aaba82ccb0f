// Penalties on the size of parameters: L1, L2, and both (elastic net).
//
//   ElasticNet penalty(net, {.l1 = 1e-5, .l2 = 1e-4});
//   Variable loss = cross_entropy(net(x), y) + penalty();    // as part of the loss, or
//   loss.backward();
//   penalty.add_gradients();                                 // straight into the gradients
//
// In fit() the penalty is a callback: {.callbacks = {&penalty}}; the recorded loss is then that of
// the data alone. Weight decay is something else: regularize/weight_decay.h.
#ifndef TENON_REGULARIZE_PENALTY_H_
#define TENON_REGULARIZE_PENALTY_H_

#include <span>
#include <string>
#include <vector>

#include "autograd/variable.h"
#include "layers/module.h"
#include "train/callback.h"

namespace tenon::regularize {

using autograd::Variable;

/// Sum of |w| -> []. Its derivative at 0 is 0. Throws ValueError for no parameters.
Variable l1_penalty(std::span<const Variable> parameters);
/// Sum of w² -> [].
Variable l2_penalty(std::span<const Variable> parameters);

struct ElasticNetOptions {
  double l1 = 0;
  double l2 = 0;
  std::string parameters = "*weight";  ///< a pattern of names (layers/freeze.h)
};

/// l1 Σ|w| + l2 Σw² over chosen parameters. (Tibshirani 1996, "Regression shrinkage and selection
/// via the lasso"; Hoerl & Kennard 1970, "Ridge regression"; Zou & Hastie 2005, "Regularization and
/// variable selection via the elastic net", §2.1)
class ElasticNet : public train::Callback {
 public:
  /// Throws ValueError for a factor that is negative or not finite, and a pattern that matches
  /// nothing.
  ElasticNet(const layers::Module& module, const ElasticNetOptions& options);

  /// The penalty as a differentiable value [].
  Variable operator()() const;
  /// The same number, without a graph.
  double value() const;
  /// Adds l1 sign(w) + 2 l2 w to the gradient of each parameter that has one. The same numbers as
  /// from backward() of the sum, in two passes over memory.
  void add_gradients() const;

  absl::Status before_update(train::Run& run) override;

  const std::vector<Variable>& parameters() const { return parameters_; }

 private:
  ElasticNetOptions options_;
  std::vector<Variable> parameters_;
};

}  // namespace tenon::regularize

#endif  // TENON_REGULARIZE_PENALTY_H_

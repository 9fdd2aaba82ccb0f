// Stochastic gradient descent with momentum.
//
//   optim::SGD optimizer(net.parameters(), {.lr = 0.1, .momentum = 0.9, .weight_decay = 5e-4});
#ifndef TENON_OPTIM_SGD_H_
#define TENON_OPTIM_SGD_H_

#include <vector>

#include "optim/fused_optimizer.h"

namespace tenon::optim {

struct SGDOptions {
  double lr = 1e-3;
  double momentum = 0;
  double dampening = 0;     ///< of the gradient's share in the momentum, from the second step on
  double weight_decay = 0;  ///< L2: added to the gradient as weight_decay * parameter
  bool nesterov = false;    ///< needs momentum > 0 and dampening 0
  bool decoupled = false;   ///< weight decay as p -= lr weight_decay p instead
};

/// g += weight_decay p;  b = momentum b + (1 - dampening) g  (b = g at first);
/// p -= lr (nesterov ? g + momentum b : b).
/// (Sutskever, Martens, Dahl & Hinton 2013, "On the importance of initialization and momentum in
/// deep learning", §2, in PyTorch's form, where lr multiplies the whole momentum; decoupled:
/// Loshchilov & Hutter 2019, "Decoupled weight decay regularization", algorithm 1.)
class SGD final : public GroupedOptimizer<SGDOptions> {
 public:
  /// Throws ValueError for a negative or non-finite option, nesterov without momentum or with
  /// dampening, and for parameters as Optimizer does. State: "momentum_buffer", where momentum !=
  /// 0.
  explicit SGD(std::vector<Variable> parameters, const SGDOptions& options = {});

 private:
  void check(const SGDOptions& options) const override;
  std::vector<Slot> slots(const SGDOptions& options) const override;
  void update(const Update& update) override;
};

}  // namespace tenon::optim

#endif  // TENON_OPTIM_SGD_H_

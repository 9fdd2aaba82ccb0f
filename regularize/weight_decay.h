// Weight decay as a rule of its own, beside any optimizer.
//
//   WeightDecay decay(net, {.rate = 0.01});
//   decay.apply(optimizer.lr());                    // before the step: w *= 1 - lr rate
//   optimizer.step();
//
// In fit(): {.callbacks = {&decay}}.
#ifndef TENON_REGULARIZE_WEIGHT_DECAY_H_
#define TENON_REGULARIZE_WEIGHT_DECAY_H_

#include <string>
#include <vector>

#include "layers/module.h"
#include "train/callback.h"

namespace tenon::regularize {

struct WeightDecayOptions {
  double rate = 1e-2;
  std::string parameters = "*weight";  ///< a pattern of names (layers/freeze.h)
};

/// Decoupled: the gradient, and so an optimizer's moments, know nothing of it. With plain SGD it is
/// the L2 penalty rate / 2 Σw²; with Adam it is AdamW's decay for the chosen parameters.
/// (Loshchilov & Hutter 2019, "Decoupled weight decay regularization", §2, equation 1)
class WeightDecay : public train::Callback {
 public:
  /// Throws ValueError for a rate that is negative or not finite, and a pattern that matches
  /// nothing.
  WeightDecay(const layers::Module& module, const WeightDecayOptions& options = {});

  /// Multiplies each parameter by 1 - lr rate, in place.
  void apply(double lr) const;

  absl::Status before_update(train::Run& run) override;

 private:
  double rate_;
  std::vector<layers::Variable> parameters_;
};

}  // namespace tenon::regularize

#endif  // TENON_REGULARIZE_WEIGHT_DECAY_H_

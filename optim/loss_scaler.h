// Keeps gradients of f16 training within f16's narrow range.
//
//   optim::LossScaler scaler;
//   optimizer.zero_grad();
//   scaler.scale(loss(net(x), y)).backward();
//   scaler.step(optimizer);        // or scaler.step(optimizer, {.max_norm = 1.0})
#ifndef TENON_OPTIM_LOSS_SCALER_H_
#define TENON_OPTIM_LOSS_SCALER_H_

#include <cstdint>

#include "optim/optimizer.h"

namespace tenon::optim {

struct LossScalerOptions {
  double scale = 65536;
  double growth = 2;     ///< of the scale, after
  int interval = 2000;   ///< so many steps in a row that were made
  double backoff = 0.5;  ///< of the scale, after a step that was not
};

/// (Micikevicius et al. 2018, "Mixed precision training", §3.2; the scale moves as PyTorch's
/// GradScaler moves it)
class LossScaler {
 public:
  /// Throws ValueError for a scale, growth or backoff that is not above 0, or an interval below 1.
  explicit LossScaler(const LossScalerOptions& options = {});

  /// The loss times the scale.
  Variable scale(const Variable& loss) const;

  /// A step of the optimizer with the scale taken out of the gradients as they are read (in f32, so
  /// that the smallest are not lost), unless one is not finite: then nothing is changed but the
  /// scale, and false is returned. Throws as Optimizer::step does.
  bool step(Optimizer& optimizer, StepOptions options = {});

  double scale() const { return scale_; }

  /// "scaler.scale", "scaler.good_steps".
  StateDict state_dict() const;
  /// Throws ValueError that names the entry; nothing is changed then.
  void load_state_dict(const StateDict& state);

 private:
  LossScalerOptions options_;
  double scale_;
  std::int64_t good_steps_ = 0;
};

}  // namespace tenon::optim

#endif  // TENON_OPTIM_LOSS_SCALER_H_

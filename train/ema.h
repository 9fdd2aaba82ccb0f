// An exponential moving average of the weights as a callback.
//
//   Ema ema({.decay = 0.999});
//   fit(net, loader, optimizer, {.validation = &val, .callbacks = {&ema}});   // judged and kept
//   averaged
#ifndef TENON_TRAIN_EMA_H_
#define TENON_TRAIN_EMA_H_

#include <memory>
#include <string>

#include "optim/moving_average.h"
#include "train/callback.h"

namespace tenon::train {

struct EmaOptions {
  double decay = 0.999;
  bool warmup = false;   ///< smaller decays at first (optim::MovingAverageOptions)
  bool validate = true;  ///< the validation set is judged with the averages
  bool keep = true;      ///< the averages are the module's weights after fit()
};

/// Takes the weights in after every update (optim/moving_average.h). A checkpoint holds averages
/// and weights. What EarlyStopping keeps of the best epoch are the weights, not the averages.
class Ema : public Callback {
 public:
  /// fit() throws ValueError for a decay outside [0,1).
  explicit Ema(const EmaOptions& options = {}) : options_(options) {}

  absl::Status on_fit_begin(Run& run) override;
  absl::Status on_step_end(Run& run, const data::Batch& batch) override;
  absl::Status before_validation(Run& run) override;
  absl::Status after_validation(Run& run) override;
  absl::Status on_fit_end(Run& run) override;
  std::string name() const override { return "ema"; }
  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  EmaOptions options_;
  std::unique_ptr<optim::MovingAverage> average_;
  StateDict restored_ = {};
};

}  // namespace tenon::train

#endif  // TENON_TRAIN_EMA_H_

// The events of a training run, and what may be seen and changed at each.
//
//   class Clip : public Callback {
//     absl::Status before_update(Run& run) override {
//       clip_grad_norm(run.optimizer.parameters(), 1.0);
//       return absl::OkStatus();
//     }
//   };
//   Clip clip;
//   fit(net, loader, optimizer, {.epochs = 3, .callbacks = {&clip}});
//
// fit() calls its callbacks in the order in which they are given. A status that is not OK ends the
// run, and fit() returns it.
#ifndef TENON_TRAIN_CALLBACK_H_
#define TENON_TRAIN_CALLBACK_H_

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "data/data_loader.h"
#include "train/history.h"
#include "train/loss_mean.h"
#include "train/metrics.h"

namespace tenon::layers {
class Module;
}
namespace tenon::optim {
class LossScaler;
class Optimizer;
}  // namespace tenon::optim

namespace tenon::train {

class Callback;

/// Named tensors in a fixed order.
using StateDict = std::vector<std::pair<std::string, Tensor>>;

/// A training run as its callbacks see it.
struct Run {
  layers::Module& module;
  data::DataLoader& loader;
  optim::Optimizer& optimizer;
  std::span<Metric* const> metrics = {};      ///< of the epoch under way
  std::span<Callback* const> callbacks = {};  ///< in the order in which they are called
  optim::LossScaler* scaler = nullptr;        ///< where the run has one

  int epochs = 0;         ///< to be finished in all
  int epoch = 0;          ///< finished so far
  std::int64_t step = 0;  ///< updates so far, over all epochs
  LossMean loss = {};     ///< of the epoch under way
  History history = {};   ///< one record per finished epoch
  bool stop = false;      ///< set it to end the run after this step, or before this epoch
};

/// Does nothing at any event; override those of interest.
class Callback {
 public:
  virtual ~Callback() = default;

  /// Before the first epoch. May put the run where an earlier one stopped.
  virtual absl::Status on_fit_begin(Run&) { return absl::OkStatus(); }
  virtual absl::Status on_epoch_begin(Run&) { return absl::OkStatus(); }
  /// After every batch; where several batches make one update, also after those before the last.
  virtual absl::Status on_batch_end(Run&, const data::Batch&) { return absl::OkStatus(); }
  /// The gradients are there (multiplied by the scale of a loss scaler), the parameters are still
  /// the old ones.
  virtual absl::Status before_update(Run&) { return absl::OkStatus(); }
  /// After an update; `batch` is the (last) one it was made from. Called as often as every 0.1 ms:
  /// look at the loss or the metrics only now and then (reading them may wait for an accelerator).
  virtual absl::Status on_step_end(Run&, const data::Batch& /*batch*/) { return absl::OkStatus(); }
  /// Around each pass over the validation set.
  virtual absl::Status before_validation(Run&) { return absl::OkStatus(); }
  virtual absl::Status after_validation(Run&) { return absl::OkStatus(); }
  /// The epoch is counted and its record is history.back().
  virtual absl::Status on_epoch_end(Run&) { return absl::OkStatus(); }
  /// The last event, also of a run that an error or `stop` ended.
  virtual absl::Status on_fit_end(Run&) { return absl::OkStatus(); }

  /// What checkpoints call the state below: unlike any other's in the run. Empty where there is
  /// none.
  virtual std::string name() const { return {}; }
  /// What a resumed run needs of this callback.
  virtual StateDict state_dict() const { return {}; }
  /// Throws ValueError or ShapeError for a state that is not one of this callback; nothing is
  /// changed then.
  virtual void load_state_dict(const StateDict&) {}
};

}  // namespace tenon::train

#endif  // TENON_TRAIN_CALLBACK_H_

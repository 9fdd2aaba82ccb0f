// Stopping and going on as if nothing had happened.
//
//   Checkpoint checkpoint({.path = "run/checkpoint.safetensors", .resume = true});
//   fit(net, loader, optimizer, {.epochs = 10, .callbacks = {&checkpoint}});
//
// Kill that program at any moment and start it again: it ends with the same bits as a run that was
// left alone. A checkpoint is one safetensors file; it holds the module's state dict under
// "model.", the optimizer's under "optimizer.", those of callbacks and of the loss scaler under
// "callback.", and, in its metadata, a RunState and the position of the thread's
// default_generator(). It is replaced whole or not at all: a kill or a full disk leaves the one
// before as it was.
#ifndef TENON_TRAIN_CHECKPOINT_H_
#define TENON_TRAIN_CHECKPOINT_H_

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/data_loader.h"
#include "train/callback.h"
#include "train/history.h"

namespace tenon::train {

/// Names and values of what a resumed run must share with the one before: {{"lr", "0.001"}}.
using Settings = std::vector<std::pair<std::string, std::string>>;

/// Where a training run stands, apart from its tensors.
struct RunState {
  int epoch = 0;          ///< epochs finished
  std::int64_t step = 0;  ///< updates made
  data::LoaderState loader = {};
  History history = {};
  double best = std::numeric_limits<double>::quiet_NaN();  ///< of what the run keeps the best of
  Settings settings = {};
  /// Running sums of the epoch under way: the loss's, then each metric's.
  std::vector<std::vector<double>> sums = {};
  /// States of callbacks, under "<callback's name>.", and of the loss scaler, under "scaler.".
  StateDict callbacks = {};
};

/// Writes a checkpoint. Errors name the file, as AtomicFile's do.
absl::Status save_checkpoint(const std::string& path, const layers::Module& module,
                             const optim::Optimizer& optimizer, const RunState& state);

/// Puts module, optimizer and default_generator() where the checkpoint has them, and returns the
/// rest. NotFoundError where there is no such file; InvalidArgumentError where it is no checkpoint,
/// or one of another module or optimizer; FailedPreconditionError that names the first difference
/// where its settings are not the `expected` ones; DataLossError where it is damaged. Nothing is
/// changed then.
absl::StatusOr<RunState> load_checkpoint(const std::string& path, layers::Module& module,
                                         optim::Optimizer& optimizer,
                                         const Settings* expected = nullptr);

struct CheckpointOptions {
  std::string path = {};
  bool resume = false;           ///< go on from `path` where it exists
  int every_epochs = 1;          ///< and after the last one; 0 for only that
  std::int64_t every_steps = 0;  ///< also within epochs; 0 for not
  Settings settings = {};        ///< resuming with others is an error that names the first
  std::string best_path = {};    ///< where not empty, keeps the epoch with the best `monitor` here
  std::string monitor = "val_loss";  ///< a name in the records
  bool higher_is_better = false;
  /// Where not 0, the checkpoints of the last so many epochs also stay beside `path`, as
  /// "checkpoint-0003.safetensors" for epoch 3 and "checkpoint.safetensors".
  int keep_last = 0;
};

/// Writes checkpoints during fit() and resumes from them; the newest is always the one in `path`.
/// It adds the loader's data set size and options to the settings. Give it before callbacks that
/// write down the history, and after those that have a state.
class Checkpoint : public Callback {
 public:
  /// Throws ValueError for an empty path or a negative count.
  explicit Checkpoint(CheckpointOptions options);

  absl::Status on_fit_begin(Run& run) override;
  absl::Status on_step_end(Run& run, const data::Batch& batch) override;
  absl::Status on_epoch_end(Run& run) override;

 private:
  Settings settings(const Run& run) const;
  absl::Status restore(RunState state, Run& run);
  absl::Status save(Run& run, const std::string& path) const;
  absl::Status keep(int epoch) const;
  bool is_best(const Run& run) const;

  CheckpointOptions options_;
  double best_ = std::numeric_limits<double>::quiet_NaN();
};

}  // namespace tenon::train

#endif  // TENON_TRAIN_CHECKPOINT_H_

// Ends training when it does not get better any more, and goes back to when it was best.
//
//   EarlyStopping stopping({.monitor = "val_loss", .patience = 5});
//   fit(net, loader, optimizer, {.epochs = 100, .validation = &val, .callbacks = {&stopping}});
//
// In a loop of one's own:
//
//   while (!stopping.stop()) { train_an_epoch(); stopping.update(net, validation_loss()); }
//   stopping.restore_best(net);
#ifndef TENON_TRAIN_EARLY_STOPPING_H_
#define TENON_TRAIN_EARLY_STOPPING_H_

#include <limits>
#include <string>

#include "train/callback.h"

namespace tenon::train {

struct EarlyStoppingOptions {
  std::string monitor = "val_loss";  ///< a name in the records
  bool higher_is_better = false;
  int patience = 10;         ///< epochs in a row without progress after which training ends
  double min_change = 0;     ///< progress is to be better than the best by more than this
  bool restore_best = true;  ///< the best epoch's parameters and buffers at the end of fit()
};

/// (Prechelt 1998, "Early stopping — but when?", §2, criterion UP with strips of one epoch, counted
/// from the best one as everywhere today.) An epoch whose figure is NaN is one without progress. A
/// checkpoint holds the count and the best weights. Give it before a Checkpoint, so that the
/// checkpoint of an epoch knows of it.
class EarlyStopping : public Callback {
 public:
  /// Throws ValueError for a patience below 1, a min_change that is negative or not finite, or an
  /// empty name.
  explicit EarlyStopping(EarlyStoppingOptions options = {});

  /// Takes notice of a figure of the module as it is now; returns stop().
  bool update(const layers::Module& module, double figure);
  /// Whether patience is at its end.
  bool stop() const { return in_vain_ >= options_.patience; }
  /// NaN before there is one.
  double best() const { return best_; }
  /// Epochs since the best one.
  int epochs_in_vain() const { return in_vain_; }
  /// Copies what the module was at its best into it; nothing where there is no best, or it is not
  /// kept.
  void restore_best(layers::Module& module) const;

  absl::Status on_fit_begin(Run& run) override;
  absl::Status on_epoch_begin(Run& run) override;
  /// FailedPreconditionError that lists the names there are where the record lacks the monitored
  /// one, as without a validation set.
  absl::Status on_epoch_end(Run& run) override;
  absl::Status on_fit_end(Run& run) override;
  std::string name() const override { return "early_stopping"; }
  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  bool is_progress(double figure) const;

  EarlyStoppingOptions options_;
  double best_ = std::numeric_limits<double>::quiet_NaN();
  int in_vain_ = 0;
  StateDict weights_ = {};  // at the best
};

}  // namespace tenon::train

#endif  // TENON_TRAIN_EARLY_STOPPING_H_

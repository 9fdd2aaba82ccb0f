// Lowers the rate where a figure has stopped getting better.
//
//   optim::ReduceLROnPlateau plateau(optimizer, {.patience = 3});
//   plateau.step(validation_loss);   // after every epoch
#ifndef TENON_OPTIM_REDUCE_LR_ON_PLATEAU_H_
#define TENON_OPTIM_REDUCE_LR_ON_PLATEAU_H_

#include <cstdint>

#include "optim/optimizer.h"

namespace tenon::optim {

struct PlateauOptions {
  bool higher_is_better = false;
  double factor = 0.1;  ///< of the rate, below 1
  int patience = 10;    ///< steps without progress that are put up with
  double threshold = 1e-4;
  bool absolute =
      false;         ///< progress is more than `threshold`; else more than that share of the best
  int cooldown = 0;  ///< steps after a cut in which nothing is counted
  double min_lr = 0;
  double eps = 1e-8;  ///< smaller changes of a rate are not made
};

class ReduceLROnPlateau {
 public:
  /// The optimizer must outlive this. Throws ValueError for a bad option.
  explicit ReduceLROnPlateau(Optimizer& optimizer, const PlateauOptions& options = {});

  /// Takes notice of the figure; returns whether rates were lowered. NaN is no progress.
  bool step(double figure);

  double best() const { return best_; }

  /// "plateau.best", "plateau.bad_steps", "plateau.cooldown".
  StateDict state_dict() const;
  /// Throws ValueError that names the entry; nothing is changed then. The rates are the optimizer's
  /// to restore.
  void load_state_dict(const StateDict& state);

 private:
  bool is_better(double figure) const;
  void reduce();

  Optimizer& optimizer_;
  PlateauOptions options_;
  double best_;
  std::int64_t bad_steps_ = 0, cooldown_ = 0;
};

}  // namespace tenon::optim

#endif  // TENON_OPTIM_REDUCE_LR_ON_PLATEAU_H_

// The mean of a run's losses, read from the device no more often than needed.
//
//   LossMean mean;
//   mean.add(loss.value(), batch.size());
//   if (mean.first_bad() > 0) stop();        // NaN or infinite
//   std::printf("%.4f\n", mean.value());
#ifndef TENON_TRAIN_LOSS_MEAN_H_
#define TENON_TRAIN_LOSS_MEAN_H_

#include <cstdint>
#include <vector>

#include "tensor/tensor.h"
#include "train/metrics.h"

namespace tenon::train {

/// Losses on the CPU are read at once. Those on an accelerator are kept and read 64 at a time, or
/// when somebody asks for the value: reading one waits until the device has finished all its work.
class LossMean {
 public:
  void reset();
  /// `loss` has one element: the mean over `examples` examples. Throws ShapeError.
  void add(const Tensor& loss, std::int64_t examples);

  /// NaN before the first add().
  double value();
  /// The number, from 1, of the first added loss that is NaN or infinite among those read so far;
  /// 0 where there is none.
  std::int64_t first_bad() const { return first_bad_; }
  /// That loss.
  double bad_value() const { return bad_value_; }

  /// {sum, weight, number of losses}, for checkpoints. Reads what is left.
  std::vector<double> state();
  /// Throws ValueError for anything but three numbers.
  void set_state(std::span<const double> state);

 private:
  struct Unread {
    Tensor loss;
    std::int64_t examples;
  };
  void read(double loss, std::int64_t examples);
  void read_all();

  RunningMean mean_;
  std::int64_t count_ = 0;
  std::int64_t first_bad_ = 0;
  double bad_value_ = 0;
  std::vector<Unread> unread_;
};

}  // namespace tenon::train

#endif  // TENON_TRAIN_LOSS_MEAN_H_

// An exponential moving average of weights, which often generalizes better than the weights
// themselves.
//
//   optim::MovingAverage average(net.parameters(), {.decay = 0.999});
//   for (...) { optimizer.step(); average.update(); }
//   average.apply();      // evaluate with the averages,
//   evaluate(net, test);
//   average.restore();    // and go on training
#ifndef TENON_OPTIM_MOVING_AVERAGE_H_
#define TENON_OPTIM_MOVING_AVERAGE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "autograd/variable.h"
#include "optim/state_dict.h"

namespace tenon::optim {

struct MovingAverageOptions {
  double decay = 0.999;
  /// Begins with smaller decays, min(decay, (1 + n) / (10 + n)) at update n, so that the first
  /// values are soon forgotten. (TensorFlow's ExponentialMovingAverage with num_updates)
  bool warmup = false;
};

/// average = decay average + (1 - decay) parameter, at first the parameter; in f32 for bf16 and f16
/// ones. (Polyak & Juditsky 1992, "Acceleration of stochastic approximation by averaging";
/// Tarvainen & Valpola 2017, "Mean teachers are better role models", §2)
class MovingAverage {
 public:
  /// Throws ValueError for a decay outside [0,1) and for a bad list of parameters.
  explicit MovingAverage(std::vector<autograd::Variable> parameters,
                         const MovingAverageOptions& options = {});

  /// Takes the parameters' present values in. Throws ValueError between apply() and restore().
  void update();

  /// Puts the averages into the parameters and keeps their values; restore() puts those back.
  /// Both throw ValueError when called twice.
  void apply();
  void restore();

  std::span<const Tensor> averages() const { return averages_; }
  std::int64_t updates() const { return updates_; }

  /// "average.updates" and "average.<i>"; shares memory.
  StateDict state_dict() const;
  /// Throws ValueError or ShapeError that name the entry; nothing is changed then.
  void load_state_dict(const StateDict& state);

 private:
  std::vector<autograd::Variable> parameters_;
  MovingAverageOptions options_;
  std::vector<Tensor> averages_, saved_;
  std::int64_t updates_ = 0;
};

}  // namespace tenon::optim

#endif  // TENON_OPTIM_MOVING_AVERAGE_H_

// Learning-rate schedules: functions of the step, without a state of their own.
//
//   optim::Schedule schedule = optim::sequential({{500, optim::warmup_lr({.steps = 500})},
//                                                 {0, optim::cosine_annealing_lr({.steps =
//                                                 9500})}});
//   optim::Scheduler scheduler(optimizer, schedule);       // optim/scheduler.h
//
// The numbers are PyTorch's, in closed form: any step can be asked for at any time, so a run
// resumes at any step by its number alone. Steps count from 0, in whatever unit the caller steps:
// batches or epochs. The picture in the README shows all of them.
#ifndef TENON_OPTIM_SCHEDULE_H_
#define TENON_OPTIM_SCHEDULE_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace tenon::optim {

struct Schedule {
  std::string name = {};
  /// The rate at a step, from the rate that the group began with.
  std::function<double(double base, std::int64_t step)> lr = {};
  /// The momentum at a step; no function, or no value, where it is left alone.
  std::function<std::optional<double>(std::int64_t step)> momentum = {};
  /// The last step there is. Scheduler refuses to go beyond.
  std::int64_t last = std::numeric_limits<std::int64_t>::max();
};

// Each throws ValueError `[<function>] expected …, got …` for options that make no sense.

/// base factor(step).
Schedule lambda_lr(std::function<double(std::int64_t step)> factor);
/// base factor(1) factor(2) … factor(step). Remembers products, so that one step costs one call.
Schedule multiplicative_lr(std::function<double(std::int64_t step)> factor);

struct StepLrOptions {
  std::int64_t step_size = 1;
  double gamma = 0.1;
};
/// base gamma^floor(step / step_size).
Schedule step_lr(const StepLrOptions& options);

struct MultiStepLrOptions {
  std::vector<std::int64_t> milestones = {};  ///< in ascending order; one may come more than once
  double gamma = 0.1;
};
/// base gamma^(milestones reached).
Schedule multi_step_lr(const MultiStepLrOptions& options);

struct ConstantLrOptions {
  double factor = 1.0 / 3;
  std::int64_t steps = 5;
};
/// base factor before `steps`, base from then on.
Schedule constant_lr(const ConstantLrOptions& options = {});

struct LinearLrOptions {
  double start_factor = 1.0 / 3;
  double end_factor = 1;
  std::int64_t steps = 5;
};
/// base times a factor that goes in a straight line from start_factor to end_factor at `steps`.
Schedule linear_lr(const LinearLrOptions& options = {});

struct WarmupLrOptions {
  std::int64_t steps = 1;
};
/// base (step + 1) / (steps + 1) before `steps`, base from then on: no step is made with rate 0.
/// (Goyal et al. 2017, "Accurate, large minibatch SGD", §2.2)
Schedule warmup_lr(const WarmupLrOptions& options);

struct ExponentialLrOptions {
  double gamma = 0.9;
};
/// base gamma^step.
Schedule exponential_lr(const ExponentialLrOptions& options);

struct PolynomialLrOptions {
  std::int64_t steps = 5;
  double power = 1;
};
/// base (1 - step / steps)^power; 0 from `steps` on.
Schedule polynomial_lr(const PolynomialLrOptions& options = {});

struct InverseSqrtLrOptions {
  std::int64_t warmup_steps = 4000;
};
/// base min((step + 1) / w, sqrt(w / (step + 1))): the base is the peak, at step w - 1.
/// (Vaswani et al. 2017, "Attention is all you need", §5.3, with base for d^-0.5 w^-0.5)
Schedule inverse_sqrt_lr(const InverseSqrtLrOptions& options = {});

struct CosineAnnealingLrOptions {
  std::int64_t steps = 1;  ///< of half a cosine wave; it swings back afterwards
  double min_lr = 0;
};
/// min_lr + (base - min_lr) (1 + cos(pi step / steps)) / 2.
/// (Loshchilov & Hutter 2017, "SGDR", §3, equation 5)
Schedule cosine_annealing_lr(const CosineAnnealingLrOptions& options);

struct CosineWarmRestartsOptions {
  std::int64_t first_steps = 1;  ///< before the first restart
  std::int64_t growth = 1;       ///< each period is so many times longer than the one before
  double min_lr = 0;
};
/// The same, back at base at each restart. (the same, with T_0 and T_mult)
Schedule cosine_annealing_warm_restarts(const CosineWarmRestartsOptions& options);

enum class CyclicMode : std::uint8_t {
  kTriangular,   ///< all cycles alike
  kTriangular2,  ///< each half as high as the one before
  kExpRange,     ///< heights fall by gamma^step
};
struct CyclicLrOptions {
  double base_lr = 0;  ///< the lower end; the group's own rate does not matter
  double max_lr = 0;
  std::int64_t steps_up = 2000;
  std::int64_t steps_down = 0;  ///< 0: as many as up
  CyclicMode mode = CyclicMode::kTriangular;
  double gamma = 1;
  bool cycle_momentum = false;  ///< against the rate: max_momentum where it is lowest
  double base_momentum = 0.8;
  double max_momentum = 0.9;
};
/// (Smith 2017, "Cyclical learning rates for training neural networks", §3)
Schedule cyclic_lr(const CyclicLrOptions& options);

enum class Anneal : std::uint8_t { kCosine, kLinear };
struct OneCycleLrOptions {
  double max_lr = 0;
  std::int64_t steps = 0;     ///< in all; going beyond is an error
  double warmup_share = 0.3;  ///< of the steps, in which the rate rises
  Anneal anneal = Anneal::kCosine;
  double divide_first = 25;    ///< begins at max_lr / divide_first
  double divide_last = 1e4;    ///< ends at that divided once more
  bool three_phases = false;   ///< down as long as up, and then to the end
  bool cycle_momentum = true;  ///< where the optimizer has a momentum
  double base_momentum = 0.85;
  double max_momentum = 0.95;
};
/// (Smith & Topin 2018, "Super-convergence", §2)
Schedule one_cycle_lr(const OneCycleLrOptions& options);

struct Phase {
  std::int64_t steps = 0;  ///< of this schedule; those of the last one do not matter
  Schedule schedule = {};
};
/// One after the other, each counting from 0.
Schedule sequential(std::vector<Phase> phases);
/// All at once: what one gives is the next one's base.
Schedule chained(std::vector<Schedule> schedules);

}  // namespace tenon::optim

#endif  // TENON_OPTIM_SCHEDULE_H_

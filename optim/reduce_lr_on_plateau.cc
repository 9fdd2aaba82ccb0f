#include "optim/reduce_lr_on_plateau.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "optim/internal/check.h"
#include "optim/internal/state_reader.h"

namespace tenon::optim {
namespace {

constexpr const char* kName = "ReduceLROnPlateau";

}  // namespace

ReduceLROnPlateau::ReduceLROnPlateau(Optimizer& optimizer, const PlateauOptions& options)
    : optimizer_(optimizer),
      options_(options),
      best_(options.higher_is_better ? -std::numeric_limits<double>::infinity()
                                     : std::numeric_limits<double>::infinity()) {
  using internal::is_rate;
  using internal::require;
  require(internal::is_beta(options.factor), kName, "a factor in [0,1)", options.factor);
  require(options.patience >= 0, kName, "a patience of at least 0", options.patience);
  require(is_rate(options.threshold), kName, "a finite threshold of at least 0", options.threshold);
  require(options.cooldown >= 0, kName, "a cooldown of at least 0", options.cooldown);
  require(is_rate(options.min_lr), kName, "a finite min_lr of at least 0", options.min_lr);
  require(is_rate(options.eps), kName, "a finite eps of at least 0", options.eps);
}

bool ReduceLROnPlateau::is_better(double figure) const {
  const double sign = options_.higher_is_better ? 1 : -1;
  const double bound = options_.absolute ? best_ + sign * options_.threshold
                                         : best_ * (1 + sign * options_.threshold);
  return options_.higher_is_better ? figure > bound : figure < bound;
}

bool ReduceLROnPlateau::step(double figure) {
  if (is_better(figure)) {
    best_ = figure;
    bad_steps_ = 0;
  } else {
    ++bad_steps_;
  }
  if (cooldown_ > 0) {
    --cooldown_;
    bad_steps_ = 0;
  }
  if (bad_steps_ <= options_.patience) return false;
  reduce();
  cooldown_ = options_.cooldown;
  bad_steps_ = 0;
  return true;
}

void ReduceLROnPlateau::reduce() {
  for (std::size_t g = 0; g < optimizer_.group_count(); ++g) {
    const double old = optimizer_.lr(g);
    const double lowered = std::max(old * options_.factor, options_.min_lr);
    if (old - lowered > options_.eps) optimizer_.set_lr(g, lowered);
  }
}

StateDict ReduceLROnPlateau::state_dict() const {
  return {{"plateau.best", internal::number_entry(best_)},
          {"plateau.bad_steps", internal::integer_entry(bad_steps_)},
          {"plateau.cooldown", internal::integer_entry(cooldown_)}};
}

void ReduceLROnPlateau::load_state_dict(const StateDict& state) {
  internal::StateReader reader(state, kName);
  const double best = reader.number("plateau.best");
  const std::int64_t bad_steps = reader.integer("plateau.bad_steps");
  const std::int64_t cooldown = reader.integer("plateau.cooldown");
  reader.require(bad_steps >= 0, "\"plateau.bad_steps\" is negative");
  reader.require(cooldown >= 0, "\"plateau.cooldown\" is negative");
  reader.finish();
  best_ = best;
  bad_steps_ = bad_steps;
  cooldown_ = cooldown;
}

}  // namespace tenon::optim

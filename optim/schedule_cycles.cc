// Schedules that go up and down, and those made of others.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>

#include "optim/internal/check.h"
#include "optim/schedule.h"
#include "tensor/error.h"

namespace tenon::optim {
namespace {

using internal::is_beta;
using internal::is_rate;
using internal::require;

/// 0 at the foot of a cycle, 1 at its top, times the height that the mode gives.
double cyclic_height(const CyclicLrOptions& o, std::int64_t step) {
  const auto up = static_cast<double>(o.steps_up), down = static_cast<double>(o.steps_down);
  const auto t = static_cast<double>(step);
  const double cycle = std::floor(t / (up + down));
  const double within = t - cycle * (up + down);
  const double height = within <= up ? within / up : (up + down - within) / down;
  if (o.mode == CyclicMode::kTriangular2) return height * std::pow(2.0, -cycle);
  if (o.mode == CyclicMode::kExpRange) return height * std::pow(o.gamma, t);
  return height;
}

/// A part of a one-cycle schedule. Ends may lie between two steps.
struct Part {
  double end;
  double from_lr, to_lr, from_momentum, to_momentum;
};

struct Place {
  Part part;
  double progress;
};

/// Beyond the last part's end, where a loop of `steps` rounds stops, its last value stays.
Place place_of(const std::vector<Part>& parts, std::int64_t step) {
  const auto t = static_cast<double>(step);
  double begin = 0;
  for (std::size_t i = 0;; begin = parts[i].end, ++i) {
    if (t > parts[i].end && i + 1 < parts.size()) continue;
    const double length = parts[i].end - begin;
    return {parts[i], length > 0 ? std::min((t - begin) / length, 1.0) : 1};
  }
}

double between(Anneal anneal, double from, double to, double progress) {
  if (anneal == Anneal::kLinear) return (to - from) * progress + from;
  return to + (from - to) / 2 * (1 + std::cos(std::numbers::pi * progress));
}

std::vector<Part> parts_of(const OneCycleLrOptions& o) {
  const double first = o.max_lr / o.divide_first, last = first / o.divide_last;
  const auto steps = static_cast<double>(o.steps);
  const double rise = o.warmup_share * steps;
  const Part up{rise - 1, first, o.max_lr, o.max_momentum, o.base_momentum};
  if (!o.three_phases) {
    return {up, {steps - 1, o.max_lr, last, o.base_momentum, o.max_momentum}};
  }
  return {up,
          {2 * rise - 2, o.max_lr, first, o.base_momentum, o.max_momentum},
          {steps - 1, first, last, o.max_momentum, o.max_momentum}};
}

void check(const OneCycleLrOptions& o) {
  constexpr const char* kName = "one_cycle_lr";
  require(is_rate(o.max_lr), kName, "a finite max_lr of at least 0", o.max_lr);
  require(o.steps > 0, kName, "steps above 0", static_cast<double>(o.steps));
  require(o.warmup_share >= 0 && o.warmup_share <= 1, kName, "a warmup_share in [0,1]",
          o.warmup_share);
  require(o.divide_first > 0, kName, "divide_first above 0", o.divide_first);
  require(o.divide_last > 0, kName, "divide_last above 0", o.divide_last);
  require(is_beta(o.base_momentum), kName, "a base_momentum in [0,1)", o.base_momentum);
  require(is_beta(o.max_momentum), kName, "a max_momentum in [0,1)", o.max_momentum);
}

void check_part(const char* name, std::size_t index, const Schedule& schedule) {
  if (schedule.lr) return;
  throw ValueError("[" + std::string(name) + "] expected schedules, got an empty one at " +
                   std::to_string(index));
}

}  // namespace

Schedule cyclic_lr(const CyclicLrOptions& options) {
  constexpr const char* kName = "cyclic_lr";
  CyclicLrOptions o = options;
  if (o.steps_down == 0) o.steps_down = o.steps_up;
  require(is_rate(o.base_lr), kName, "a finite base_lr of at least 0", o.base_lr);
  require(is_rate(o.max_lr) && o.max_lr >= o.base_lr, kName, "a finite max_lr of at least base_lr",
          o.max_lr);
  require(o.steps_up > 0, kName, "steps_up above 0", static_cast<double>(o.steps_up));
  require(o.steps_down > 0, kName, "steps_down above 0", static_cast<double>(o.steps_down));
  require(is_rate(o.gamma), kName, "a finite gamma of at least 0", o.gamma);
  Schedule schedule{.name = kName, .lr = [o](double, std::int64_t step) {
                      return o.base_lr + (o.max_lr - o.base_lr) * cyclic_height(o, step);
                    }};
  if (!o.cycle_momentum) return schedule;
  require(is_beta(o.base_momentum), kName, "a base_momentum in [0,1)", o.base_momentum);
  require(is_beta(o.max_momentum), kName, "a max_momentum in [0,1)", o.max_momentum);
  schedule.momentum = [o](std::int64_t step) {
    return o.max_momentum - (o.max_momentum - o.base_momentum) * cyclic_height(o, step);
  };
  return schedule;
}

Schedule one_cycle_lr(const OneCycleLrOptions& o) {
  check(o);
  const std::vector<Part> parts = parts_of(o);
  Schedule schedule{.name = "one_cycle_lr", .last = o.steps};
  schedule.lr = [anneal = o.anneal, parts](double, std::int64_t step) {
    const auto [part, progress] = place_of(parts, step);
    return between(anneal, part.from_lr, part.to_lr, progress);
  };
  if (!o.cycle_momentum) return schedule;
  schedule.momentum = [anneal = o.anneal, parts](std::int64_t step) {
    const auto [part, progress] = place_of(parts, step);
    return between(anneal, part.from_momentum, part.to_momentum, progress);
  };
  return schedule;
}

Schedule sequential(std::vector<Phase> phases) {
  constexpr const char* kName = "sequential";
  require(!phases.empty(), kName, "phases above 0", 0);
  Schedule schedule{.name = kName};
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    check_part(kName, i, phases[i].schedule);
    if (i + 1 == phases.size()) break;
    require(phases[i].steps > 0, kName, "steps above 0 in phase " + std::to_string(i),
            static_cast<double>(phases[i].steps));
    require(phases[i].steps - 1 <= phases[i].schedule.last, kName,
            "as many steps as " + phases[i].schedule.name + " has in phase " + std::to_string(i),
            static_cast<double>(phases[i].steps));
    begin += phases[i].steps;
  }
  const std::int64_t last = phases.back().schedule.last;
  schedule.last = last > std::numeric_limits<std::int64_t>::max() - begin ? last : last + begin;
  // The phase of a step, and the step within it.
  const auto find = [phases](std::int64_t step) {
    std::size_t i = 0;
    for (; i + 1 < phases.size() && step >= phases[i].steps; ++i) step -= phases[i].steps;
    return std::pair(phases[i].schedule, step);
  };
  schedule.lr = [find](double base, std::int64_t step) {
    const auto [phase, within] = find(step);
    return phase.lr(base, within);
  };
  schedule.momentum = [find](std::int64_t step) -> std::optional<double> {
    const auto [phase, within] = find(step);
    return phase.momentum ? phase.momentum(within) : std::nullopt;
  };
  return schedule;
}

Schedule chained(std::vector<Schedule> schedules) {
  constexpr const char* kName = "chained";
  require(!schedules.empty(), kName, "schedules above 0", 0);
  Schedule schedule{.name = kName};
  for (std::size_t i = 0; i < schedules.size(); ++i) {
    check_part(kName, i, schedules[i]);
    schedule.last = std::min(schedule.last, schedules[i].last);
  }
  schedule.lr = [schedules](double base, std::int64_t step) {
    for (const Schedule& next : schedules) base = next.lr(base, step);
    return base;
  };
  schedule.momentum = [schedules](std::int64_t step) {
    std::optional<double> momentum;
    for (const Schedule& next : schedules) {
      const auto own = next.momentum ? next.momentum(step) : std::nullopt;
      if (own) momentum = own;
    }
    return momentum;
  };
  return schedule;
}

}  // namespace tenon::optim

#include "optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <utility>

#include "optim/internal/check.h"

namespace tenon::optim {
namespace {

using internal::is_rate;
using internal::require;

void require_steps(std::int64_t steps, const char* name, const char* what) {
  require(steps > 0, name, std::string(what) + " above 0", static_cast<double>(steps));
}

void require_rate(double value, const char* name, const char* what) {
  require(is_rate(value), name, "a finite " + std::string(what) + " of at least 0", value);
}

/// A schedule that multiplies the base.
template <class F>
Schedule factor(const char* name, F factor_at) {
  return {.name = name,
          .lr = [factor_at](double base, std::int64_t step) { return base * factor_at(step); }};
}

double power(double base, std::int64_t exponent) {
  return std::pow(base, static_cast<double>(exponent));
}

double share(std::int64_t part, std::int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

double cosine(double base, double low, double progress) {
  return low + (base - low) * (1 + std::cos(std::numbers::pi * progress)) / 2;
}

}  // namespace

Schedule lambda_lr(std::function<double(std::int64_t step)> factor_at) {
  require(static_cast<bool>(factor_at), "lambda_lr", "a function", 0);
  return factor("lambda_lr", std::move(factor_at));
}

Schedule multiplicative_lr(std::function<double(std::int64_t step)> factor_at) {
  require(static_cast<bool>(factor_at), "multiplicative_lr", "a function", 0);
  const auto products = std::make_shared<std::vector<double>>(1, 1.0);
  return factor("multiplicative_lr",
                [factor_at = std::move(factor_at), products](std::int64_t step) {
                  const auto wanted = static_cast<std::size_t>(step);
                  while (products->size() <= wanted) {
                    const auto next = static_cast<std::int64_t>(products->size());
                    products->push_back(products->back() * factor_at(next));
                  }
                  return (*products)[wanted];
                });
}

Schedule step_lr(const StepLrOptions& o) {
  require_steps(o.step_size, "step_lr", "a step_size");
  require_rate(o.gamma, "step_lr", "gamma");
  return factor("step_lr", [o](std::int64_t step) { return power(o.gamma, step / o.step_size); });
}

Schedule multi_step_lr(const MultiStepLrOptions& o) {
  require_rate(o.gamma, "multi_step_lr", "gamma");
  require(std::is_sorted(o.milestones.begin(), o.milestones.end()), "multi_step_lr",
          "milestones in ascending order, in a list of", static_cast<double>(o.milestones.size()));
  return factor("multi_step_lr", [o](std::int64_t step) {
    const auto reached = std::upper_bound(o.milestones.begin(), o.milestones.end(), step);
    return power(o.gamma, reached - o.milestones.begin());
  });
}

Schedule constant_lr(const ConstantLrOptions& o) {
  require_rate(o.factor, "constant_lr", "factor");
  require(o.steps >= 0, "constant_lr", "steps of at least 0", static_cast<double>(o.steps));
  return factor("constant_lr", [o](std::int64_t step) { return step < o.steps ? o.factor : 1; });
}

Schedule linear_lr(const LinearLrOptions& o) {
  require_rate(o.start_factor, "linear_lr", "start_factor");
  require_rate(o.end_factor, "linear_lr", "end_factor");
  require_steps(o.steps, "linear_lr", "steps");
  return factor("linear_lr", [o](std::int64_t step) {
    const double progress = share(std::min(step, o.steps), o.steps);
    return o.start_factor + (o.end_factor - o.start_factor) * progress;
  });
}

Schedule warmup_lr(const WarmupLrOptions& o) {
  require_steps(o.steps, "warmup_lr", "steps");
  return factor("warmup_lr", [o](std::int64_t step) {
    return step < o.steps ? share(step + 1, o.steps + 1) : 1;
  });
}

Schedule exponential_lr(const ExponentialLrOptions& o) {
  require_rate(o.gamma, "exponential_lr", "gamma");
  return factor("exponential_lr", [o](std::int64_t step) { return power(o.gamma, step); });
}

Schedule polynomial_lr(const PolynomialLrOptions& o) {
  require_steps(o.steps, "polynomial_lr", "steps");
  require_rate(o.power, "polynomial_lr", "power");
  return factor("polynomial_lr", [o](std::int64_t step) {
    return std::pow(1 - share(std::min(step, o.steps), o.steps), o.power);
  });
}

Schedule inverse_sqrt_lr(const InverseSqrtLrOptions& o) {
  require_steps(o.warmup_steps, "inverse_sqrt_lr", "warmup_steps");
  return factor("inverse_sqrt_lr", [o](std::int64_t step) {
    return std::min(share(step + 1, o.warmup_steps), std::sqrt(share(o.warmup_steps, step + 1)));
  });
}

Schedule cosine_annealing_lr(const CosineAnnealingLrOptions& o) {
  require_steps(o.steps, "cosine_annealing_lr", "steps");
  require_rate(o.min_lr, "cosine_annealing_lr", "min_lr");
  return {.name = "cosine_annealing_lr", .lr = [o](double base, std::int64_t step) {
            return cosine(base, o.min_lr, share(step, o.steps));
          }};
}

Schedule cosine_annealing_warm_restarts(const CosineWarmRestartsOptions& o) {
  constexpr const char* kName = "cosine_annealing_warm_restarts";
  require_steps(o.first_steps, kName, "first_steps");
  require_steps(o.growth, kName, "growth");
  require_rate(o.min_lr, kName, "min_lr");
  return {.name = kName, .lr = [o](double base, std::int64_t step) {
            std::int64_t period = o.first_steps;
            if (o.growth == 1) step %= period;
            for (; step >= period; period *= o.growth) step -= period;
            return cosine(base, o.min_lr, share(step, period));
          }};
}

}  // namespace tenon::optim

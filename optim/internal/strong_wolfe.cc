#include "optim/internal/strong_wolfe.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tenon::optim::internal {
namespace {

constexpr double kDecrease = 1e-4, kCurvature = 0.9;  // c1 and c2 there
constexpr int kMaxSteps = 25;

/// The minimum within [low, high] of the cubic through both points with their slopes (equation
/// 3.59); the middle where the cubic has none.
double cubic_minimum(const LinePoint& p, const LinePoint& q, double low, double high) {
  const LinePoint &a = p.step <= q.step ? p : q, &b = p.step <= q.step ? q : p;
  const double d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.step - b.step);
  const double square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0)) return 0.5 * (low + high);
  const double d2 = std::sqrt(square);
  const double step =
      b.step - (b.step - a.step) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2));
  return std::min(std::max(step, low), high);
}

class Search {
 public:
  Search(const std::function<LinePoint(double)>& evaluate, const LinePoint& start, double size,
         double tolerance)
      : evaluate_(evaluate), start_(start), size_(size), tolerance_(tolerance) {}

  LineSearch run(double first_step) {
    if (!bracket(first_step)) zoom();
    return {.best = low_, .evaluations = evaluations_};
  }

 private:
  LinePoint at(double step) {
    ++evaluations_;
    return evaluate_(step);
  }
  bool rises(const LinePoint& p) const {
    return p.loss > start_.loss + kDecrease * p.step * start_.slope;
  }
  bool is_flat(const LinePoint& p) const { return std::abs(p.slope) <= -kCurvature * start_.slope; }
  void set_bracket(LinePoint a, LinePoint b) {
    low_ = std::move(a);
    high_ = std::move(b);
    if (!(low_.loss <= high_.loss)) std::swap(low_, high_);
  }

  /// Goes out until a minimum must lie behind; true where the last point is good already.
  bool bracket(double first_step) {
    LinePoint before = start_, now = at(first_step);
    for (; tries_ < kMaxSteps; ++tries_) {
      if (rises(now) || (tries_ > 1 && now.loss >= before.loss)) break;
      if (is_flat(now)) {
        low_ = std::move(now);
        return true;
      }
      if (now.slope >= 0) break;
      const double least = now.step + 0.01 * (now.step - before.step), most = 10 * now.step;
      const double next = cubic_minimum(before, now, least, most);
      before = std::exchange(now, at(next));
    }
    if (tries_ == kMaxSteps) before = start_;
    set_bracket(std::move(before), std::move(now));
    return false;
  }

  /// A step within the bracket; twice in a row near the same end is made to move away from it.
  double inner_step() {
    const double least = std::min(low_.step, high_.step), most = std::max(low_.step, high_.step);
    const double step = cubic_minimum(low_, high_, least, most);
    const double margin = 0.1 * (most - least);
    if (!(std::min(most - step, step - least) < margin)) {
      slow_ = false;
      return step;
    }
    if (!slow_ && step < most && step > least) {
      slow_ = true;
      return step;
    }
    slow_ = false;
    return std::abs(step - most) < std::abs(step - least) ? most - margin : least + margin;
  }

  void zoom() {
    for (; tries_ < kMaxSteps; ++tries_) {
      if (std::abs(high_.step - low_.step) * size_ < tolerance_) return;
      LinePoint now = at(inner_step());
      if (rises(now) || now.loss >= low_.loss) {
        set_bracket(std::move(low_), std::move(now));
        continue;
      }
      const bool good = is_flat(now);
      if (!good && now.slope * (high_.step - low_.step) >= 0) high_ = low_;
      low_ = std::move(now);
      if (good) return;
    }
  }

  const std::function<LinePoint(double)>& evaluate_;
  const LinePoint& start_;
  const double size_, tolerance_;
  LinePoint low_, high_;  // the ends of the bracket, by loss
  int tries_ = 0, evaluations_ = 0;
  bool slow_ = false;
};

}  // namespace

LineSearch strong_wolfe(const std::function<LinePoint(double step)>& evaluate,
                        const LinePoint& start, double first_step, double direction_size,
                        double tolerance) {
  return Search(evaluate, start, direction_size, tolerance).run(first_step);
}

}  // namespace tenon::optim::internal

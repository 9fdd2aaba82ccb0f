// A line search for a step that satisfies the strong Wolfe conditions: enough of a decrease, and a
// slope that has flattened. (Nocedal & Wright 2006, "Numerical optimization", §3.5, algorithms 3.5
// and 3.6, with the safeguards that PyTorch took over from minFunc)
#ifndef TENON_OPTIM_INTERNAL_STRONG_WOLFE_H_
#define TENON_OPTIM_INTERNAL_STRONG_WOLFE_H_

#include <functional>

#include "tensor/tensor.h"

namespace tenon::optim::internal {

/// The function along the line, seen from one step.
struct LinePoint {
  double step = 0;
  double loss = 0;
  double slope = 0;  ///< gradient . direction
  Tensor grad = {};
};

struct LineSearch {
  LinePoint best;
  int evaluations = 0;
};

/// `start` is the point at step 0, `direction_size` the largest element of the direction.
/// Interpolates by cubics, and gives up where brackets shrink to `tolerance` or after 25 steps.
LineSearch strong_wolfe(const std::function<LinePoint(double step)>& evaluate,
                        const LinePoint& start, double first_step, double direction_size,
                        double tolerance);

}  // namespace tenon::optim::internal

#endif  // TENON_OPTIM_INTERNAL_STRONG_WOLFE_H_

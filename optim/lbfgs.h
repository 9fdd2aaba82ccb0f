// L-BFGS: a quasi-Newton method for problems of one batch, where an exact minimum is wanted.
//
//   optim::LBFGS optimizer(net.parameters(), {.line_search = LineSearchKind::kStrongWolfe});
//   for (int i = 0; i < 20; ++i) optimizer.step([&] { return mse_loss(net(x), y); });
#ifndef TENON_OPTIM_LBFGS_H_
#define TENON_OPTIM_LBFGS_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "optim/optimizer.h"

namespace tenon::optim {

enum class LineSearchKind : std::uint8_t {
  kNone,         ///< steps of lr
  kStrongWolfe,  ///< begins with lr; 1 is right almost always
};

struct LBFGSOptions {
  double lr = 1;
  int max_iterations = 20;         ///< in one step()
  int max_evaluations = 0;         ///< of the loss in one step(); 0: 5/4 of max_iterations
  double tolerance_grad = 1e-7;    ///< stops where no element of the gradient is larger
  double tolerance_change = 1e-9;  ///< stops where loss or parameters change by less
  int history = 100;               ///< pairs of vectors kept: 2 history numbers per parameter
  LineSearchKind line_search = LineSearchKind::kNone;
};

/// (Liu & Nocedal 1989, "On the limited memory BFGS method for large scale optimization", §2;
/// Nocedal & Wright 2006, "Numerical optimization", algorithms 7.4 and 7.5)
class LBFGS final : public Optimizer {
 public:
  /// Throws ValueError for a bad option or list of parameters, DTypeError and DeviceError where
  /// they are not all of one floating dtype on one device.
  explicit LBFGS(std::vector<Variable> parameters, const LBFGSOptions& options = {});

  /// Up to max_iterations iterations. `loss` computes the loss [] from the parameters; gradients
  /// are taken here, and are the last evaluation's afterwards. Returns the loss before the step.
  /// Throws ValueError where that or its gradient is not finite; nothing is changed then.
  double step(const std::function<Variable()>& loss) override;
  /// One iteration from the gradients that are there, as fit() asks for it; parameters without one
  /// count as of gradient 0. Throws ValueError where a line search needs the loss, and where a
  /// gradient is not finite.
  bool step(const StepOptions& options = {}) override;

  /// "LBFGS.lr", the counts "iterations" and "evaluations" and, after the first step, "loss" (that
  /// of the last iteration that knew it), "t", "direction" and "gradient" [N], "steps", "changes"
  /// [H,N] and "curvatures" [H], over all N elements. Shares no memory.
  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  /// How the last step changed parameters and gradient, and their product.
  struct Pair {
    Tensor step, change;
    double curvature;
  };
  /// What one iteration leaves to the next.
  struct State {
    std::int64_t iterations = 0, evaluations = 0;
    double loss = 0, t = 0;
    Tensor direction = {}, grad = {};
    std::deque<Pair> pairs = {};
  };
  struct Evaluation {
    double loss;
    Tensor grad;
  };

  Evaluation evaluate(const std::function<Variable()>& loss) const;
  Tensor flat_gradients() const;
  Tensor flat_parameters() const;
  void set_parameters(const Tensor& flat) const;
  Tensor next_direction(const Tensor& grad);
  void remember(const Tensor& grad);
  bool iterate(const std::function<Variable()>& loss, Evaluation& now, bool last, int& evaluations);

  LBFGSOptions options_;
  std::int64_t size_ = 0;
  State state_;
};

}  // namespace tenon::optim

#endif  // TENON_OPTIM_LBFGS_H_

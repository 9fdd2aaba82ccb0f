// What all optimizers share: the parameters in groups, their rates, their state.
//
//   optim::AdamW optimizer(weights, {.lr = 3e-4, .weight_decay = 0.1});
//   optimizer.add_group(biases, {.lr = 3e-4, .weight_decay = 0});
//   for (...) {
//     optimizer.zero_grad();
//     loss(net(x), y).backward();
//     optimizer.step();
//   }
//
// The numbers are PyTorch's. An optimizer knows variables, not layers: any list of leaves will do.
// Rules of one update for each element are in optim/fused_optimizer.h; L-BFGS, which asks for the
// loss again and again, is in optim/lbfgs.h.
#ifndef TENON_OPTIM_OPTIMIZER_H_
#define TENON_OPTIM_OPTIMIZER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "autograd/variable.h"
#include "optim/state_dict.h"
#include "tensor/error.h"

namespace tenon::optim {

using autograd::Variable;

struct StepOptions {
  /// Where the norm of all gradients together is larger, they count as if scaled down to it. On a
  /// GPU that is found out there, without waiting.
  double max_norm = std::numeric_limits<double>::infinity();
  /// What gradients are multiplied by, before anything else (LossScaler). A captured step
  /// (tensor/captured_step.h) keeps both numbers; rates and momenta it takes anew in each step.
  double grad_scale = 1;
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// Changes every parameter by the gradients that are there, in place, and returns true; false
  /// where the rule skips the step. Gradients are scaled and clipped as they are read, not in
  /// memory. Throws ShapeError or DTypeError where a gradient does not fit its parameter,
  /// ValueError for a max_norm that is not above 0 or a grad_scale that is not finite; nothing is
  /// changed then.
  virtual bool step(const StepOptions& options = {}) = 0;
  /// The same from the loss [] that `loss` computes from the parameters: forgets the gradients,
  /// takes them anew and updates. Returns the loss before the update.
  virtual double step(const std::function<Variable()>& loss);
  /// Forgets the gradients of all parameters.
  void zero_grad() const;

  std::size_t group_count() const { return groups_.size(); }
  /// Of all groups, in their order.
  std::span<const Variable> parameters() const { return parameters_; }
  /// Of one. Throws IndexError for a group that is not there, as everything does that takes one.
  std::span<const Variable> parameters(std::size_t group) const;

  /// The learning rate of the next step.
  double lr(std::size_t group = 0) const;
  /// Of every group, or of one. Throws ValueError for a negative or non-finite one.
  void set_lr(double lr);
  void set_lr(std::size_t group, double lr);
  /// The momentum (Adam's kin: beta1) of the next step, where the rule has one. Schedules that
  /// cycle it change it. Throws ValueError as the constructors do, and where there is none.
  virtual std::optional<double> momentum(std::size_t group = 0) const;
  virtual void set_momentum(std::size_t group, double momentum);

  /// What a later run needs to go on exactly: "<name>.lr" and what the rule keeps. The tensors may
  /// share memory with the optimizer: clone them to keep them across a step. Other options than
  /// rates are the program's and not part of the state.
  virtual StateDict state_dict() const = 0;
  /// Copies such a state into an optimizer over parameters of the same shapes. Throws ValueError
  /// or ShapeError that name the entry which is missing, unexpected, duplicate or of another shape,
  /// or the other optimizer whose state this is; the optimizer is then unchanged.
  virtual void load_state_dict(const StateDict& state) = 0;

  const std::string& name() const { return name_; }

 protected:
  /// `name` prefixes messages and names the state.
  explicit Optimizer(std::string_view name) : name_(name) {}

  /// Throws ValueError for a bad list of parameters, one that is already in a group, or a bad `lr`.
  void append_group(std::vector<Variable> parameters, double lr);

  /// Throws where the rule does not take such a parameter.
  virtual void check_parameter(std::size_t index, const Tensor& value) const;

  /// Throws ShapeError or DTypeError where parameter `index` has another shape or dtype.
  void check_gradient(std::size_t index, const Tensor& grad) const;
  void check_step(const StepOptions& options) const;
  /// Throws ValueError where the state is another optimizer's.
  void check_owner(const StateDict& state) const;
  std::string lr_key() const;

  /// Throws ValueError `[name] expected <what>, got <value>` unless `ok`.
  void require(bool ok, std::string_view what, double value) const;
  std::size_t checked(std::size_t group) const;

 private:
  struct Group {
    std::size_t begin, end;  // in parameters_
    double lr;
  };

  std::string name_;
  std::vector<Variable> parameters_;
  std::vector<Group> groups_;
};

}  // namespace tenon::optim

#endif  // TENON_OPTIM_OPTIMIZER_H_

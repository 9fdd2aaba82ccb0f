// What all optimizers share: the parameters, their state, and one fused update over all of them.
//
//   optim::Adam optimizer(net.parameters(), {.lr = 1e-3});
//   for (...) {
//     optimizer.zero_grad();
//     loss(net(x), y).backward();
//     optimizer.step();
//   }
//
// The numbers are PyTorch's. An optimizer knows variables, not layers: any list of leaves will do.
#ifndef TENON_OPTIM_OPTIMIZER_H_
#define TENON_OPTIM_OPTIMIZER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "autograd/variable.h"

namespace tenon::optim {

using autograd::Variable;

/// Named tensors in a fixed order.
using StateDict = std::vector<std::pair<std::string, Tensor>>;

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// Changes every parameter that has a gradient, in place. Parameters without one are left as they
  /// are, and their step count and state too. Throws ShapeError or DTypeError where a gradient does
  /// not fit its parameter.
  void step();
  /// Forgets the gradients of all parameters.
  void zero_grad() const;

  /// The learning rate of the next step. Throws ValueError for a negative or non-finite one.
  double lr() const { return lr_; }
  void set_lr(double lr);

  std::span<const Variable> parameters() const { return parameters_; }

  /// What a later run needs to go on exactly: "lr" [] f64, "step" [P] i64 (updates of each
  /// parameter so far) and, for every parameter i that has been updated, "i.<slot>" of the
  /// parameter's shape, with PyTorch's slot names ("0.exp_avg", …). The tensors share memory with
  /// the optimizer: clone them to keep them across a step.
  StateDict state_dict() const;
  /// Copies such a state into an optimizer over parameters of the same shapes. Throws ValueError
  /// or ShapeError that name the entry which is missing, unexpected, duplicate or of another shape;
  /// the optimizer is then unchanged.
  void load_state_dict(const StateDict& state);

 protected:
  /// A run of parameters that have been updated equally often. All lists are in step with each
  /// other.
  struct Update {
    std::span<const Tensor> parameters;
    std::span<const Tensor> grads;
    std::span<const std::vector<Tensor>> slots;  ///< one list for each slot name
    std::int64_t step;                           ///< this update's number, from 1
  };

  /// `name` prefixes messages. `slots` names the tensors kept for each parameter, zero at first.
  /// Throws ValueError for no parameters, an undefined or duplicate one, one that requires no
  /// gradient or is no leaf, or a bad `lr`.
  Optimizer(std::string_view name, std::vector<Variable> parameters, double lr,
            std::vector<std::string> slots);

  /// The rule itself.
  virtual void update(const Update& update) = 0;

  /// Throws ValueError `[name] expected <what>, got <value>` unless `ok`.
  void require(bool ok, std::string_view what, double value) const;

 private:
  /// Parameters that one call of `update` changes. Kept between steps for its capacity, empty.
  struct Batch {
    std::int64_t done = 0;  ///< how often these have been updated
    std::vector<std::size_t> indices;
    std::vector<Tensor> parameters;
    std::vector<Tensor> grads;
    std::vector<std::vector<Tensor>> slots;

    void clear();
  };

  void collect();
  Batch& batch_for(std::int64_t done);
  Tensor gradient_for(std::size_t index, const Tensor& grad) const;
  void apply(Batch& batch);

  std::string name_;
  std::vector<Variable> parameters_;
  double lr_;
  std::vector<std::string> slot_names_;
  std::vector<std::int64_t> steps_;         // [parameter]
  std::vector<std::vector<Tensor>> slots_;  // [slot][parameter]; undefined before the first update
  std::vector<Batch> batches_;              // one for each number of updates among the parameters
};

}  // namespace tenon::optim

#endif  // TENON_OPTIM_OPTIMIZER_H_

// What all optimizers share: the parameters in groups, their state, one fused update for each
// group.
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
#ifndef TENON_OPTIM_OPTIMIZER_H_
#define TENON_OPTIM_OPTIMIZER_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "autograd/variable.h"
#include "optim/state_dict.h"
#include "tensor/error.h"
#include "tensor/ops/optimizer.h"

namespace tenon::optim {
namespace internal {
class StateReader;
}

using autograd::Variable;

/// What step() makes of gradients that are NaN or infinite. The last two look at all gradients
/// first, which costs another pass over them.
enum class NonFinite : std::uint8_t {
  kApply,  ///< uses them as they are
  kThrow,  ///< throws ValueError that names the first such parameter; nothing is changed
  kSkip,   ///< leaves everything as it is and returns false
};

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

  /// Changes every parameter that has a gradient, in place, and returns true; false where a step is
  /// skipped (NonFinite). Parameters without a gradient are left as they are, and their step count
  /// and state too. Gradients are scaled and clipped as they are read, not in memory. Throws
  /// ShapeError or DTypeError where a gradient does not fit its parameter, ValueError for a
  /// max_norm that is not above 0 or a grad_scale that is not finite; nothing is changed then.
  bool step(const StepOptions& options = {});
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

  void set_nonfinite(NonFinite policy) { nonfinite_ = policy; }
  /// From the first step on, keeps an f32 copy of every bf16 or f16 parameter, updates that one,
  /// and rounds the result into the parameter: steps too small for the parameter's few digits add
  /// up. The rest of the state is then f32 too. (Micikevicius et al. 2018, "Mixed precision
  /// training", §3.1) Throws ValueError after the first step.
  void keep_master_weights();

  /// What a later run needs to go on exactly: "<name>.lr" [groups] f64, "step" [P] i64 (updates of
  /// each parameter so far) and, for every parameter i that has been updated, "i.<slot>" of the
  /// parameter's shape, with PyTorch's slot names ("0.exp_avg", …) or "i.master". The tensors share
  /// memory with the optimizer: clone them to keep them across a step. Other options than rates are
  /// the program's and not part of the state.
  StateDict state_dict() const;
  /// Copies such a state into an optimizer over parameters of the same shapes. Throws ValueError
  /// or ShapeError that name the entry which is missing, unexpected, duplicate or of another shape,
  /// or the other optimizer whose state this is; the optimizer is then unchanged.
  void load_state_dict(const StateDict& state);

  const std::string& name() const { return name_; }

 protected:
  /// A tensor that is kept for each parameter, of its shape.
  struct Slot {
    std::string name;
    double initial = 0;
    bool operator==(const Slot&) const = default;
  };

  /// Parameters of one group that have been updated equally often.
  struct Update {
    std::size_t group;
    std::int64_t step;  ///< this update's number, from 1
    UpdateLists lists;  ///< states in the order of the group's slots
    double& scalar;     ///< see the constructor
  };

  /// `name` prefixes messages. Where `scalar` is not empty, a number of that name that is 1 at
  /// first is kept for each parameter too.
  explicit Optimizer(std::string_view name, std::string scalar = {});

  /// Throws ValueError for a bad list of parameters, one that is already in a group, or a bad `lr`.
  void append_group(std::vector<Variable> parameters, double lr, std::vector<Slot> slots);

  /// Throws where the rule does not take such a parameter.
  virtual void check_parameter(std::size_t index, const Tensor& value) const;

  /// The rule itself.
  virtual void update(const Update& update) = 0;

  /// Throws ValueError `[name] expected <what>, got <value>` unless `ok`.
  void require(bool ok, std::string_view what, double value) const;
  std::size_t checked(std::size_t group) const;

 private:
  struct Group {
    std::size_t begin, end;  // in parameters_
    double lr;
    std::vector<Slot> slots;
  };
  /// What is kept of one parameter.
  struct State {
    std::size_t group;
    std::int64_t steps = 0;
    double scalar = 1;
    Tensor master = {};              // undefined where the parameter itself is updated
    std::vector<Tensor> slots = {};  // empty before the first update
  };
  /// Parameters that one call of `update` changes. Kept between steps for its capacity, empty.
  struct Batch {
    std::size_t group = 0;
    std::int64_t done = 0;
    double scalar = 1;
    bool masters = false;
    std::vector<std::size_t> indices;
    std::vector<Tensor> parameters, grads, copies;
    std::vector<std::vector<Tensor>> slots;

    bool holds(const State& state) const;
    void clear();
  };

  /// What gradients are multiplied by: a number, and one that only their device knows.
  struct GradScale {
    double number = 1;
    Tensor factor = {};
  };

  void collect();
  /// Nothing where the step is to be skipped.
  std::optional<GradScale> grad_scale(const StepOptions& options) const;
  [[noreturn]] void throw_nonfinite() const;
  void initialize(State& state, const Tensor& value) const;
  Batch& batch_for(const State& state);
  void check_gradient(std::size_t index, const Tensor& grad) const;
  void apply(const Batch& batch, const GradScale& scale);
  bool wants_master(const Tensor& value) const;
  std::vector<State> read_states(internal::StateReader& reader) const;

  std::string name_, scalar_name_;
  std::vector<Variable> parameters_;
  std::vector<State> states_;  // [parameter]
  std::vector<Group> groups_;
  std::vector<Batch> batches_;
  NonFinite nonfinite_ = NonFinite::kApply;
  bool master_weights_ = false;
};

/// An optimizer whose groups each have an `Options` of their own, with a member `lr`.
template <class Options>
class GroupedOptimizer : public Optimizer {
 public:
  /// Another group of parameters. Throws as the constructor does; nothing is added then.
  void add_group(std::vector<Variable> parameters, const Options& options) {
    check(options);
    append_group(std::move(parameters), options.lr, slots(options));
    options_.push_back(options);
  }

  Options options(std::size_t group = 0) const {
    Options result = options_[checked(group)];
    result.lr = lr(group);
    return result;
  }
  /// From the next step on. Throws ValueError for bad options, and for those that need other state.
  void set_options(std::size_t group, const Options& options) {
    check(options);
    if (slots(options) != slots(options_[checked(group)])) {
      throw ValueError("[" + name() + "] expected options that keep the same state");
    }
    set_lr(group, options.lr);
    options_[group] = options;
  }

  std::optional<double> momentum(std::size_t group = 0) const override {
    if (!momentum_) return std::nullopt;
    return options_[checked(group)].*momentum_;
  }
  void set_momentum(std::size_t group, double momentum) override {
    if (!momentum_) return Optimizer::set_momentum(group, momentum);
    Options changed = options(group);
    changed.*momentum_ = momentum;
    set_options(group, changed);
  }

 protected:
  /// `momentum` is the member that schedules may cycle.
  explicit GroupedOptimizer(std::string_view name, double Options::*momentum = nullptr,
                            std::string scalar = {})
      : Optimizer(name, std::move(scalar)), momentum_(momentum) {}

  virtual void check(const Options& options) const = 0;
  virtual std::vector<Slot> slots(const Options& options) const = 0;

 private:
  double Options::*momentum_;
  std::vector<Options> options_;
};

}  // namespace tenon::optim

#endif  // TENON_OPTIM_OPTIMIZER_H_

// Optimizers whose rule is some arithmetic for each element: all parameters of a group that have
// been updated equally often are updated together, in one pass over memory.
//
// A new rule is a subclass of GroupedOptimizer that names its state and passes its options on, as
// optim/lion.cc does, and its arithmetic in tensor/internal/update_rules.h.
#ifndef TENON_OPTIM_FUSED_OPTIMIZER_H_
#define TENON_OPTIM_FUSED_OPTIMIZER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "optim/optimizer.h"
#include "tensor/ops/optimizer.h"

namespace tenon::optim {
namespace internal {
class StateReader;
}

/// What step() makes of gradients that are NaN or infinite. The last two look at all gradients
/// first, which costs another pass over them.
enum class NonFinite : std::uint8_t {
  kApply,  ///< uses them as they are
  kThrow,  ///< throws ValueError that names the first such parameter; nothing is changed
  kSkip,   ///< leaves everything as it is and returns false
};

class FusedOptimizer : public Optimizer {
 public:
  using Optimizer::step;
  /// Parameters without a gradient are left as they are, and their step count and state too. False
  /// where a step is skipped (NonFinite).
  bool step(const StepOptions& options = {}) override;

  void set_nonfinite(NonFinite policy) { nonfinite_ = policy; }
  /// From the first step on, keeps an f32 copy of every bf16 or f16 parameter, updates that one,
  /// and rounds the result into the parameter: steps too small for the parameter's few digits add
  /// up. The rest of the state is then f32 too. (Micikevicius et al. 2018, "Mixed precision
  /// training", §3.1) Throws ValueError after the first step.
  void keep_master_weights();
  /// From the first step on, keeps the state of parameters of at least `min_numel` elements in 8
  /// bits, with an f32 scale for each block of 256 (UpdateLists::scales): 2.03 bytes a parameter
  /// for Adam instead of 8. A step reads codes, computes in f32 and rounds to codes again. Master
  /// weights stay f32; so does the state of smaller parameters, as of those that are f64 or not in
  /// row-major order. On the CPU. (Dettmers et al. 2022, "8-bit optimizers via block-wise
  /// quantization", §2; the least size is bitsandbytes') Throws ValueError after the first step. A
  /// step throws ValueError for centered RMSprop and DeviceError on a GPU.
  void keep_8bit_states(std::int64_t min_numel = 4096);
  /// Of everything that is kept for the parameters so far: states, their scales, master weights.
  std::size_t state_bytes() const;

  /// "<name>.lr" [groups] f64, "step" [P] i64 (updates of each parameter so far) and, for every
  /// parameter i that has been updated, "i.<slot>" of the parameter's shape, with PyTorch's slot
  /// names ("0.exp_avg", …) or "i.master". Of a state in 8 bits that is u8, and "i.<slot>.scales"
  /// f32 [blocks] beside it. Shares memory with the optimizer.
  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

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

  /// Where `scalar` is not empty, a number of that name that is 1 at first is kept for each
  /// parameter too.
  explicit FusedOptimizer(std::string_view name, std::string scalar = {});

  /// Throws as Optimizer::append_group does.
  void append_group(std::vector<Variable> parameters, double lr, std::vector<Slot> slots);

  /// The rule itself.
  virtual void update(const Update& update) = 0;

 private:
  /// What is kept of one parameter.
  struct State {
    std::size_t group;
    std::int64_t steps = 0;
    double scalar = 1;
    Tensor master = {};               // undefined where the parameter itself is updated
    std::vector<Tensor> slots = {};   // empty before the first update
    std::vector<Tensor> scales = {};  // undefined where the slot is numbers
  };
  /// Parameters that one call of `update` changes. Kept between steps for its capacity, empty.
  struct Batch {
    std::size_t group = 0;
    std::int64_t done = 0;
    double scalar = 1;
    bool masters = false;
    std::vector<std::size_t> indices;
    std::vector<Tensor> parameters, grads, copies;
    std::vector<std::vector<Tensor>> slots, scales;

    bool holds(const State& state) const;
    void clear();
  };

  /// What gradients are multiplied by: a number, and one that only their device knows.
  struct GradScale {
    double number = 1;
    Tensor factor = {};
  };

  void collect();
  void check_dense(std::size_t index) const;
  /// Nothing where the step is to be skipped.
  std::optional<GradScale> grad_scale(const StepOptions& options) const;
  [[noreturn]] void throw_nonfinite() const;
  void initialize(State& state, const Tensor& value) const;
  Batch& batch_for(const State& state);
  void apply(const Batch& batch, const GradScale& scale);
  bool wants_master(const Tensor& value) const;
  bool wants_8bits(const Tensor& value) const;
  void require_no_steps(std::string_view what) const;
  std::vector<State> read_states(internal::StateReader& reader) const;

  std::string scalar_name_;
  std::vector<State> states_;             // [parameter]
  std::vector<std::vector<Slot>> slots_;  // [group]
  std::vector<Batch> batches_;
  NonFinite nonfinite_ = NonFinite::kApply;
  bool master_weights_ = false;
  std::optional<std::int64_t> min_8bit_numel_;  // nothing is kept in 8 bits where there is none
};

/// A rule whose groups each have an `Options` of their own, with a member `lr`.
template <class Options>
class GroupedOptimizer : public FusedOptimizer {
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
      : FusedOptimizer(name, std::move(scalar)), momentum_(momentum) {}

  virtual void check(const Options& options) const = 0;
  virtual std::vector<Slot> slots(const Options& options) const = 0;

 private:
  double Options::*momentum_;
  std::vector<Options> options_;
};

}  // namespace tenon::optim

#endif  // TENON_OPTIM_FUSED_OPTIMIZER_H_

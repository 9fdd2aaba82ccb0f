#include "optim/optimizer.h"

#include <cmath>

#include "optim/internal/check.h"
#include "optim/internal/state_reader.h"
#include "tensor/captured_step.h"
#include "tensor/ops.h"

namespace tenon::optim {
namespace {

constexpr const char* kMaster = "master";
constexpr std::string_view kRates = ".lr";

std::string slot_key(std::size_t parameter, const std::string& slot) {
  return std::to_string(parameter) + "." + slot;
}

/// `source` in the device and memory order of `prototype`.
Tensor copy_like(const Tensor& prototype, DType dtype, const Tensor& source) {
  Tensor copy = empty_like(prototype, dtype);
  copy.copy_(source);
  return copy;
}

/// What an optimizer called its rates says whose state it is.
std::string owner_of(const StateDict& state) {
  for (const auto& [name, tensor] : state) {
    if (name.ends_with(kRates)) return name.substr(0, name.size() - kRates.size());
  }
  return "";
}

}  // namespace

Optimizer::Optimizer(std::string_view name, std::string scalar)
    : name_(name), scalar_name_(std::move(scalar)) {}

void Optimizer::append_group(std::vector<Variable> parameters, double lr, std::vector<Slot> slots) {
  require(internal::is_rate(lr), "a finite lr of at least 0", lr);
  internal::check_parameters(name_, parameters);
  const std::size_t begin = parameters_.size();
  std::vector<Variable> all = parameters_;
  all.insert(all.end(), parameters.begin(), parameters.end());
  internal::check_parameters(name_, all);  // none twice
  for (std::size_t i = begin; i < all.size(); ++i) check_parameter(i, all[i].value());
  parameters_ = std::move(all);
  states_.resize(parameters_.size(), State{.group = groups_.size()});
  groups_.push_back({begin, parameters_.size(), lr, std::move(slots)});
}

void Optimizer::check_parameter(std::size_t, const Tensor&) const {}

void Optimizer::require(bool ok, std::string_view what, double value) const {
  internal::require(ok, name_, what, value);
}

std::size_t Optimizer::checked(std::size_t group) const {
  if (group < groups_.size()) return group;
  throw IndexError("[" + name_ + "] expected a group below " + std::to_string(groups_.size()) +
                   ", got " + std::to_string(group));
}

std::span<const Variable> Optimizer::parameters(std::size_t group) const {
  const Group& g = groups_[checked(group)];
  return std::span(parameters_).subspan(g.begin, g.end - g.begin);
}

double Optimizer::lr(std::size_t group) const { return groups_[checked(group)].lr; }

void Optimizer::set_lr(double lr) {
  require(internal::is_rate(lr), "a finite lr of at least 0", lr);
  for (Group& group : groups_) group.lr = lr;
}

void Optimizer::set_lr(std::size_t group, double lr) {
  require(internal::is_rate(lr), "a finite lr of at least 0", lr);
  groups_[checked(group)].lr = lr;
}

std::optional<double> Optimizer::momentum(std::size_t group) const {
  checked(group);
  return std::nullopt;
}

void Optimizer::set_momentum(std::size_t, double momentum) {
  require(false, "a rule with momentum to set", momentum);
}

void Optimizer::zero_grad() const {
  for (const Variable& parameter : parameters_) parameter.zero_grad();
}

void Optimizer::keep_master_weights() {
  for (const State& state : states_) {
    require(state.steps == 0, "to be told of master weights before the first step, not after",
            static_cast<double>(state.steps));
  }
  master_weights_ = true;
}

bool Optimizer::wants_master(const Tensor& value) const {
  return master_weights_ && (value.dtype() == DType::kBF16 || value.dtype() == DType::kF16);
}

bool Optimizer::Batch::holds(const State& state) const {
  return group == state.group && done == state.steps && scalar == state.scalar &&
         masters == state.master.defined();
}

void Optimizer::Batch::clear() {
  indices.clear();
  parameters.clear();
  grads.clear();
  copies.clear();
  for (std::vector<Tensor>& slot : slots) slot.clear();
}

bool Optimizer::step(const StepOptions& options) {
  require(options.max_norm > 0, "max_norm above 0", options.max_norm);
  require(std::isfinite(options.grad_scale), "a finite grad_scale", options.grad_scale);
  collect();
  const std::optional<GradScale> scale = grad_scale(options);
  for (Batch& batch : batches_) {
    if (scale && !batch.indices.empty()) {
      if (is_recording_step()) {  // a replay has these gradients, whatever parameters have by then
        each_step([this, batch, scale] { apply(batch, *scale); });
      } else {
        apply(batch, *scale);
      }
    }
    batch.clear();  // the gradients are the caller's to keep or to free
  }
  return scale.has_value();
}

/// All gradients are looked at before any parameter moves.
void Optimizer::collect() {
  for (Batch& batch : batches_) batch.clear();
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (const Variable grad = parameters_[i].grad(); grad.defined()) {
      check_gradient(i, grad.value());
    }
  }
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Variable grad = parameters_[i].grad();
    if (!grad.defined()) continue;
    State& state = states_[i];
    const Tensor& value = parameters_[i].value();
    if (state.steps == 0) initialize(state, value);
    Batch& batch = batch_for(state);
    batch.indices.push_back(i);
    batch.grads.push_back(grad.value());
    batch.parameters.push_back(batch.masters ? state.master : value);
    if (batch.masters) batch.copies.push_back(value);
    for (std::size_t s = 0; s < state.slots.size(); ++s) batch.slots[s].push_back(state.slots[s]);
  }
}

void Optimizer::initialize(State& state, const Tensor& value) const {
  const bool master = wants_master(value);
  const DType dtype = master ? DType::kF32 : value.dtype();
  if (master) state.master = copy_like(value, dtype, value);
  state.slots.clear();
  for (const Slot& slot : groups_[state.group].slots) {
    state.slots.push_back(empty_like(value, dtype).fill_(slot.initial));
  }
}

/// Almost always there is one batch for each group.
Optimizer::Batch& Optimizer::batch_for(const State& state) {
  for (Batch& batch : batches_) {
    if (!batch.indices.empty() && batch.holds(state)) return batch;
  }
  Batch* free = nullptr;
  for (Batch& batch : batches_) {
    if (batch.indices.empty()) free = &batch;
  }
  if (!free) free = &batches_.emplace_back();
  free->group = state.group;
  free->done = state.steps;
  free->scalar = state.scalar;
  free->masters = state.master.defined();
  free->slots.resize(state.slots.size());
  return *free;
}

void Optimizer::check_gradient(std::size_t index, const Tensor& grad) const {
  const Tensor& value = parameters_[index].value();
  const std::string where =
      "[" + name_ + "] expected the gradient of parameter " + std::to_string(index) + " to be ";
  if (!(grad.shape() == value.shape())) {
    throw ShapeError(where + to_string(value.shape()) + ", got " + to_string(grad.shape()));
  }
  if (grad.dtype() != value.dtype()) {
    throw DTypeError(where + std::string(tenon::name(value.dtype())) + ", got " +
                     std::string(tenon::name(grad.dtype())));
  }
  if (!value.is_contiguous() && !value.is_contiguous(Layout::kChannelsLast)) {
    throw ShapeError("[" + name_ + "] expected parameter " + std::to_string(index) +
                     " to lie dense in memory, got strides " + to_string(value.strides()));
  }
}

std::optional<Optimizer::GradScale> Optimizer::grad_scale(const StepOptions& options) const {
  const bool clips = std::isfinite(options.max_norm);
  if (!clips && nonfinite_ == NonFinite::kApply) return GradScale{options.grad_scale};
  double squares = 0;
  std::vector<Tensor> away;  // on a device that works by itself
  for (const Batch& batch : batches_) {
    const bool waits = nonfinite_ != NonFinite::kApply;
    if (!waits && !batch.grads.empty() && !batch.grads[0].device().is_cpu()) {
      away.insert(away.end(), batch.grads.begin(), batch.grads.end());
      continue;
    }
    const double norm = total_norm(batch.grads);
    squares += norm * norm;
  }
  const double size = std::abs(options.grad_scale);
  if (!away.empty()) {
    const Tensor norm = total_norm_tensor(away) * size;
    return GradScale{options.grad_scale, internal::clip_factor(norm, options.max_norm)};
  }
  const double norm = std::sqrt(squares) * size;
  if (!std::isfinite(norm) && nonfinite_ == NonFinite::kThrow) throw_nonfinite();
  if (!std::isfinite(norm) && nonfinite_ == NonFinite::kSkip) return std::nullopt;
  return GradScale{options.grad_scale *
                   (clips ? internal::clip_factor(norm, options.max_norm) : 1)};
}

void Optimizer::throw_nonfinite() const {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Variable grad = parameters_[i].grad();
    if (!grad.defined() || all_finite(grad.value())) continue;
    throw ValueError("[" + name_ + "] the gradient of parameter " + std::to_string(i) + " " +
                     to_string(grad.shape()) + " is not finite");
  }
  throw ValueError("[" + name_ + "] the norm of the gradients is not finite");
}

void Optimizer::apply(const Batch& batch, const GradScale& scale) {
  const State& first = states_[batch.indices[0]];
  const std::int64_t number = first.steps + 1;
  double scalar = first.scalar;
  update({.group = batch.group,
          .step = number,
          .lists = {.parameters = batch.parameters,
                    .grads = batch.grads,
                    .states = batch.slots,
                    .copies = batch.copies,
                    .grad_scale = scale.number,
                    .grad_factor = scale.factor},
          .scalar = scalar});
  for (std::size_t index : batch.indices) {
    states_[index].steps = number;
    states_[index].scalar = scalar;
  }
}

StateDict Optimizer::state_dict() const {
  StateDict dict;
  std::vector<double> rates, scalars;
  std::vector<std::int64_t> steps;
  for (const Group& group : groups_) rates.push_back(group.lr);
  for (const State& state : states_) {
    steps.push_back(state.steps);
    scalars.push_back(state.scalar);
  }
  dict.emplace_back(name_ + std::string(kRates), from_vector(rates));
  dict.emplace_back("step", from_vector(steps));
  if (!scalar_name_.empty()) dict.emplace_back(scalar_name_, from_vector(scalars));
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const State& state = states_[i];
    if (state.steps == 0) continue;
    if (state.master.defined()) dict.emplace_back(slot_key(i, kMaster), state.master);
    for (std::size_t s = 0; s < state.slots.size(); ++s) {
      dict.emplace_back(slot_key(i, groups_[state.group].slots[s].name), state.slots[s]);
    }
  }
  return dict;
}

std::vector<Optimizer::State> Optimizer::read_states(internal::StateReader& reader) const {
  const auto count = static_cast<std::int64_t>(parameters_.size());
  const std::vector<std::int64_t> steps = reader.integers("step", count);
  std::vector<double> scalars(parameters_.size(), 1);
  if (!scalar_name_.empty()) scalars = reader.numbers(scalar_name_, count);
  std::vector<State> states;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    reader.require(steps[i] >= 0, "\"step\" of parameter " + std::to_string(i) +
                                      " is negative: " + std::to_string(steps[i]));
    State& state = states.emplace_back(
        State{.group = states_[i].group, .steps = steps[i], .scalar = scalars[i]});
    if (steps[i] == 0) continue;
    const Tensor& value = parameters_[i].value();
    const bool master = wants_master(value);
    const auto take = [&](const std::string& slot, DType dtype) {
      return copy_like(value, dtype, reader.take(slot_key(i, slot), value.shape()));
    };
    if (master) state.master = take(kMaster, DType::kF32);
    for (const Slot& slot : groups_[state.group].slots) {
      state.slots.push_back(take(slot.name, master ? DType::kF32 : value.dtype()));
    }
  }
  return states;
}

void Optimizer::load_state_dict(const StateDict& state) {
  internal::StateReader reader(state, name_);
  const std::string owner = owner_of(state);
  reader.require(owner.empty() || owner == name_,
                 "expected a state of " + name_ + ", got one of " + owner);
  const std::vector<double> rates =
      reader.numbers(name_ + std::string(kRates), static_cast<std::int64_t>(groups_.size()));
  for (const double lr : rates) {
    internal::require(internal::is_rate(lr), name_ + ".load_state_dict",
                      "a finite lr of at least 0", lr);
  }
  std::vector<State> states = read_states(reader);
  reader.finish();
  for (std::size_t g = 0; g < groups_.size(); ++g) groups_[g].lr = rates[g];
  states_ = std::move(states);
}

}  // namespace tenon::optim

#include "optim/fused_optimizer.h"

#include <cmath>

#include "optim/internal/check.h"
#include "optim/internal/state_reader.h"
#include "tensor/captured_step.h"
#include "tensor/ops.h"

namespace tenon::optim {
namespace {

constexpr const char* kMaster = "master";

std::string slot_key(std::size_t parameter, const std::string& slot) {
  return std::to_string(parameter) + "." + slot;
}
std::string scales_key(std::size_t parameter, const std::string& slot) {
  return slot_key(parameter, slot) + ".scales";
}

Shape scales_shape(const Tensor& value) {
  return {(value.numel() + kStateBlock - 1) / kStateBlock};
}

/// `source` in the device and memory order of `prototype`.
Tensor copy_like(const Tensor& prototype, DType dtype, const Tensor& source) {
  Tensor copy = empty_like(prototype, dtype);
  copy.copy_(source);
  return copy;
}

}  // namespace

FusedOptimizer::FusedOptimizer(std::string_view name, std::string scalar)
    : Optimizer(name), scalar_name_(std::move(scalar)) {}

void FusedOptimizer::append_group(std::vector<Variable> parameters, double lr,
                                  std::vector<Slot> slots) {
  Optimizer::append_group(std::move(parameters), lr);
  states_.resize(this->parameters().size(), State{.group = slots_.size()});
  slots_.push_back(std::move(slots));
}

void FusedOptimizer::keep_master_weights() {
  require_no_steps("to be told of master weights before the first step, not after");
  master_weights_ = true;
}

void FusedOptimizer::keep_8bit_states(std::int64_t min_numel) {
  require_no_steps("to be told of states in 8 bits before the first step, not after");
  min_8bit_numel_ = min_numel;
}

void FusedOptimizer::require_no_steps(std::string_view what) const {
  for (const State& state : states_) {
    require(state.steps == 0, what, static_cast<double>(state.steps));
  }
}

std::size_t FusedOptimizer::state_bytes() const {
  std::size_t bytes = 0;
  for (const State& state : states_) {
    if (state.master.defined()) bytes += state.master.bytes();
    for (const Tensor& slot : state.slots) bytes += slot.bytes();
    for (const Tensor& scales : state.scales) bytes += scales.defined() ? scales.bytes() : 0;
  }
  return bytes;
}

bool FusedOptimizer::wants_master(const Tensor& value) const {
  return master_weights_ && (value.dtype() == DType::kBF16 || value.dtype() == DType::kF16);
}

/// Blocks lie in memory order, which is the order of a saved state only where it is row-major.
bool FusedOptimizer::wants_8bits(const Tensor& value) const {
  return min_8bit_numel_ && value.numel() >= *min_8bit_numel_ && value.dtype() != DType::kF64 &&
         value.is_contiguous();
}

bool FusedOptimizer::Batch::holds(const State& state) const {
  return group == state.group && done == state.steps && scalar == state.scalar &&
         masters == state.master.defined();
}

void FusedOptimizer::Batch::clear() {
  indices.clear();
  parameters.clear();
  grads.clear();
  copies.clear();
  for (std::vector<Tensor>& slot : slots) slot.clear();
  for (std::vector<Tensor>& scale : scales) scale.clear();
}

bool FusedOptimizer::step(const StepOptions& options) {
  check_step(options);
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
void FusedOptimizer::collect() {
  for (Batch& batch : batches_) batch.clear();
  for (std::size_t i = 0; i < parameters().size(); ++i) {
    if (const Variable grad = parameters()[i].grad(); grad.defined()) {
      check_gradient(i, grad.value());
      check_dense(i);
    }
  }
  for (std::size_t i = 0; i < parameters().size(); ++i) {
    const Variable grad = parameters()[i].grad();
    if (!grad.defined()) continue;
    State& state = states_[i];
    const Tensor& value = parameters()[i].value();
    if (state.steps == 0) initialize(state, value);
    Batch& batch = batch_for(state);
    batch.indices.push_back(i);
    batch.grads.push_back(grad.value());
    batch.parameters.push_back(batch.masters ? state.master : value);
    if (batch.masters) batch.copies.push_back(value);
    for (std::size_t s = 0; s < state.slots.size(); ++s) {
      batch.slots[s].push_back(state.slots[s]);
      if (min_8bit_numel_) batch.scales[s].push_back(state.scales[s]);
    }
  }
}

void FusedOptimizer::initialize(State& state, const Tensor& value) const {
  const bool master = wants_master(value);
  const DType dtype = master ? DType::kF32 : value.dtype();
  if (master) state.master = copy_like(value, dtype, value);
  state.slots.clear();
  state.scales.clear();
  for (const Slot& slot : slots_[state.group]) {
    if (wants_8bits(value)) {
      constexpr double kOne = 255;  // the last code stands for 1
      state.slots.push_back(empty_like(value, DType::kU8).fill_(kOne));
      state.scales.push_back(full(scales_shape(value), slot.initial, {.device = value.device()}));
    } else {
      state.slots.push_back(empty_like(value, dtype).fill_(slot.initial));
      state.scales.emplace_back();
    }
  }
}

/// Almost always there is one batch for each group.
FusedOptimizer::Batch& FusedOptimizer::batch_for(const State& state) {
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
  free->scales.resize(min_8bit_numel_ ? state.slots.size() : 0);
  return *free;
}

void FusedOptimizer::check_dense(std::size_t index) const {
  const Tensor& value = parameters()[index].value();
  if (value.is_contiguous() || value.is_contiguous(Layout::kChannelsLast)) return;
  throw ShapeError("[" + name() + "] expected parameter " + std::to_string(index) +
                   " to lie dense in memory, got strides " + to_string(value.strides()));
}

std::optional<FusedOptimizer::GradScale> FusedOptimizer::grad_scale(
    const StepOptions& options) const {
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

void FusedOptimizer::throw_nonfinite() const {
  for (std::size_t i = 0; i < parameters().size(); ++i) {
    const Variable grad = parameters()[i].grad();
    if (!grad.defined() || all_finite(grad.value())) continue;
    throw ValueError("[" + name() + "] the gradient of parameter " + std::to_string(i) + " " +
                     to_string(grad.shape()) + " is not finite");
  }
  throw ValueError("[" + name() + "] the norm of the gradients is not finite");
}

void FusedOptimizer::apply(const Batch& batch, const GradScale& scale) {
  const State& first = states_[batch.indices[0]];
  const std::int64_t number = first.steps + 1;
  double scalar = first.scalar;
  update({.group = batch.group,
          .step = number,
          .lists = {.parameters = batch.parameters,
                    .grads = batch.grads,
                    .states = batch.slots,
                    .scales = batch.scales,
                    .copies = batch.copies,
                    .grad_scale = scale.number,
                    .grad_factor = scale.factor},
          .scalar = scalar});
  for (std::size_t index : batch.indices) {
    states_[index].steps = number;
    states_[index].scalar = scalar;
  }
}

StateDict FusedOptimizer::state_dict() const {
  StateDict dict;
  std::vector<double> rates, scalars;
  std::vector<std::int64_t> steps;
  for (std::size_t g = 0; g < group_count(); ++g) rates.push_back(lr(g));
  for (const State& state : states_) {
    steps.push_back(state.steps);
    scalars.push_back(state.scalar);
  }
  dict.emplace_back(lr_key(), from_vector(rates));
  dict.emplace_back("step", from_vector(steps));
  if (!scalar_name_.empty()) dict.emplace_back(scalar_name_, from_vector(scalars));
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const State& state = states_[i];
    if (state.steps == 0) continue;
    if (state.master.defined()) dict.emplace_back(slot_key(i, kMaster), state.master);
    for (std::size_t s = 0; s < state.slots.size(); ++s) {
      const std::string& slot = slots_[state.group][s].name;
      dict.emplace_back(slot_key(i, slot), state.slots[s]);
      if (state.scales[s].defined()) dict.emplace_back(scales_key(i, slot), state.scales[s]);
    }
  }
  return dict;
}

std::vector<FusedOptimizer::State> FusedOptimizer::read_states(
    internal::StateReader& reader) const {
  const auto count = static_cast<std::int64_t>(parameters().size());
  const std::vector<std::int64_t> steps = reader.integers("step", count);
  std::vector<double> scalars(parameters().size(), 1);
  if (!scalar_name_.empty()) scalars = reader.numbers(scalar_name_, count);
  std::vector<State> states;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    reader.require(steps[i] >= 0, "\"step\" of parameter " + std::to_string(i) +
                                      " is negative: " + std::to_string(steps[i]));
    State& state = states.emplace_back(
        State{.group = states_[i].group, .steps = steps[i], .scalar = scalars[i]});
    if (steps[i] == 0) continue;
    const Tensor& value = parameters()[i].value();
    const bool master = wants_master(value), in_8bits = wants_8bits(value);
    const DType dtype = in_8bits ? DType::kU8 : master ? DType::kF32 : value.dtype();
    const auto take = [&](const std::string& slot, DType dtype) {
      const Tensor& entry = reader.take(slot_key(i, slot), value.shape());
      reader.require((entry.dtype() == DType::kU8) == (dtype == DType::kU8),
                     "entry \"" + slot_key(i, slot) + "\" is " +
                         std::string(tenon::name(entry.dtype())) + ", which is not kept here");
      return copy_like(value, dtype, entry);
    };
    if (master) state.master = take(kMaster, DType::kF32);
    for (const Slot& slot : slots_[state.group]) {
      state.slots.push_back(take(slot.name, dtype));
      Tensor& scales = state.scales.emplace_back();
      if (!in_8bits) continue;
      scales = empty(scales_shape(value), {.device = value.device()});
      scales.copy_(reader.take(scales_key(i, slot.name), scales.shape()));
    }
  }
  return states;
}

void FusedOptimizer::load_state_dict(const StateDict& state) {
  internal::StateReader reader(state, name());
  check_owner(state);
  const std::vector<double> rates =
      reader.numbers(lr_key(), static_cast<std::int64_t>(group_count()));
  for (const double lr : rates) {
    internal::require(internal::is_rate(lr), name() + ".load_state_dict",
                      "a finite lr of at least 0", lr);
  }
  std::vector<State> states = read_states(reader);
  reader.finish();
  for (std::size_t g = 0; g < rates.size(); ++g) set_lr(g, rates[g]);
  states_ = std::move(states);
}

}  // namespace tenon::optim

#include "optim/optimizer.h"

#include <cmath>
#include <map>
#include <unordered_set>

namespace tenon::optim {
namespace {

using Entries = std::map<std::string_view, const Tensor*>;

std::string slot_key(std::size_t parameter, const std::string& slot) {
  return std::to_string(parameter) + "." + slot;
}

/// `source` with the dtype, device and memory order of `prototype`.
Tensor copy_like(const Tensor& prototype, const Tensor& source) {
  Tensor copy = empty_like(prototype);
  copy.copy_(source);
  return copy;
}

Entries index_entries(const StateDict& state, const std::string& where) {
  Entries entries;
  for (const auto& [name, tensor] : state) {
    if (!tensor.defined()) throw ValueError(where + "entry \"" + name + "\" is undefined");
    if (!entries.emplace(name, &tensor).second) {
      throw ValueError(where + "entry \"" + name + "\" comes twice");
    }
  }
  return entries;
}

/// Takes the entry out, so that what is left in the end is unexpected.
const Tensor& take(Entries& entries, const std::string& name, const Shape& shape,
                   const std::string& where) {
  const auto found = entries.find(name);
  if (found == entries.end()) throw ValueError(where + "entry \"" + name + "\" is missing");
  const Tensor& tensor = *found->second;
  if (!(tensor.shape() == shape)) {
    throw ShapeError(where + "expected \"" + name + "\" " + to_string(shape) + ", got " +
                     to_string(tensor.shape()));
  }
  entries.erase(found);
  return tensor;
}

void check_lr(double lr, const std::string& name) {
  if (!(lr >= 0) || !std::isfinite(lr)) {
    throw ValueError("[" + name + "] expected a finite lr of at least 0, got " +
                     std::to_string(lr));
  }
}

}  // namespace

Optimizer::Optimizer(std::string_view name, std::vector<Variable> parameters, double lr,
                     std::vector<std::string> slots)
    : name_(name),
      parameters_(std::move(parameters)),
      lr_(lr),
      slot_names_(std::move(slots)),
      steps_(parameters_.size(), 0),
      slots_(slot_names_.size(), std::vector<Tensor>(parameters_.size())) {
  check_lr(lr, name_);
  const std::string where = "[" + name_ + "] ";
  if (parameters_.empty()) throw ValueError(where + "expected parameters, got an empty list");
  std::unordered_set<const void*> seen;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Variable& parameter = parameters_[i];
    const std::string which = where + "parameter " + std::to_string(i) + " ";
    if (!parameter.defined()) throw ValueError(which + "is undefined");
    if (!parameter.is_leaf()) throw ValueError(which + "is the result of an operation, not a leaf");
    if (!parameter.requires_grad()) throw ValueError(which + "does not require a gradient");
    if (!seen.insert(parameter.impl().get()).second) throw ValueError(which + "comes twice");
  }
}

void Optimizer::require(bool ok, std::string_view what, double value) const {
  if (ok) return;
  throw ValueError("[" + name_ + "] expected " + std::string(what) + ", got " +
                   std::to_string(value));
}

void Optimizer::set_lr(double lr) {
  check_lr(lr, name_);
  lr_ = lr;
}

void Optimizer::zero_grad() const {
  for (const Variable& parameter : parameters_) parameter.zero_grad();
}

void Optimizer::Batch::clear() {
  indices.clear();
  parameters.clear();
  grads.clear();
  for (std::vector<Tensor>& slot : slots) slot.clear();
}

void Optimizer::step() {
  collect();
  for (Batch& batch : batches_) apply(batch);
}

void Optimizer::collect() {
  // All gradients are looked at before any parameter moves.
  for (Batch& batch : batches_) batch.clear();
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Variable grad = parameters_[i].grad();
    if (!grad.defined()) continue;
    Tensor aligned = gradient_for(i, grad.value());
    Batch& batch = batch_for(steps_[i]);
    batch.indices.push_back(i);
    batch.parameters.push_back(parameters_[i].value());
    batch.grads.push_back(std::move(aligned));
  }
}

/// The batch of parameters that have been updated `done` times; almost always there is only one.
Optimizer::Batch& Optimizer::batch_for(std::int64_t done) {
  for (Batch& batch : batches_) {
    if (batch.indices.empty()) batch.done = done;
    if (batch.done == done) return batch;
  }
  Batch& batch = batches_.emplace_back();
  batch.done = done;
  batch.slots.resize(slots_.size());
  return batch;
}

Tensor Optimizer::gradient_for(std::size_t index, const Tensor& grad) const {
  const Tensor& value = parameters_[index].value();
  const std::string_view what = "expected the gradient of parameter ";
  if (!(grad.shape() == value.shape())) {
    throw ShapeError("[" + name_ + "] " + std::string(what) + std::to_string(index) + " to be " +
                     to_string(value.shape()) + ", got " + to_string(grad.shape()));
  }
  if (grad.dtype() != value.dtype()) {
    throw DTypeError("[" + name_ + "] " + std::string(what) + std::to_string(index) + " to be " +
                     std::string(name(value.dtype())) + ", got " + std::string(name(grad.dtype())));
  }
  // The kernels run over dense memory: both must lie in the same order.
  return grad.strides() == value.strides() ? grad : copy_like(value, grad);
}

void Optimizer::apply(Batch& batch) {
  if (batch.indices.empty()) return;
  for (std::size_t i = 0; i < batch.indices.size(); ++i) {
    for (std::size_t s = 0; s < slots_.size(); ++s) {
      Tensor& state = slots_[s][batch.indices[i]];
      if (!state.defined()) state = zeros_like(batch.parameters[i]);
      batch.slots[s].push_back(state);
    }
  }
  const std::int64_t number = batch.done + 1;
  update(
      {.parameters = batch.parameters, .grads = batch.grads, .slots = batch.slots, .step = number});
  for (std::size_t index : batch.indices) steps_[index] = number;
  batch.clear();  // the gradients are the caller's to keep or to free
}

StateDict Optimizer::state_dict() const {
  StateDict state;
  state.emplace_back("lr", scalar(lr_, {.dtype = DType::kF64}));
  state.emplace_back("step", from_vector(steps_));
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (steps_[i] == 0) continue;
    for (std::size_t s = 0; s < slots_.size(); ++s) {
      state.emplace_back(slot_key(i, slot_names_[s]), slots_[s][i]);
    }
  }
  return state;
}

void Optimizer::load_state_dict(const StateDict& state) {
  const std::string where = "[" + name_ + ".load_state_dict] ";
  const auto count = static_cast<std::int64_t>(parameters_.size());
  Entries entries = index_entries(state, where);
  const auto lr = take(entries, "lr", {}, where).item<double>();
  check_lr(lr, name_ + ".load_state_dict");
  std::vector<std::int64_t> steps =
      take(entries, "step", {count}, where).to(DType::kI64).to(kCpu).to_vector<std::int64_t>();
  std::vector<std::vector<Tensor>> slots(slots_.size(), std::vector<Tensor>(parameters_.size()));
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i] < 0)
      throw ValueError(where + "\"step\" of parameter " + std::to_string(i) +
                       " is negative: " + std::to_string(steps[i]));
    if (steps[i] == 0) continue;
    const Tensor& value = parameters_[i].value();
    for (std::size_t s = 0; s < slots.size(); ++s) {
      const std::string key = slot_key(i, slot_names_[s]);
      slots[s][i] = copy_like(value, take(entries, key, value.shape(), where));
    }
  }
  if (!entries.empty()) {
    throw ValueError(where + "entry \"" + std::string(entries.begin()->first) + "\" is unexpected");
  }
  lr_ = lr;
  steps_ = std::move(steps);
  slots_ = std::move(slots);
}

}  // namespace tenon::optim

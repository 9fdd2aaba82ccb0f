#include "tensor/ops/optimizer.h"

#include <utility>

#include "tensor/backend.h"
#include "tensor/internal/check.h"
#include "tensor/internal/update_rules.h"

namespace tenon {
namespace {

constexpr const char* kOp = "optimizer_update_";

bool reads_grads(const UpdateRule& rule) {
  return !std::holds_alternative<ScaleStep>(rule) && !std::holds_alternative<ClampStep>(rule);
}

void check_length(const char* what, std::size_t got, std::size_t wanted) {
  if (got == wanted) return;
  throw ValueError("[" + std::string(kOp) + "] expected as many " + what + " as parameters (" +
                   std::to_string(wanted) + "), got " + std::to_string(got));
}

/// Fits the parameter in shape, device and in what it is computed in.
void check_fit(const char* what, const Tensor& parameter, const Tensor& x) {
  internal::check_floating(kOp, what, x);
  internal::check_shape(kOp, what, x, parameter.shape());
  internal::check_same_device(kOp, parameter, x);
  if ((x.dtype() == DType::kF64) != (parameter.dtype() == DType::kF64)) {
    throw DTypeError("[" + std::string(kOp) + "] expected parameters and " + what +
                     " that compute alike, got parameter " + internal::describe(parameter) +
                     " and " + what + " " + internal::describe(x));
  }
}

bool is_dense(const Tensor& x) {
  return x.is_contiguous() || x.is_contiguous(Layout::kChannelsLast);
}

/// What is written has to be one run of memory.
void check_written(const char* what, const Tensor& parameter, const Tensor& x) {
  check_fit(what, parameter, x);
  if (is_dense(parameter) && x.strides() == parameter.strides()) return;
  throw ShapeError("[" + std::string(kOp) + "] expected dense parameters, and " + what +
                   " in the same memory order, got strides " + to_string(parameter.strides()) +
                   " and " + to_string(x.strides()));
}

/// A state in 8 bits.
void check_codes(const Tensor& parameter, const Tensor& codes, const Tensor& scales) {
  internal::check_dtype(kOp, "states", codes, DType::kU8);
  internal::check_shape(kOp, "states", codes, parameter.shape());
  internal::check_same_device(kOp, parameter, codes);
  internal::check_dtype(kOp, "scales", scales, DType::kF32);
  internal::check_shape(kOp, "scales", scales,
                        {(parameter.numel() + kStateBlock - 1) / kStateBlock});
  internal::check_same_device(kOp, parameter, scales);
  if (!parameter.device().is_cpu()) {
    throw DeviceError("[" + std::string(kOp) + "] expected states in 8 bits on the CPU, got " +
                      to_string(parameter.device()));
  }
  if (parameter.dtype() == DType::kF64) {
    throw DTypeError("[" + std::string(kOp) + "] expected states of f64 parameters in f64, got u8");
  }
  if (codes.strides() != parameter.strides() || !scales.is_contiguous()) {
    throw ShapeError("[" + std::string(kOp) +
                     "] expected dense scales, and codes in the parameter's memory order");
  }
}

void check_states(const UpdateLists& lists, const UpdateRule& rule, std::size_t i) {
  const auto* rmsprop = std::get_if<RmspropStep>(&rule);
  for (std::size_t k = 0; k < lists.states.size(); ++k) {
    const Tensor& state = lists.states[k][i];
    if (lists.scales.empty() || !lists.scales[k][i].defined()) {
      check_written("states", lists.parameters[i], state);
      continue;
    }
    check_codes(lists.parameters[i], state, lists.scales[k][i]);
    if (rmsprop && rmsprop->centered) {
      throw ValueError("[" + std::string(kOp) + "] expected floating states for centered RMSprop");
    }
  }
}

void check_lists(const UpdateLists& lists, const UpdateRule& rule) {
  const std::size_t count = lists.parameters.size();
  const bool grads = reads_grads(rule);
  if (grads) check_length("grads", lists.grads.size(), count);
  if (!lists.copies.empty()) check_length("copies", lists.copies.size(), count);
  const auto states = static_cast<std::size_t>(state_count(rule));
  if (lists.states.size() != states) {
    throw ValueError("[" + std::string(kOp) + "] expected " + std::to_string(states) +
                     " lists of states for this rule, got " + std::to_string(lists.states.size()));
  }
  for (const auto& list : lists.states) check_length("states", list.size(), count);
  if (!lists.scales.empty()) check_length("lists of scales", lists.scales.size(), states);
  for (const auto& list : lists.scales) check_length("scales", list.size(), count);
  for (std::size_t i = 0; i < count; ++i) {
    const Tensor& parameter = lists.parameters[i];
    internal::check_floating(kOp, "parameters", parameter);
    internal::check_same_device(kOp, lists.parameters[0], parameter);
    check_written("parameters", parameter, parameter);
    if (grads) check_fit("grads", parameter, lists.grads[i]);
    check_states(lists, rule, i);
    if (!lists.copies.empty()) check_written("copies", parameter, lists.copies[i]);
  }
  if (count == 0 || !lists.grad_factor.defined()) return;
  internal::check_dtype(kOp, "grad_factor", lists.grad_factor, DType::kF64);
  internal::check_shape(kOp, "grad_factor", lists.grad_factor, {});
  internal::check_same_device(kOp, lists.parameters[0], lists.grad_factor);
}

/// Gradients in the parameters' memory order; `storage` keeps those that had to be copied.
std::span<const Tensor> in_order(const UpdateLists& lists, std::vector<Tensor>& storage) {
  for (std::size_t i = 0; i < lists.grads.size(); ++i) {
    if (lists.grads[i].strides() == lists.parameters[i].strides()) continue;
    if (storage.empty()) storage.assign(lists.grads.begin(), lists.grads.end());
    storage[i] = empty_like(lists.parameters[i], lists.grads[i].dtype());
    storage[i].copy_(lists.grads[i]);
  }
  return storage.empty() ? lists.grads : std::span<const Tensor>(storage);
}

}  // namespace

int state_count(const UpdateRule& rule) {
  int count = 0;
  internal::with_update<float>(rule, [&]<class Update>(const Update&) { count = Update::kStates; });
  return count;
}

void optimizer_update_(const UpdateLists& lists, const UpdateRule& rule) {
  check_lists(lists, rule);
  if (lists.parameters.empty()) return;
  std::vector<Tensor> storage;
  UpdateLists ordered = lists;
  ordered.grads = reads_grads(rule) ? in_order(lists, storage) : std::span<const Tensor>();
  for (const Tensor& parameter : lists.parameters) parameter.storage()->bump_version();
  for (const Tensor& copy : lists.copies) copy.storage()->bump_version();
  if (ordered.grad_factor.defined() && ordered.grad_factor.device().is_cpu()) {
    ordered.grad_scale *= std::exchange(ordered.grad_factor, {}).item<double>();
  }
  backend(lists.parameters[0].device()).optimizer_update(rule, ordered);
}

Tensor total_norm_tensor(std::span<const Tensor> tensors, Norm norm) {
  if (tensors.empty())
    throw ValueError("[total_norm_tensor] expected at least one tensor, got none");
  std::vector<Tensor> dense;
  for (const Tensor& tensor : tensors) {
    internal::check_floating("total_norm", "tensors", tensor);
    internal::check_same_device("total_norm", tensors[0], tensor);
    dense.push_back(is_dense(tensor) ? tensor : tensor.contiguous());
  }
  Tensor out = empty({}, {.dtype = DType::kF64, .device = dense[0].device()});
  backend(out.device()).total_norm(norm, dense, out);
  return out;
}

double total_norm(std::span<const Tensor> tensors, Norm norm) {
  return tensors.empty() ? 0 : total_norm_tensor(tensors, norm).item<double>();
}

}  // namespace tenon

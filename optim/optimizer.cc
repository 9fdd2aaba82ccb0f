#include "optim/optimizer.h"

#include <cmath>

#include "optim/internal/check.h"
#include "tensor/ops.h"

namespace tenon::optim {
namespace {

constexpr std::string_view kRates = ".lr";

/// What an optimizer called its rates says whose state it is.
std::string owner_of(const StateDict& state) {
  for (const auto& [name, tensor] : state) {
    if (name.ends_with(kRates)) return name.substr(0, name.size() - kRates.size());
  }
  return "";
}

}  // namespace

double Optimizer::step(const std::function<Variable()>& loss) {
  zero_grad();
  const Variable value = loss();
  value.backward();
  step(StepOptions());
  return value.item<double>();
}

void Optimizer::append_group(std::vector<Variable> parameters, double lr) {
  require(internal::is_rate(lr), "a finite lr of at least 0", lr);
  internal::check_parameters(name_, parameters);
  const std::size_t begin = parameters_.size();
  std::vector<Variable> all = parameters_;
  all.insert(all.end(), parameters.begin(), parameters.end());
  internal::check_parameters(name_, all);  // none twice
  for (std::size_t i = begin; i < all.size(); ++i) check_parameter(i, all[i].value());
  parameters_ = std::move(all);
  groups_.push_back({begin, parameters_.size(), lr});
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

void Optimizer::check_step(const StepOptions& options) const {
  require(options.max_norm > 0, "max_norm above 0", options.max_norm);
  require(std::isfinite(options.grad_scale), "a finite grad_scale", options.grad_scale);
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
}

std::string Optimizer::lr_key() const { return name_ + std::string(kRates); }

void Optimizer::check_owner(const StateDict& state) const {
  const std::string owner = owner_of(state);
  if (owner.empty() || owner == name_) return;
  throw ValueError("[" + name_ + ".load_state_dict] expected a state of " + name_ +
                   ", got one of " + owner);
}

}  // namespace tenon::optim

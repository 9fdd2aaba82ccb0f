#include "regularize/penalty.h"

#include "autograd/ops.h"
#include "regularize/internal/check.h"
#include "tensor/ops.h"

namespace tenon::regularize {
namespace {

// The sum of `term` over all parameters.
template <class Term>
Variable total(const char* op, std::span<const Variable> parameters, const Term& term) {
  if (parameters.empty()) {
    throw ValueError(std::string("[") + op + "] expected parameters, got none");
  }
  Variable sum = autograd::sum(term(parameters[0]));
  for (const Variable& parameter : parameters.subspan(1))
    sum = sum + autograd::sum(term(parameter));
  return sum;
}

}  // namespace

Variable l1_penalty(std::span<const Variable> parameters) {
  return total("l1_penalty", parameters, [](const Variable& w) { return autograd::abs(w); });
}

Variable l2_penalty(std::span<const Variable> parameters) {
  return total("l2_penalty", parameters, [](const Variable& w) { return autograd::square(w); });
}

ElasticNet::ElasticNet(const layers::Module& module, const ElasticNetOptions& options)
    : options_(options), parameters_(internal::chosen(module, options.parameters)) {
  internal::require_factor("ElasticNet", "l1", options.l1);
  internal::require_factor("ElasticNet", "l2", options.l2);
}

Variable ElasticNet::operator()() const {
  return options_.l1 * l1_penalty(parameters_) + options_.l2 * l2_penalty(parameters_);
}

double ElasticNet::value() const {
  const autograd::NoGrad no_grad;
  return (*this)().item<double>();
}

void ElasticNet::add_gradients() const {
  for (const Variable& parameter : parameters_) {
    if (!parameter.grad().defined()) continue;
    const Tensor& w = parameter.value();
    Tensor grad = parameter.grad().value();
    if (options_.l1 != 0) grad = grad + options_.l1 * sign(w);
    if (options_.l2 != 0) grad = grad + (2 * options_.l2) * w;
    parameter.set_grad(grad);
  }
}

absl::Status ElasticNet::before_update(train::Run&) {
  add_gradients();
  return absl::OkStatus();
}

}  // namespace tenon::regularize

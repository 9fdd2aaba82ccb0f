#include "tensor/backend.h"
#include "tensor/internal/check.h"
#include "tensor/ops.h"

namespace tenon {
namespace {

/// The list must run in step with the parameters: same length, shapes, dtypes, devices.
void check_in_step(const char* op, const char* what, std::span<const Tensor> parameters,
                   std::span<const Tensor> list) {
  if (list.size() != parameters.size()) {
    throw ValueError("[" + std::string(op) + "] expected as many " + what + " as parameters (" +
                     std::to_string(parameters.size()) + "), got " + std::to_string(list.size()));
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    internal::check_match(op, "parameter", parameters[i], what, list[i]);
    internal::check_shape(op, what, list[i], parameters[i].shape());
    internal::check_same_device(op, parameters[0], parameters[i]);
  }
}

void check_parameters(const char* op, std::span<const Tensor> parameters) {
  for (const Tensor& parameter : parameters) {
    internal::check_floating(op, "parameter", parameter);
    parameter.storage()->bump_version();
  }
}

}  // namespace

void sgd_(std::span<const Tensor> parameters, std::span<const Tensor> grads,
          std::span<const Tensor> buffers, const SgdStep& step) {
  check_in_step("sgd_", "grads", parameters, grads);
  if (step.momentum != 0) check_in_step("sgd_", "buffers", parameters, buffers);
  check_parameters("sgd_", parameters);
  if (!parameters.empty()) {
    backend(parameters[0].device()).sgd(parameters, grads, buffers, step);
  }
}

void adam_(std::span<const Tensor> parameters, std::span<const Tensor> grads,
           std::span<const Tensor> first_moments, std::span<const Tensor> second_moments,
           const AdamStep& step) {
  check_in_step("adam_", "grads", parameters, grads);
  check_in_step("adam_", "first_moments", parameters, first_moments);
  check_in_step("adam_", "second_moments", parameters, second_moments);
  if (step.step < 1) {
    throw ValueError("[adam_] expected step counted from 1, got " + std::to_string(step.step));
  }
  check_parameters("adam_", parameters);
  if (!parameters.empty()) {
    backend(parameters[0].device())
        .adam(parameters, grads, first_moments, second_moments, step);
  }
}

}  // namespace tenon

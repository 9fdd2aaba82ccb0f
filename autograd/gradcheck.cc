#include "autograd/gradcheck.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "autograd/ops.h"
#include "tensor/random.h"

namespace tenon::autograd {
namespace {

constexpr TensorOptions kF64 = {.dtype = DType::kF64};

void check_inputs(std::span<const Tensor> inputs) {
  for (const Tensor& input : inputs) {
    if (input.defined() && input.dtype() == DType::kF64) continue;
    throw DTypeError("[gradcheck] expected inputs of dtype f64, got " +
                     std::string(input.defined() ? name(input.dtype()) : "an undefined one"));
  }
}

/// Away from zero, so that no element goes unchecked.
Tensor random_weights(const Shape& shape, std::uint64_t seed) {
  Generator generator(seed);
  return uniform(shape, 0.5, 1.5, generator, kF64) *
         (bernoulli(shape, 0.5, generator, kF64) * 2.0 - 1.0);
}

std::vector<Variable> as_variables(std::span<const Tensor> inputs, bool requires_grad) {
  std::vector<Variable> variables;
  for (const Tensor& input : inputs) variables.emplace_back(input, requires_grad);
  return variables;
}

/// The gradients of sum(fn(inputs) * weights), with zeros where an input is not used.
std::vector<std::vector<double>> backward_gradients(const CheckedFunction& fn,
                                                    std::span<const Tensor> inputs,
                                                    const Tensor& weights) {
  const std::vector<Variable> variables = as_variables(inputs, true);
  const Variable result = fn(variables);
  std::vector<Variable> grads(variables.size());
  if (result.requires_grad()) {
    const Variable seed = weights;
    grads = grad({&result, 1}, variables, {&seed, 1}, {.allow_unused = true});
  }
  std::vector<std::vector<double>> values;
  for (std::size_t i = 0; i < grads.size(); ++i) {
    const Tensor grad = grads[i].defined() ? grads[i].value() : zeros_like(inputs[i]);
    values.push_back(grad.to_vector<double>());
  }
  return values;
}

std::vector<double> evaluate(const CheckedFunction& fn, std::span<const Tensor> inputs) {
  return fn(as_variables(inputs, false)).value().to_vector<double>();
}

/// The element at place `at` in row-major order. `x` is f64.
double& element(const Tensor& x, std::int64_t at) {
  std::int64_t offset = 0;
  for (int d = x.ndim() - 1; d >= 0; --d) {
    offset += at % x.shape()[d] * x.strides()[d];
    at /= x.shape()[d];
  }
  return x.data<double>()[offset];
}

/// d sum(fn * weights) / d element `at` (in row-major order) of input `input`.
double difference(const CheckedFunction& fn, std::vector<Tensor> inputs, std::size_t input,
                  std::int64_t at, std::span<const double> weights, double step) {
  inputs[input] = inputs[input].clone();
  double& x = element(inputs[input], at);
  const double middle = x;
  const double h = step * std::max(1.0, std::abs(middle));
  x = middle + h;
  const std::vector<double> above = evaluate(fn, inputs);
  const double above_x = x;
  x = middle - h;
  const std::vector<double> below = evaluate(fn, inputs);
  double sum = 0;
  for (std::size_t i = 0; i < above.size(); ++i) sum += (above[i] - below[i]) * weights[i];
  return sum / (above_x - x);
}

/// "[2,0]": the index of an element from its place in row-major order.
std::string index_name(const Shape& shape, std::int64_t at) {
  Dims index = shape;
  for (int i = shape.size() - 1; i >= 0; --i) {
    index[i] = at % shape[i];
    at /= shape[i];
  }
  return to_string(index);
}

class Differences {
 public:
  void add(std::size_t input, const Shape& shape, std::int64_t at, double backward,
           double numeric) {
    if (count_++ > 0) return;
    std::ostringstream text;
    text.precision(10);
    text << "gradient of input " << input << " " << to_string(shape) << " at "
         << index_name(shape, at) << ": backward gives " << backward << ", differences give "
         << numeric;
    first_ = text.str();
  }
  absl::Status status(const char* check, std::int64_t elements) const {
    if (count_ == 0) return absl::OkStatus();
    return absl::InternalError("[" + std::string(check) + "] " + first_ + " (" +
                               std::to_string(count_) + " of " + std::to_string(elements) +
                               " elements differ)");
  }

 private:
  std::string first_;
  std::int64_t count_ = 0;
};

absl::Status check(const char* name, const CheckedFunction& fn, std::span<const Tensor> inputs,
                   const GradcheckOptions& options) {
  const std::vector<Tensor> values(inputs.begin(), inputs.end());
  const Tensor weights = random_weights(fn(as_variables(inputs, false)).shape(), 1);
  const std::vector<double> weight_values = weights.to_vector<double>();
  const auto grads = backward_gradients(fn, inputs, weights);
  Differences differences;
  std::int64_t elements = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::int64_t at = 0; at < values[i].numel(); ++at, ++elements) {
      const double backward = grads[i][static_cast<std::size_t>(at)];
      const double numeric = difference(fn, values, i, at, weight_values, options.step);
      const double error = std::abs(backward - numeric);
      if (error <= options.atol + options.rtol * std::abs(numeric)) continue;
      differences.add(i, values[i].shape(), at, backward, numeric);
    }
  }
  return differences.status(name, elements);
}

/// (inputs…, v) -> the gradients of <fn(inputs), v>, each projected on fixed weights, summed.
Variable projected_gradients(const CheckedFunction& fn, std::span<const Variable> arguments) {
  std::vector<Variable> inputs;
  for (const Variable& x : arguments.first(arguments.size() - 1)) {
    inputs.push_back(x.requires_grad() ? x : Variable(x.value(), true));
  }
  const Variable result = fn(inputs);
  Variable total(scalar(0, kF64));
  if (!result.requires_grad()) return total;
  const auto grads = grad({&result, 1}, inputs, {&arguments.back(), 1},
                          {.create_graph = true, .allow_unused = true});
  for (std::size_t i = 0; i < grads.size(); ++i) {
    if (!grads[i].defined()) continue;
    total = total + sum(grads[i] * random_weights(grads[i].shape(), 2 + i));
  }
  return total;
}

}  // namespace

absl::Status gradcheck(const CheckedFunction& fn, std::span<const Tensor> inputs,
                       const GradcheckOptions& options) {
  check_inputs(inputs);
  return check("gradcheck", fn, inputs, options);
}

absl::Status gradgradcheck(const CheckedFunction& fn, std::span<const Tensor> inputs,
                           const GradcheckOptions& options) {
  check_inputs(inputs);
  std::vector<Tensor> arguments(inputs.begin(), inputs.end());
  arguments.push_back(random_weights(fn(as_variables(inputs, false)).shape(), 2));
  const CheckedFunction gradients = [&fn](std::span<const Variable> x) {
    return projected_gradients(fn, x);
  };
  return check("gradgradcheck", gradients, arguments, options);
}

}  // namespace tenon::autograd

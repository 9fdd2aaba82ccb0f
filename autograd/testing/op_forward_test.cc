// Every operation against its reference: each sample, dtype and memory layout.
#include <cmath>
#include <string>

#include "autograd/testing/layouts.h"
#include "autograd/testing/op_table.h"
#include "gtest/gtest.h"

namespace tenon::autograd::testing {
namespace {

struct Tolerance {
  double rtol;
  double atol;
};

/// Those of torch.testing.assert_close, but f64, whose references are in f64 themselves.
Tolerance tolerance(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return {1.3e-6, 1e-5};
    case DType::kF64:
      return {1e-12, 1e-12};
    case DType::kBF16:
      return {1.6e-2, 1e-5};
    case DType::kF16:
      return {1e-3, 1e-5};
    default:
      return {0, 0};
  }
}

/// All inputs in a layout; those that cannot be in it stay as they are. Empty where none can.
std::vector<Tensor> inputs_in(const Sample& sample, DType dtype, Variant variant) {
  std::vector<Tensor> inputs;
  bool any = false;
  for (const Tensor& input : sample.inputs) {
    const Tensor converted = input.to(dtype);
    const std::optional<Tensor> laid_out = in_layout(converted, variant);
    any = any || laid_out;
    inputs.push_back(laid_out.value_or(converted));
  }
  if (!any) inputs.clear();
  return inputs;
}

std::string differences(const Tensor& got, const Tensor& wanted, Tolerance tolerance) {
  if (got.shape() != wanted.shape()) {
    return "shape " + to_string(got.shape()) + " instead of " + to_string(wanted.shape());
  }
  const auto g = got.to(DType::kF64).to_vector<double>();
  const auto w = wanted.to_vector<double>();
  for (std::size_t i = 0; i < g.size(); ++i) {
    if (g[i] == w[i] || (std::isnan(w[i]) && std::isnan(g[i]))) continue;
    if (std::abs(g[i] - w[i]) <= tolerance.atol + tolerance.rtol * std::abs(w[i])) continue;
    return "element " + std::to_string(i) + " is " + std::to_string(g[i]) + " instead of " +
           std::to_string(w[i]);
  }
  return "";
}

class OpForward : public ::testing::TestWithParam<const OpRow*> {};

TEST_P(OpForward, AgreesWithItsReference) {
  const OpRow& row = *GetParam();
  for (const Sample& sample : row.samples) {
    for (const DType dtype : row.dtypes) {
      for (const Variant variant : kVariants) {
        SCOPED_TRACE(sample.name + ", " + std::string(tenon::name(dtype)) + ", " + name(variant));
        const std::vector<Tensor> inputs = inputs_in(sample, dtype, variant);
        if (inputs.empty()) continue;
        std::vector<Variable> variables(inputs.begin(), inputs.end());
        std::vector<Tensor> exact;
        for (const Tensor& input : inputs) exact.push_back(input.to(DType::kF64));
        const Tensor result = sample.call(variables).value();
        Tolerance allowed = tolerance(result.dtype());
        // Rounded to the argument's dtype first where the operation converts.
        if (is_floating(dtype) && size_of(dtype) < size_of(result.dtype()))
          allowed = tolerance(dtype);
        allowed.rtol *= row.tolerance;
        allowed.atol *= row.tolerance;
        EXPECT_EQ(differences(result, sample.reference(exact), allowed), "");
      }
    }
  }
}

TEST_P(OpForward, LeavesItsInputsAlone) {
  const OpRow& row = *GetParam();
  for (const Sample& sample : row.samples) {
    SCOPED_TRACE(sample.name);
    std::vector<Variable> variables;
    std::vector<std::vector<double>> before;
    for (const Tensor& input : sample.inputs) {
      variables.emplace_back(input.clone(), true);
      before.push_back(input.to_vector<double>());
    }
    if (const Variable result = sample.call(variables); result.requires_grad()) {
      result.backward(ones_like(result.value()));
    }
    for (std::size_t i = 0; i < variables.size(); ++i) {
      EXPECT_EQ(variables[i].value().to_vector<double>(), before[i]) << "input " << i;
    }
  }
}

std::vector<const OpRow*> rows() {
  std::vector<const OpRow*> rows;
  for (const OpRow& row : op_table()) rows.push_back(&row);
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Ops, OpForward, ::testing::ValuesIn(rows()),
                         [](const auto& info) { return info.param->name; });

}  // namespace
}  // namespace tenon::autograd::testing

// Every operation on a GPU against the same operation on the CPU: each sample, dtype and memory
// layout, values and gradients. Linked with emulated devices it runs anywhere: the kernels' own
// source, as loops on the host.
#include <cmath>
#include <set>
#include <string>

#include "autograd/testing/layouts.h"
#include "autograd/testing/op_table.h"
#include "gtest/gtest.h"

namespace tenon::autograd::testing {
namespace {

constexpr Device kGpu{DeviceType::kCuda, 0};

/// Operations that a GPU has no form of, or that use one of those.
const std::set<std::string> kRefused = {"svd", "eigh"};

struct Tolerance {
  double rtol, atol;
};

/// Both sides round: twice those of one of them against its reference.
Tolerance tolerance(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return {2.6e-6, 2e-5};
    case DType::kF64:
      return {2e-12, 2e-12};
    case DType::kBF16:
      return {3.2e-2, 2e-5};
    case DType::kF16:
      return {4e-3, 2e-5};
    default:
      return {0, 0};
  }
}

/// All inputs in a layout, on a device; those that cannot be in it stay as they are. Empty where
/// none can.
std::vector<Variable> inputs_in(const Sample& sample, DType dtype, Variant variant, Device device,
                                bool differentiate) {
  std::vector<Variable> inputs;
  bool any = false;
  for (const Tensor& input : sample.inputs) {
    const Tensor moved = input.to(dtype).to(device);
    const std::optional<Tensor> laid_out = in_layout(moved, variant);
    any = any || laid_out;
    inputs.emplace_back(laid_out.value_or(moved), differentiate);
  }
  if (!any) inputs.clear();
  return inputs;
}

std::string differences(const Tensor& got, const Tensor& wanted, double factor) {
  if (got.dtype() != wanted.dtype()) return "another dtype";
  if (got.shape() != wanted.shape()) {
    return "shape " + to_string(got.shape()) + " instead of " + to_string(wanted.shape());
  }
  const Tolerance allowed = tolerance(wanted.dtype());
  const auto g = got.to(kCpu).to(DType::kF64).to_vector<double>();
  const auto w = wanted.to(DType::kF64).to_vector<double>();
  for (std::size_t i = 0; i < g.size(); ++i) {
    if (g[i] == w[i] || (std::isnan(w[i]) && std::isnan(g[i]))) continue;
    if (std::abs(g[i] - w[i]) <= factor * (allowed.atol + allowed.rtol * std::abs(w[i]))) continue;
    return "element " + std::to_string(i) + " is " + std::to_string(g[i]) + " instead of " +
           std::to_string(w[i]);
  }
  return "";
}

void compare(const OpRow& row, const Sample& sample, DType dtype, Variant variant) {
  const bool differentiate = sample.differentiable && is_floating(dtype);
  const auto here = inputs_in(sample, dtype, variant, kCpu, differentiate);
  if (here.empty()) return;
  const auto there = inputs_in(sample, dtype, variant, kGpu, differentiate);
  const Variable wanted = sample.call(here), got = sample.call(there);
  ASSERT_EQ(got.value().device(), kGpu);
  ASSERT_EQ(differences(got.value(), wanted.value(), row.tolerance), "");
  if (!wanted.requires_grad()) return;
  wanted.backward(ones_like(wanted.value()));
  got.backward(ones_like(got.value()));
  for (std::size_t i = 0; i < here.size(); ++i) {
    ASSERT_EQ(there[i].grad().defined(), here[i].grad().defined());
    if (!here[i].grad().defined()) continue;
    // A gradient is the result of several operations.
    ASSERT_EQ(differences(there[i].grad().value(), here[i].grad().value(), 8 * row.tolerance), "")
        << "gradient of input " << i;
  }
}

class OpOnGpu : public ::testing::TestWithParam<const OpRow*> {};

TEST_P(OpOnGpu, AgreesWithTheCpu) {
  if (!is_available(kGpu)) GTEST_SKIP() << "skipped: no CUDA device";
  const OpRow& row = *GetParam();
  int refusals = 0;
  for (const Sample& sample : row.samples) {
    for (const DType dtype : row.dtypes) {
      for (const Variant variant : kVariants) {
        SCOPED_TRACE(sample.name + ", " + std::string(tenon::name(dtype)) + ", " + name(variant));
        try {
          compare(row, sample, dtype, variant);
        } catch (const DeviceError& error) {
          ++refusals;
          EXPECT_NE(std::string(error.what()).find("no form of it for a GPU"), std::string::npos)
              << error.what();
        }
        if (HasFatalFailure()) return;
      }
    }
  }
  EXPECT_EQ(refusals > 0, kRefused.contains(row.name)) << refusals << " refusals";
}

std::vector<const OpRow*> rows() {
  std::vector<const OpRow*> rows;
  for (const OpRow& row : op_table()) rows.push_back(&row);
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Ops, OpOnGpu, ::testing::ValuesIn(rows()),
                         [](const auto& info) { return info.param->name; });

}  // namespace
}  // namespace tenon::autograd::testing

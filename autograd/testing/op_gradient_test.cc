// First and second derivatives of every operation against central differences, in f64 and in every
// memory layout.
#include <string>

#include "autograd/gradcheck.h"
#include "autograd/ops.h"
#include "autograd/testing/layouts.h"
#include "autograd/testing/op_table.h"
#include "gtest/gtest.h"

namespace tenon::autograd::testing {
namespace {

class OpGradient : public ::testing::TestWithParam<const OpRow*> {};

TEST_P(OpGradient, AgreesWithDifferences) {
  for (const Sample& sample : GetParam()->samples) {
    if (!sample.differentiable) continue;
    SCOPED_TRACE(sample.name);
    const absl::Status status = gradcheck(sample.call, sample.inputs);
    EXPECT_TRUE(status.ok()) << status;
  }
}

TEST_P(OpGradient, SecondDerivativeAgreesWithDifferences) {
  for (const Sample& sample : GetParam()->samples) {
    if (!sample.differentiable) continue;
    SCOPED_TRACE(sample.name);
    const absl::Status status = gradgradcheck(sample.call, sample.inputs);
    EXPECT_TRUE(status.ok()) << status;
  }
}

TEST_P(OpGradient, DoesNotDependOnTheLayout) {
  for (const Sample& sample : GetParam()->samples) {
    for (const Variant variant : {Variant::kTransposed, Variant::kSliced, Variant::kChannelsLast}) {
      if (!sample.differentiable) continue;
      SCOPED_TRACE(sample.name + ", " + name(variant));
      std::vector<Tensor> inputs;
      for (const Tensor& input : sample.inputs) {
        inputs.push_back(in_layout(input, variant).value_or(input));
      }
      const absl::Status status = gradcheck(sample.call, inputs);
      EXPECT_TRUE(status.ok()) << status;
    }
  }
}

/// The gradient has the leaf's shape and dtype, and dense elements of its own.
TEST_P(OpGradient, IsLikeTheLeaf) {
  for (const DType dtype : GetParam()->dtypes) {
    if (!is_floating(dtype)) continue;
    for (const Sample& sample : GetParam()->samples) {
      SCOPED_TRACE(sample.name + ", " + std::string(tenon::name(dtype)));
      std::vector<Variable> leaves;
      for (const Tensor& input : sample.inputs) leaves.emplace_back(input.to(dtype).clone(), true);
      const Variable result = sample.call(leaves);
      if (!result.requires_grad()) continue;
      result.backward(ones_like(result.value()));
      for (const Variable& leaf : leaves) {
        if (!leaf.grad().defined()) continue;
        EXPECT_EQ(leaf.grad().shape(), leaf.shape());
        EXPECT_EQ(leaf.grad().dtype(), dtype);
        EXPECT_EQ(leaf.grad().value().strides(), leaf.value().strides());
        EXPECT_NE(leaf.grad().value().storage(), leaf.value().storage());
      }
    }
  }
}

/// Asking for one gradient only gives the same as asking for all.
TEST_P(OpGradient, OfEachInputAlone) {
  for (const Sample& sample : GetParam()->samples) {
    if (!sample.differentiable) continue;
    for (std::size_t chosen = 0; chosen < sample.inputs.size(); ++chosen) {
      SCOPED_TRACE(sample.name + ", input " + std::to_string(chosen));
      const CheckedFunction with_constants = [&](std::span<const Variable> x) {
        std::vector<Variable> inputs(sample.inputs.begin(), sample.inputs.end());
        inputs[chosen] = x[0];
        return sample.call(inputs);
      };
      const absl::Status status = gradcheck(with_constants, {&sample.inputs[chosen], 1});
      EXPECT_TRUE(status.ok()) << status;
    }
  }
}

std::vector<const OpRow*> rows() {
  std::vector<const OpRow*> rows;
  for (const OpRow& row : op_table()) rows.push_back(&row);
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Ops, OpGradient, ::testing::ValuesIn(rows()),
                         [](const auto& info) { return info.param->name; });

}  // namespace
}  // namespace tenon::autograd::testing

// Tensors that a script of layers/testdata made with PyTorch.
#ifndef TENON_LAYERS_INTERNAL_FIXTURE_H_
#define TENON_LAYERS_INTERNAL_FIXTURE_H_

#include <algorithm>
#include <cmath>
#include <string>

#include "gtest/gtest.h"
#include "layers/module.h"
#include "tensor/io/safetensors.h"
#include "tensor/ops.h"

namespace tenon::layers::internal {

class Fixtures {
 public:
  /// Reads "layers/testdata/<name>".
  explicit Fixtures(const std::string& name) {
    auto file = read_safetensors("layers/testdata/" + name);
    if (!file.ok()) throw Error(std::string(file.status().message()));
    file_ = *std::move(file);
  }

  /// Undefined where there is none.
  Tensor find(const std::string& name) const {
    const Tensor* tensor = file_.find(name);
    return tensor ? *tensor : Tensor();
  }
  Tensor operator[](const std::string& name) const {
    const Tensor tensor = find(name);
    if (!tensor.defined()) throw Error("no fixture " + name);
    return tensor;
  }
  /// Those below `prefix`, without it.
  StateDict below(const std::string& prefix) const {
    StateDict below;
    for (const auto& [name, tensor] : file_.tensors) {
      if (name.starts_with(prefix)) below.emplace_back(name.substr(prefix.size()), tensor);
    }
    return below;
  }

 private:
  SafetensorsFile file_;
};

/// The largest magnitude in `tensor`, at least 1.
inline float largest_of(const Tensor& tensor) {
  float largest = 1;
  for (const float value : tensor.to(DType::kF32).to_vector<float>()) {
    largest = std::max(largest, std::abs(value));
  }
  return largest;
}

/// f32: fixtures are exact to f32, and a few dozen roundings of numbers near 1 may differ. bf16: a
/// few roundings of 2^-9 of the largest number that went into the sums, because they cancel.
inline void expect_near(const Tensor& got, const Tensor& expected, const std::string& what,
                        float largest) {
  ASSERT_TRUE(got.defined() && expected.defined()) << what;
  ASSERT_EQ(to_string(got.shape()), to_string(expected.shape())) << what;
  const auto g = got.to(DType::kF32).to_vector<float>();
  const auto e = expected.to(DType::kF32).to_vector<float>();
  for (std::size_t i = 0; i < g.size(); ++i) {
    const float tolerance =
        got.dtype() == DType::kBF16 ? 3e-2f * largest : 4e-6f * std::max(1.0f, std::abs(e[i]));
    ASSERT_NEAR(g[i], e[i], tolerance) << what << " at " << i;
  }
}
inline void expect_near(const Tensor& got, const Tensor& expected, const std::string& what) {
  ASSERT_TRUE(expected.defined()) << what;
  expect_near(got, expected, what, largest_of(expected));
}

/// Gradients of all parameters against the fixtures below `prefix`: PyTorch's names in its order.
/// What a layer rounds flows into the gradients of all that stand before it.
inline void expect_parameter_grads(const Module& module, const StateDict& expected) {
  const NamedVariables parameters = module.named_parameters();
  ASSERT_EQ(parameters.size(), expected.size());
  float largest = 1;
  for (const auto& [name, grad] : expected) largest = std::max(largest, largest_of(grad));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(parameters[i].first, expected[i].first);
    expect_near(parameters[i].second.grad().value(), expected[i].second, expected[i].first,
                largest);
  }
}

}  // namespace tenon::layers::internal

#endif  // TENON_LAYERS_INTERNAL_FIXTURE_H_

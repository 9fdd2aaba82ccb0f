// Every layer against PyTorch: values, and gradients of inputs and parameters, at odd sizes
// (layers/testdata/make_layers.py).

#include <cmath>
#include <functional>
#include <memory>
#include <string>

#include "autograd/ops.h"
#include "gtest/gtest.h"
#include "layers/layers.h"
#include "tensor/io/safetensors.h"

namespace tenon::layers {
namespace {

const SafetensorsFile& fixtures() {
  static const SafetensorsFile kFile = [] {
    auto file = read_safetensors("layers/testdata/layers.safetensors");
    if (!file.ok()) throw Error(std::string(file.status().message()));
    return *std::move(file);
  }();
  return kFile;
}

Tensor fixture(const std::string& name) {
  const Tensor* tensor = fixtures().find(name);
  if (!tensor) throw Error("no fixture " + name);
  return *tensor;
}

/// The fixtures below `prefix`, without it.
StateDict fixtures_below(const std::string& prefix) {
  StateDict below;
  for (const auto& [name, tensor] : fixtures().tensors) {
    if (name.starts_with(prefix)) below.emplace_back(name.substr(prefix.size()), tensor);
  }
  return below;
}

/// The fixtures are exact to f32; a few dozen roundings of numbers near 1 may differ.
void expect_near(const Tensor& got, const Tensor& expected, const std::string& what) {
  constexpr double kTolerance = 4e-6;
  ASSERT_TRUE(got.defined()) << what;
  ASSERT_EQ(to_string(got.shape()), to_string(expected.shape())) << what;
  const auto g = got.contiguous().to_vector<float>();
  const auto e = expected.to_vector<float>();
  for (std::size_t i = 0; i < g.size(); ++i) {
    ASSERT_NEAR(g[i], e[i], kTolerance * std::max(1.0f, std::abs(e[i]))) << what << " at " << i;
  }
}

template <class Layer>
std::unique_ptr<Module> make(const typename Layer::Options& options) {
  return std::make_unique<Layer>(options);
}

template <class Layer>
std::unique_ptr<Module> make() {
  return std::make_unique<Layer>();
}

std::unique_ptr<Module> make_eval_dropout() {
  auto dropout = make<Dropout>({.p = 0.5});
  dropout->eval();
  return dropout;
}

std::unique_ptr<Module> make_eval_batch_norm() {
  auto layer = make<BatchNorm2d>({.features = 3});
  layer->eval();
  return layer;
}

std::unique_ptr<Module> make_sequential() {
  auto net = std::make_unique<Sequential>();
  net->add<Conv2d>({.in_channels = 2, .out_channels = 4, .kernel = 3, .padding = 1});
  net->add<ReLU>();
  net->add<MaxPool2d>();
  net->add<Flatten>();
  net->add<Linear>({.in_features = 24, .out_features = 5});
  net->add<ReLU>();
  net->add<ReLU>();
  net->add<Linear>({.in_features = 5, .out_features = 3});
  net->add<Tanh>();
  return net;
}

struct Case {
  std::string name;
  std::function<std::unique_ptr<Module>()> make;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class LayerFixtureTest : public testing::TestWithParam<Case> {
 protected:
  std::string name() const { return GetParam().name; }
};

TEST_P(LayerFixtureTest, ValuesAndGradients) {
  const std::unique_ptr<Module> layer = GetParam().make();
  layer->load_state_dict(fixtures_below(name() + "/state/"));
  const Variable x(fixture(name() + "/x"), /*requires_grad=*/true);
  const Variable y = (*layer)(x);
  expect_near(y.value(), fixture(name() + "/y"), "y");
  y.backward(fixture(name() + "/grad_y"));
  expect_near(x.grad().value(), fixture(name() + "/grad_x"), "grad_x");
  const StateDict grads = fixtures_below(name() + "/grad/");
  const NamedVariables parameters = layer->named_parameters();
  ASSERT_EQ(parameters.size(), grads.size());
  for (std::size_t i = 0; i < grads.size(); ++i) {
    EXPECT_EQ(parameters[i].first, grads[i].first);  // PyTorch's names in PyTorch's order
    expect_near(parameters[i].second.grad().value(), grads[i].second, parameters[i].first);
  }
  const StateDict after = fixtures_below(name() + "/after/");
  const NamedVariables buffers = layer->buffers();
  ASSERT_EQ(buffers.size(), after.size());
  for (std::size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(buffers[i].first, after[i].first);
    expect_near(buffers[i].second.value().to(DType::kF32), after[i].second.to(DType::kF32),
                buffers[i].first);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Layers, LayerFixtureTest,
    testing::Values(
        Case{"linear", [] { return make<Linear>({.in_features = 5, .out_features = 7}); }},
        Case{"linear_3d", [] { return make<Linear>({.in_features = 4, .out_features = 3}); }},
        Case{"linear_no_bias",
             [] { return make<Linear>({.in_features = 6, .out_features = 1, .bias = false}); }},
        Case{"linear_one", [] { return make<Linear>({.in_features = 1, .out_features = 1}); }},
        Case{"conv2d",
             [] {
               return make<Conv2d>(
                   {.in_channels = 3, .out_channels = 4, .kernel = 3, .padding = 1});
             }},
        Case{"conv2d_pairs",
             [] {
               return make<Conv2d>({.in_channels = 2,
                                    .out_channels = 3,
                                    .kernel = {3, 2},
                                    .stride = {2, 1},
                                    .padding = {0, 2},
                                    .dilation = {1, 2}});
             }},
        Case{"conv2d_groups",
             [] {
               return make<Conv2d>(
                   {.in_channels = 4, .out_channels = 6, .kernel = 3, .stride = 2, .groups = 2});
             }},
        Case{"conv2d_depthwise",
             [] {
               return make<Conv2d>(
                   {.in_channels = 5, .out_channels = 5, .kernel = 3, .padding = 1, .groups = 5});
             }},
        Case{"conv2d_no_bias",
             [] {
               return make<Conv2d>(
                   {.in_channels = 3, .out_channels = 2, .kernel = 1, .bias = false});
             }},
        Case{"conv2d_whole_image",
             [] {
               return make<Conv2d>({.in_channels = 1, .out_channels = 2, .kernel = {5, 3}});
             }},
        Case{"max_pool2d", [] { return make<MaxPool2d>(); }},
        Case{"max_pool2d_overlap",
             [] { return make<MaxPool2d>({.kernel = 3, .stride = 2, .padding = 1}); }},
        Case{"max_pool2d_pairs",
             [] {
               return make<MaxPool2d>({.kernel = {2, 3}, .stride = {1, 2}});
             }},
        Case{"relu", [] { return make<ReLU>(); }}, Case{"tanh", [] { return make<Tanh>(); }},
        Case{"sigmoid", [] { return make<Sigmoid>(); }},
        Case{"flatten", [] { return make<Flatten>(); }},
        Case{"flatten_middle", [] { return make<Flatten>({.first = 1, .last = 2}); }},
        Case{"dropout_eval", make_eval_dropout}, Case{"sequential", make_sequential},
        Case{"batch_norm1d", [] { return make<BatchNorm1d>({.features = 4}); }},
        Case{"batch_norm1d_3d", [] { return make<BatchNorm1d>({.features = 3, .momentum = 0.3}); }},
        Case{"batch_norm2d", [] { return make<BatchNorm2d>({.features = 3}); }},
        Case{"batch_norm2d_eval", make_eval_batch_norm},
        Case{"batch_norm2d_plain",
             [] { return make<BatchNorm2d>({.features = 2, .eps = 0.1, .affine = false}); }},
        Case{"batch_norm2d_one_image", [] { return make<BatchNorm2d>({.features = 2}); }}),
    [](const auto& info) { return info.param.name; });

void expect_cross_entropy(const std::string& name, Reduction reduction) {
  const Variable x(fixture(name + "/x"), /*requires_grad=*/true);
  const Variable y = CrossEntropyLoss{.reduction = reduction}(x, fixture(name + "/labels"));
  expect_near(y.value(), fixture(name + "/y"), name);
  y.backward(fixture(name + "/grad_y"));
  expect_near(x.grad().value(), fixture(name + "/grad_x"), name + " grad_x");
}

TEST(LossFixtureTest, CrossEntropy) {
  expect_cross_entropy("cross_entropy_mean", Reduction::kMean);
  expect_cross_entropy("cross_entropy_sum", Reduction::kSum);
  expect_cross_entropy("cross_entropy_none", Reduction::kNone);
}

}  // namespace
}  // namespace tenon::layers

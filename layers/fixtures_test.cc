// Every layer against PyTorch: values, and gradients of inputs and parameters, at odd sizes
// (layers/testdata/make_layers.py).

#include <functional>
#include <memory>
#include <string>

#include "autograd/ops.h"
#include "gtest/gtest.h"
#include "layers/internal/fixture.h"
#include "layers/layers.h"

namespace tenon::layers {
namespace {

using internal::expect_near;
using internal::expect_parameter_grads;
using internal::Fixtures;

const Fixtures& fixtures() {
  static const Fixtures kFixtures("layers.safetensors");
  return kFixtures;
}

template <class Layer>
std::unique_ptr<Module> make(const typename Layer::Options& options) {
  return std::make_unique<Layer>(options);
}

template <class Layer>
std::unique_ptr<Module> make() {
  return std::make_unique<Layer>();
}

template <class Layer>
std::unique_ptr<Module> make_eval_dropout() {
  auto dropout = make<Layer>({.p = 0.5});
  dropout->eval();
  return dropout;
}

template <class Layer>
std::unique_ptr<Module> make_eval(const typename Layer::Options& options) {
  auto layer = make<Layer>(options);
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
  Tensor fixture(const std::string& name) const { return fixtures()[GetParam().name + name]; }
  StateDict below(const std::string& prefix) const {
    return fixtures().below(GetParam().name + prefix);
  }
  void compare(DType dtype) const;
};

/// Values, gradients of x and of all parameters, and buffers afterwards.
void LayerFixtureTest::compare(DType dtype) const {
  const std::unique_ptr<Module> layer = GetParam().make();
  layer->load_state_dict(below("/state/"));
  layer->to(dtype);
  const Variable x(fixture("/x").to(dtype), /*requires_grad=*/true);
  const Variable y = (*layer)(x);
  EXPECT_EQ(y.dtype(), dtype);
  expect_near(y.value(), fixture("/y"), "y");
  y.backward(fixture("/grad_y").to(dtype));
  expect_near(x.grad().value(), fixture("/grad_x"), "grad_x");
  expect_parameter_grads(*layer, below("/grad/"));
  const StateDict after = below("/after/");
  const NamedVariables buffers = layer->buffers();
  ASSERT_EQ(buffers.size(), after.size());
  for (std::size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(buffers[i].first, after[i].first);
    expect_near(buffers[i].second.value(), after[i].second, buffers[i].first);
  }
}

TEST_P(LayerFixtureTest, AgreesInF32) { compare(DType::kF32); }

TEST_P(LayerFixtureTest, AgreesInBF16) {
  // Rounded, other elements are the largest of a window, and other gradients flow.
  if (GetParam().name == "sequential") GTEST_SKIP() << "not continuous";
  compare(DType::kBF16);
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
        Case{"dropout_eval", make_eval_dropout<Dropout>}, Case{"sequential", make_sequential},
        Case{"batch_norm1d", [] { return make<BatchNorm1d>({.features = 4}); }},
        Case{"batch_norm1d_3d", [] { return make<BatchNorm1d>({.features = 3, .momentum = 0.3}); }},
        Case{"batch_norm2d", [] { return make<BatchNorm2d>({.features = 3}); }},
        Case{"batch_norm2d_eval", [] { return make_eval<BatchNorm2d>({.features = 3}); }},
        Case{"batch_norm1d_eval", [] { return make_eval<BatchNorm1d>({.features = 5}); }},
        Case{"batch_norm1d_3d_eval", [] { return make_eval<BatchNorm1d>({.features = 3}); }},
        Case{"batch_norm2d_plain_eval",
             [] { return make_eval<BatchNorm2d>({.features = 2, .affine = false}); }},
        Case{"batch_norm2d_plain",
             [] { return make<BatchNorm2d>({.features = 2, .eps = 0.1, .affine = false}); }},
        Case{"batch_norm2d_one_image", [] { return make<BatchNorm2d>({.features = 2}); }},
        Case{"layer_norm", [] { return make<LayerNorm>({.shape = {7}}); }},
        Case{"layer_norm_2d",
             [] {
               return make<LayerNorm>({.shape = {3, 5}, .eps = 0.1});
             }},
        Case{"layer_norm_plain", [] { return make<LayerNorm>({.shape = {6}, .affine = false}); }},
        Case{"layer_norm_one_item", [] { return make<LayerNorm>({.shape = {5}}); }},
        Case{"rms_norm", [] { return make<RMSNorm>({.shape = {7}}); }},
        Case{"rms_norm_eps", [] { return make<RMSNorm>({.shape = {5}, .eps = 0.5}); }},
        Case{"group_norm", [] { return make<GroupNorm>({.groups = 2, .channels = 6}); }},
        Case{"group_norm_rows",
             [] { return make<GroupNorm>({.groups = 3, .channels = 3, .eps = 0.1}); }},
        Case{"group_norm_plain",
             [] { return make<GroupNorm>({.groups = 1, .channels = 4, .affine = false}); }}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Images, LayerFixtureTest,
    testing::Values(
        Case{"conv1d",
             [] {
               return make<Conv1d>(
                   {.in_channels = 3, .out_channels = 4, .kernel = 3, .padding = 1});
             }},
        Case{"conv1d_options",
             [] {
               return make<Conv1d>({.in_channels = 4,
                                    .out_channels = 6,
                                    .kernel = 2,
                                    .stride = 2,
                                    .padding = 1,
                                    .dilation = 3,
                                    .groups = 2,
                                    .bias = false});
             }},
        Case{"conv_transpose2d",
             [] {
               return make<ConvTranspose2d>({.in_channels = 3, .out_channels = 2, .kernel = 3});
             }},
        Case{"conv_transpose2d_options",
             [] {
               return make<ConvTranspose2d>({.in_channels = 4,
                                             .out_channels = 6,
                                             .kernel = {3, 2},
                                             .stride = {2, 3},
                                             .padding = {1, 0},
                                             .output_padding = {1, 2},
                                             .groups = 2});
             }},
        Case{
            "conv_transpose2d_dilation",
            [] {
              return make<ConvTranspose2d>(
                  {.in_channels = 2, .out_channels = 3, .kernel = 2, .dilation = 2, .bias = false});
            }},
        Case{"avg_pool2d", [] { return make<AvgPool2d>(); }},
        Case{"avg_pool2d_padding",
             [] {
               return make<AvgPool2d>({.kernel = 3, .stride = 2, .padding = 1, .ceil_mode = true});
             }},
        Case{"avg_pool2d_not_counted",
             [] {
               return make<AvgPool2d>({.kernel = {3, 2}, .padding = 1, .count_include_pad = false});
             }},
        Case{"adaptive_avg_pool2d",
             [] {
               return make<AdaptiveAvgPool2d>({.size = {3, 2}});
             }},
        Case{"adaptive_avg_pool2d_one", [] { return make<AdaptiveAvgPool2d>(); }},
        Case{"adaptive_max_pool2d",
             [] {
               return make<AdaptiveMaxPool2d>({.size = {3, 2}});
             }},
        Case{"max_pool2d_options",
             [] {
               return make<MaxPool2d>(
                   {.kernel = 2, .stride = 3, .padding = 1, .dilation = 2, .ceil_mode = true});
             }},
        Case{"dropout2d_eval", make_eval_dropout<Dropout2d>}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Sequences, LayerFixtureTest,
    testing::Values(
        Case{"max_pool1d", [] { return make<MaxPool1d>(); }},
        Case{"max_pool1d_options",
             [] {
               return make<MaxPool1d>(
                   {.kernel = 3, .stride = 2, .padding = 1, .dilation = 2, .ceil_mode = true});
             }},
        Case{"avg_pool1d", [] { return make<AvgPool1d>(); }},
        Case{"avg_pool1d_padding",
             [] {
               return make<AvgPool1d>({.kernel = 3, .stride = 2, .padding = 1, .ceil_mode = true});
             }},
        Case{"avg_pool1d_not_counted",
             [] {
               return make<AvgPool1d>({.kernel = 3, .padding = 1, .count_include_pad = false});
             }},
        Case{"adaptive_avg_pool1d", [] { return make<AdaptiveAvgPool1d>({.size = 3}); }},
        Case{"adaptive_max_pool1d", [] { return make<AdaptiveMaxPool1d>({.size = 3}); }}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Activations, LayerFixtureTest,
    testing::Values(
        Case{"leaky_relu", [] { return make<LeakyReLU>({.slope = 0.2}); }},
        Case{"elu", [] { return make<ELU>({.alpha = 0.7}); }},
        Case{"celu", [] { return make<CELU>({.alpha = 1.5}); }},
        Case{"celu_trainable", [] { return make<CELU>({.alpha = 1.5, .trainable = true}); }},
        Case{"selu", [] { return make<SELU>(); }}, Case{"gelu", [] { return make<GELU>(); }},
        Case{"gelu_tanh", [] { return make<GELU>({.tanh = true}); }},
        Case{"silu", [] { return make<SiLU>(); }},
        Case{"silu", [] { return make<Swish>({.trainable = false}); }},
        Case{"swish", [] { return make<Swish>(); }}, Case{"mish", [] { return make<Mish>(); }},
        Case{"softplus", [] { return make<Softplus>({.beta = 2}); }},
        Case{"log_sigmoid", [] { return make<LogSigmoid>(); }},
        Case{"hardtanh", [] { return make<Hardtanh>({.low = -0.5}); }},
        Case{"hardsigmoid", [] { return make<Hardsigmoid>(); }},
        Case{"hardswish", [] { return make<Hardswish>(); }},
        Case{"softmax", [] { return make<Softmax>(); }},
        Case{"log_softmax", [] { return make<LogSoftmax>(); }},
        Case{"prelu", [] { return make<PReLU>(); }},
        Case{"prelu_channels", [] { return make<PReLU>({.parameters = 3}); }},
        Case{"maxout", [] { return make<Maxout>(); }}),
    [](const auto& info) { return info.param.name + "_" + std::to_string(info.index); });

void expect_cross_entropy(const std::string& name, Reduction reduction) {
  const Variable x(fixtures()[name + "/x"], /*requires_grad=*/true);
  const Variable y = CrossEntropyLoss{.reduction = reduction}(x, fixtures()[name + "/labels"]);
  expect_near(y.value(), fixtures()[name + "/y"], name);
  y.backward(fixtures()[name + "/grad_y"]);
  expect_near(x.grad().value(), fixtures()[name + "/grad_x"], name + " grad_x");
}

TEST(LossFixtureTest, CrossEntropy) {
  expect_cross_entropy("cross_entropy_mean", Reduction::kMean);
  expect_cross_entropy("cross_entropy_sum", Reduction::kSum);
  expect_cross_entropy("cross_entropy_none", Reduction::kNone);
}

}  // namespace
}  // namespace tenon::layers

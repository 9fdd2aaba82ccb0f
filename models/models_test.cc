// Logits, loss, gradients and state dicts against PyTorch's equivalents
// (models/testdata/make_models.py).

#include "models/models.h"

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "autograd/ops.h"
#include "gtest/gtest.h"
#include "layers/activation.h"
#include "models/internal/golden.h"
#include "tensor/testing/readme.h"

namespace tenon::models {
namespace {

using internal::expect_golden;
using layers::Variable;

TEST(LeNetTest, CifarAgreesWithPyTorch) {
  LeNet net;
  EXPECT_EQ(net.num_parameters(), 62006);  // as the tutorial's network
  expect_golden(net, "lenet");
}

TEST(LeNetTest, MnistAgreesWithPyTorch) {
  LeNet net({.in_channels = 1, .image = 28, .padding = 2});
  EXPECT_EQ(net.num_parameters(), 61706);
  expect_golden(net, "lenet_mnist");
}

TEST(LeNetTest, OtherSizes) {
  LeNet net({.in_channels = 1, .image = {20, 17}, .classes = 4});
  EXPECT_EQ(to_string(net(zeros({2, 1, 20, 17})).shape()), "[2,4]");
  LeNet smallest({.image = 16});
  EXPECT_EQ(to_string(smallest(zeros({1, 3, 16, 16})).shape()), "[1,10]");
}

TEST(LeNetTest, BadOptionsAndInputs) {
  EXPECT_THROW(LeNet({.image = 15}), ValueError);
  EXPECT_THROW(LeNet({.image = {32, 0}}), ValueError);
  EXPECT_THROW(LeNet({.in_channels = 0}), ValueError);
  EXPECT_THROW(LeNet({.classes = 0}), ValueError);
  EXPECT_THROW(LeNet({.padding = -1}), ValueError);
  LeNet net;
  EXPECT_THROW(net(zeros({1, 1, 32, 32})), ShapeError);
  EXPECT_THROW(net(zeros({1, 3, 28, 28})), ShapeError);
}

TEST(SmallCnnTest, AgreesWithPyTorch) {
  SmallCnn net;
  expect_golden(net, "small_cnn");
}

TEST(SmallCnnTest, BadOptions) {
  EXPECT_THROW(SmallCnn({.image = 1}), ValueError);
  EXPECT_THROW(SmallCnn({.width = 0}), ValueError);
  EXPECT_THROW(SmallCnn({.dropout = 1}), ValueError);
}

TEST(MlpTest, AgreesWithPyTorch) {
  Mlp relu({.sizes = {12, 9, 7, 3}, .dropout = 0.5});
  expect_golden(relu, "mlp");
  Mlp tanh({.sizes = {12, 9, 3}, .activation = init::Nonlinearity::kTanh});
  expect_golden(tanh, "mlp_tanh");
}

TEST(MlpTest, FlattensImages) {
  Mlp net({.sizes = {12, 5, 2}});
  const Tensor x = arange(0, 24, 1, {.dtype = DType::kF32});
  EXPECT_EQ(net(x.reshape({2, 1, 3, 4})).value().to_vector<float>(),
            net(x.reshape({2, 12})).value().to_vector<float>());
}

TEST(MlpTest, OtherActivations) {
  const Tensor x = ones({1, 2});
  Mlp linear({.sizes = {2, 1, 1}, .activation = init::Nonlinearity::kLinear});
  Mlp sigmoid({.sizes = {2, 1, 1}, .activation = init::Nonlinearity::kSigmoid});
  EXPECT_EQ(linear.size(), 2);
  for (Mlp* net : {&linear, &sigmoid}) {
    for (const Variable& parameter : net->parameters()) parameter.value().fill_(-0.5);
  }
  EXPECT_FLOAT_EQ(linear(x).item<float>(), 0.25f);  // -0.5 (-0.5 - 0.5 - 0.5) - 0.5
  EXPECT_FLOAT_EQ(sigmoid(x).item<float>(), static_cast<float>(-0.5 / (1 + std::exp(1.5)) - 0.5));
}

TEST(MlpTest, InitializesByAScheme) {
  const Mlp net({.sizes = {400, 300, 3}, .init = init::Scheme::kKaimingNormal});
  const layers::NamedVariables parameters = net.named_parameters();
  double squares = 0;
  for (float w : parameters[0].second.value().to_vector<float>()) {
    squares += static_cast<double>(w) * w;
  }
  EXPECT_NEAR(std::sqrt(squares / 120000), std::sqrt(2.0 / 400), 0.001);
  EXPECT_EQ(parameters[1].second.value().to_vector<float>(), std::vector<float>(300, 0));
}

TEST(MlpTest, BadOptions) {
  EXPECT_THROW(Mlp({.sizes = {}}), ValueError);
  EXPECT_THROW(Mlp({.sizes = {3}}), ValueError);
  EXPECT_THROW(Mlp({.sizes = {3, 0, 2}}), ValueError);
  EXPECT_THROW(Mlp({.sizes = {3, 2, 2}, .dropout = -0.5}), ValueError);
  EXPECT_THROW(Mlp({.sizes = {3, 2, 2}, .activation = init::Nonlinearity::kLeakyRelu}), ValueError);
}

TEST(FfnnTest, AgreesWithPyTorch) {
  Ffnn net({.inputs = 12,
            .layers = {{9, with<layers::Tanh>},
                       {7, with<layers::Sigmoid>, 0.5},
                       {5, [](layers::Sequential& end) { end.add<layers::ReLU>(); }},
                       {3}}});
  expect_golden(net, "ffnn");
  const Tensor x = arange(0, 24, 1, {.dtype = DType::kF32});
  EXPECT_EQ(net(x.reshape({2, 1, 3, 4})).value().to_vector<float>(),
            net(x.reshape({2, 12})).value().to_vector<float>());
}

TEST(FfnnTest, InitializesByAScheme) {
  const Ffnn net({.inputs = 5, .layers = {{4}}, .init = init::Scheme::kZeros});
  EXPECT_EQ(net.parameters()[0].value().to_vector<float>(), std::vector<float>(20, 0));
}

TEST(FfnnTest, BadOptions) {
  EXPECT_THROW(Ffnn({.inputs = 3}), ValueError);
  EXPECT_THROW(Ffnn({.inputs = 0, .layers = {{2}}}), ValueError);
  EXPECT_THROW(Ffnn({.inputs = 3, .layers = {{0}}}), ValueError);
  EXPECT_THROW(Ffnn({.inputs = 3, .layers = {{2, {}, 1.5}}}), ValueError);
}

TEST(ResidualMlpTest, AgreesWithPyTorch) {
  ResidualMlp net({.sizes = {12, 9, 9, 5, 3}});
  expect_golden(net, "residual_mlp");
  EXPECT_EQ(net.blocks[1].named_children().size(), 4u);  // no shortcut where sizes are equal
  EXPECT_EQ(to_string(net(zeros({2, 1, 3, 4})).shape()), "[2,3]");
}

TEST(ResidualMlpTest, BadOptions) {
  EXPECT_THROW(ResidualMlp({.sizes = {}}), ValueError);
  EXPECT_THROW(ResidualMlp({.sizes = {3}}), ValueError);
  EXPECT_THROW(ResidualMlp({.sizes = {3, 0, 2}}), ValueError);
}

// Every model also works inside another module, under its name.
TEST(ModelsTest, AreModulesLikeAnyOther) {
  layers::Sequential net;
  net.add_named<SmallCnn>("cnn", {.classes = 6});
  net.add_named<Mlp>("mlp", {.sizes = {6, 4, 2}});
  EXPECT_EQ(net.named_parameters().front().first, "cnn.conv1.weight");
  EXPECT_EQ(net.named_parameters().back().first, "mlp.2.bias");
  EXPECT_EQ(to_string(net(zeros({3, 1, 8, 8})).shape()), "[3,2]");
}

// The example of the README.
TEST(ModelsTest, ReadmeExample) {
  models::LeNet net({.in_channels = 1, .image = 28, .padding = 2});
  autograd::Variable logits = net(rand({64, 1, 28, 28}));
  models::Features features(net, {"fc2"});
  std::vector<autograd::Variable> f = features(rand({64, 1, 28, 28}));
  EXPECT_EQ(to_string(logits.shape()), "[64,10]");
  EXPECT_EQ(to_string(f[0].shape()), "[64,84]");
  EXPECT_NE(net.summary().find("61,706 parameters"), std::string::npos) << net.summary();
}

TEST(ModelsTest, ReadmeShowsThisExample) {
  tenon::testing::expect_examples_shown("models/README.md", "models/models_test.cc");
}

}  // namespace
}  // namespace tenon::models

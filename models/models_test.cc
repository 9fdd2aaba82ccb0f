// Logits, loss, gradients and state dicts against PyTorch's equivalents
// (models/testdata/make_models.py).

#include "models/models.h"

#include <cmath>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "autograd/ops.h"
#include "gtest/gtest.h"
#include "layers/loss.h"

namespace tenon::models {
namespace {

using layers::Module;
using layers::Variable;

struct Gradient {
  std::string name;
  Shape shape;
  double norm = 0;
  std::vector<double> sample;
};

struct Golden {
  Shape images;
  std::vector<double> logits;
  double loss = 0;
  std::vector<Gradient> gradients;
};

/// Reads "3x1x28x28".
Shape read_shape(std::istream& in) {
  std::string text;
  in >> text;
  Shape shape;
  std::istringstream sizes(text);
  for (std::string size; std::getline(sizes, size, 'x');) shape.push_back(std::stoll(size));
  return shape;
}

std::vector<double> read_numbers(std::istream& in) {
  std::vector<double> numbers;
  for (double number; in >> number;) numbers.push_back(number);
  return numbers;
}

void read_line(std::istringstream& in, std::map<std::string, Golden>& all, Golden*& current) {
  std::string kind;
  std::string name;
  in >> kind;
  if (kind == "case") {
    in >> name;
    current = &all[name];
    current->images = read_shape(in);
  } else if (kind == "logits") {
    current->logits = read_numbers(in);
  } else if (kind == "loss") {
    in >> current->loss;
  } else {
    Gradient gradient;
    in >> gradient.name;
    gradient.shape = read_shape(in);
    in >> gradient.norm;
    gradient.sample = read_numbers(in);
    current->gradients.push_back(gradient);
  }
}

const Golden& golden(const std::string& name) {
  static const std::map<std::string, Golden> kAll = [] {
    std::map<std::string, Golden> all;
    Golden* current = nullptr;
    std::ifstream in("models/testdata/models.txt");
    for (std::string line; std::getline(in, line);) {
      std::istringstream words(line);
      read_line(words, all, current);
    }
    return all;
  }();
  return kAll.at(name);
}

template <class F>
Tensor tensor_of(const Shape& shape, const F& element) {
  std::vector<float> values(static_cast<std::size_t>(numel(shape)));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(element(static_cast<double>(i)));
  }
  return from_vector(values, shape);
}

void set_parameters(const Module& net) {
  int number = 0;
  for (const Variable& parameter : net.parameters()) {
    parameter.value().copy_(
        tensor_of(parameter.shape(), [&](double i) { return 0.15 * std::sin(0.7 * i + number); }));
    ++number;
  }
}

Tensor labels_for(const Variable& logits) {
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < logits.size(0); ++i) labels.push_back(i % logits.size(1));
  return from_vector(labels);
}

void expect_gradient(const Variable& parameter, const Gradient& expected) {
  EXPECT_EQ(to_string(parameter.shape()), to_string(expected.shape)) << expected.name;
  const auto got = parameter.grad().value().to_vector<float>();
  double squares = 0;
  for (float g : got) squares += static_cast<double>(g) * g;
  EXPECT_NEAR(std::sqrt(squares), expected.norm, 1e-5 * expected.norm) << expected.name;
  const std::size_t stride = std::max<std::size_t>(1, got.size() / 7);
  for (std::size_t i = 0; i < expected.sample.size(); ++i) {
    EXPECT_NEAR(got[i * stride], expected.sample[i], 1e-5 * expected.norm)
        << expected.name << " at " << i * stride;
  }
}

/// PyTorch in f32 is up to 7e-6 away from PyTorch in double precision on these networks.
constexpr double kTolerance = 2e-5;

void expect_golden(Module& net, const std::string& name) {
  const Golden& expected = golden(name);
  net.eval();
  set_parameters(net);
  const Variable images = tensor_of(expected.images, [](double i) { return std::cos(0.3 * i); });
  const Variable logits = net(images);
  const auto got = logits.value().to_vector<float>();
  ASSERT_EQ(got.size(), expected.logits.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_NEAR(got[i], expected.logits[i], kTolerance) << i;
  const Variable loss = layers::cross_entropy(logits, labels_for(logits));
  EXPECT_NEAR(loss.item<double>(), expected.loss, kTolerance);
  loss.backward();
  const layers::NamedVariables parameters = net.named_parameters();
  ASSERT_EQ(parameters.size(), expected.gradients.size());
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    EXPECT_EQ(parameters[i].first, expected.gradients[i].name);
    expect_gradient(parameters[i].second, expected.gradients[i]);
  }
}

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
  EXPECT_EQ(to_string(logits.shape()), "[64,10]");
  EXPECT_NE(net.summary().find("61,706 parameters"), std::string::npos) << net.summary();
}

}  // namespace
}  // namespace tenon::models

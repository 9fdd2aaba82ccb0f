#include "models/internal/golden.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "autograd/ops.h"
#include "gtest/gtest.h"
#include "layers/loss.h"

namespace tenon::models::internal {
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
  for (const auto& [name, parameter] : net.named_parameters()) {
    const bool is_scale = parameter.ndim() == 1 && name.ends_with("weight");
    const auto fan_in = static_cast<double>(parameter.numel() / parameter.size(0));
    const double size = parameter.ndim() > 1 ? std::sqrt(6 / fan_in) : 0.15;
    parameter.value().copy_(tensor_of(parameter.shape(), [&](double i) {
      const double wave = 43758.5453 * std::sin(0.7 * i + number) + 65536;
      return size * (2 * (wave - std::floor(wave)) - 1) + (is_scale ? 0.3 : 0);
    }));
    ++number;
  }
}

Tensor input_of(const Shape& shape) {
  const Tensor x = tensor_of(shape, [](double i) { return std::cos(0.3 * i); });
  if (shape != Shape{8, 6}) return x;
  // Rows of a table: four numbers and two categories.
  for (const int column : {4, 5}) {
    x.select(1, column).copy_(
        tensor_of({8}, [&](double row) { return std::fmod(row + column, 4.0); }));
  }
  return x;
}

Tensor labels_for(const Variable& logits) {
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < logits.size(0); ++i) labels.push_back(i % logits.size(1));
  return from_vector(labels);
}

void expect_gradient(const Variable& parameter, const Gradient& expected, double tolerance) {
  EXPECT_EQ(to_string(parameter.shape()), to_string(expected.shape)) << expected.name;
  const auto got = parameter.grad().value().to_vector<float>();
  double squares = 0;
  for (float g : got) squares += static_cast<double>(g) * g;
  const double allowed = tolerance * expected.norm;
  EXPECT_NEAR(std::sqrt(squares), expected.norm, allowed) << expected.name;
  const std::size_t stride = std::max<std::size_t>(1, got.size() / 7);
  for (std::size_t i = 0; i < expected.sample.size(); ++i) {
    EXPECT_NEAR(got[i * stride], expected.sample[i], allowed)
        << expected.name << " at " << i * stride;
  }
}

void expect_logits(const Tensor& logits, const std::vector<double>& expected, double tolerance) {
  const auto got = logits.to_vector<float>();
  ASSERT_EQ(got.size(), expected.size());
  double largest = 1;
  for (const double value : expected) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_NEAR(got[i], expected[i], tolerance * largest) << i;
  }
}

}  // namespace

void expect_golden(Module& net, const std::string& name, double tolerance) {
  const Golden& expected = golden(name);
  net.eval();
  set_parameters(net);
  const Variable output = net(input_of(expected.images));
  const Variable logits = output.ndim() == 4 ? autograd::mean(output, {2, 3}) : output;
  expect_logits(logits.value(), expected.logits, tolerance);
  const Variable loss = layers::cross_entropy(logits, labels_for(logits));
  EXPECT_NEAR(loss.item<double>(), expected.loss, tolerance);
  loss.backward();
  const layers::NamedVariables parameters = net.named_parameters();
  ASSERT_EQ(parameters.size(), expected.gradients.size());
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    EXPECT_EQ(parameters[i].first, expected.gradients[i].name);
    expect_gradient(parameters[i].second, expected.gradients[i], tolerance);
  }
}

}  // namespace tenon::models::internal

#include "autograd/testing/fixtures.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "gtest/gtest.h"

namespace tenon::autograd::testing {
namespace {

Shape parse_shape(const std::string& text) {
  Shape shape;
  std::istringstream sizes(text == "-" ? "" : text);
  for (std::string size; std::getline(sizes, size, ',');) shape.push_back(std::stoll(size));
  return shape;
}

std::map<std::string, Fixture> read_fixtures(const std::string& path) {
  std::map<std::string, Fixture> fixtures;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string expression, kind, name, sizes;
    words >> expression >> kind >> name >> sizes;
    std::vector<double> values;
    for (double value; words >> value;) values.push_back(value);
    Fixture& fixture = fixtures[expression];
    const Tensor tensor = from_vector(values, parse_shape(sizes));
    if (kind == "input") fixture.inputs[name] = tensor;
    if (kind == "index") fixture.indices[name] = tensor.to(DType::kI64);
    if (kind == "grad") fixture.grads[name] = tensor;
    if (kind == "value") fixture.value = tensor;
  }
  return fixtures;
}

/// Largest |got - wanted| / max(1, |wanted|).
double error(const Tensor& got, const Tensor& wanted) {
  EXPECT_EQ(got.shape(), wanted.shape());
  const auto g = got.to(DType::kF64).to_vector<double>(), w = wanted.to_vector<double>();
  double largest = 0;
  for (std::size_t i = 0; i < std::min(g.size(), w.size()); ++i) {
    const double e = std::abs(g[i] - w[i]) / std::max(1.0, std::abs(w[i]));
    largest = e > largest || std::isnan(e) ? e : largest;
  }
  return largest;
}

void compare(const Fixture& fixture, Variable (*expression)(const In&), DType dtype,
             double tolerance) {
  const In in(fixture, dtype);
  const Variable result = expression(in);
  EXPECT_LE(error(result.value(), fixture.value), tolerance) << "value";
  result.backward(ones_like(result.value()));
  for (const auto& [input, grad] : fixture.grads) {
    ASSERT_TRUE(in[input].grad().defined()) << input;
    EXPECT_LE(error(in[input].grad().value(), grad), tolerance) << "gradient of " << input;
  }
}

}  // namespace

In::In(const Fixture& fixture, DType dtype) : fixture_(fixture) {
  for (const auto& [name, value] : fixture.inputs) {
    variables_.emplace(name, Variable(value.to(dtype).clone(), true));
  }
}

void expect_fixtures(const std::string& path, const Expressions& expressions, DType dtype,
                     double tolerance) {
  const std::map<std::string, Fixture> fixtures = read_fixtures(path);
  std::set<std::string> here, there;
  for (const auto& expression : expressions) here.insert(expression.first);
  for (const auto& fixture : fixtures) there.insert(fixture.first);
  ASSERT_EQ(here, there);
  for (const auto& [name, expression] : expressions) {
    SCOPED_TRACE(name);
    compare(fixtures.at(name), expression, dtype, tolerance);
  }
}

}  // namespace tenon::autograd::testing

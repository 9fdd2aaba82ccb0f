#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <utility>

#include "autograd/ops.h"
#include "autograd/testing/reference.h"
#include "autograd/testing/rows.h"

namespace tenon::autograd::testing::rows {
namespace {

using Function = std::function<Variable(const Variable&)>;
using Reference = std::function<double(double)>;

void add_sample(OpRow& row, std::string name, const Shape& shape, const Function& op,
                const Reference& reference, double reach = 4) {
  row.samples.push_back({.name = std::move(name),
                         .inputs = {values(shape, -reach, reach)},
                         .call = [op](Inputs x) { return op(x[0]); },
                         .reference = [reference](Values x) { return map(x[0], reference); },
                         .differentiable = numel(shape) < 1000});
}

OpRow activation(const Function& op, const Reference& reference) {
  OpRow row{.name = {},
            .dtypes = floating(),
            .samples = {},
            .bad = {{.name = "integers",
                     .call = [op] { op(zeros({2}, {.dtype = DType::kI64})); },
                     .error = Throws::kDTypeError,
                     .message = {"floating", "i64", "[2]"}},
                    {.name = "undefined argument",
                     .call = [op] { op(Variable()); },
                     .error = Throws::kValueError,
                     .message = {"undefined"}}},
            .tolerance = 1};
  add_sample(row, "2-d", {3, 5}, op, reference);
  add_sample(row, "4-d", {2, 3, 2, 2}, op, reference);
  add_sample(row, "0-d", {}, op, reference);
  add_sample(row, "empty", {3, 0}, op, reference);
  add_sample(row, "wide", {8, 5}, op, reference, 12);
  add_sample(row, "large", kLarge, op, reference, 12);
  return row;
}

BadInput bad_value(std::string name, std::function<void()> call, std::string part) {
  return {.name = std::move(name),
          .call = std::move(call),
          .error = Throws::kValueError,
          .message = {std::move(part)}};
}

double elu_of(double x, double alpha) { return x > 0 ? x : alpha * std::expm1(x); }
double softplus_of(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
double sigmoid_of(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

OpRow leaky_relu() {
  OpRow row = activation([](const Variable& x) { return autograd::leaky_relu(x); },
                         [](double x) { return x > 0 ? x : 0.01 * x; });
  add_sample(
      row, "slope", {3, 5}, [](const Variable& x) { return autograd::leaky_relu(x, 0.25); },
      [](double x) { return x > 0 ? x : 0.25 * x; });
  return row;
}

OpRow elu() {
  OpRow row = activation([](const Variable& x) { return autograd::elu(x); },
                         [](double x) { return elu_of(x, 1); });
  add_sample(
      row, "alpha", {3, 5}, [](const Variable& x) { return autograd::elu(x, 1.5); },
      [](double x) { return elu_of(x, 1.5); });
  return row;
}

OpRow celu() {
  OpRow row = activation([](const Variable& x) { return autograd::celu(x); },
                         [](double x) { return elu_of(x, 1); });
  add_sample(
      row, "alpha", {3, 5}, [](const Variable& x) { return autograd::celu(x, 2); },
      [](double x) { return x > 0 ? x : 2 * std::expm1(x / 2); });
  row.bad.push_back(bad_value(
      "alpha 0", [] { autograd::celu(zeros({2}), 0); }, "alpha"));
  for (const Shape& shape : {Shape({3, 5}), Shape({})}) {
    row.samples.push_back({.name = shape.empty() ? "trained alpha, 0-d" : "trained alpha",
                           .inputs = {values(shape, -4, 4, 1), values({1}, 0.5, 2, 2)},
                           .call = [](Inputs in) { return autograd::celu(in[0], in[1]); },
                           .reference =
                               [](Values in) {
                                 const double alpha = Array(in[1]).values[0];
                                 return map(in[0], [=](double x) {
                                   return x > 0 ? x : alpha * std::expm1(x / alpha);
                                 });
                               }});
  }
  row.bad.push_back({.name = "two alphas",
                     .call =
                         [] {
                           autograd::celu(zeros({3, 2}), ones({2}));
                         },
                     .error = Throws::kShapeError,
                     .message = {"one alpha", "[2]"}});
  return row;
}

OpRow selu() {
  return activation(autograd::selu, [](double x) {
    return 1.0507009873554804934193349852946 * elu_of(x, 1.6732632423543772848170429916717);
  });
}

OpRow gelu() {
  return activation(autograd::gelu,
                    [](double x) { return 0.5 * x * std::erfc(-x / std::numbers::sqrt2); });
}

OpRow gelu_tanh() {
  return activation(autograd::gelu_tanh, [](double x) {
    return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
  });
}

OpRow silu() {
  return activation(autograd::silu, [](double x) { return x * sigmoid_of(x); });
}

OpRow softplus() {
  OpRow row = activation([](const Variable& x) { return autograd::softplus(x); }, softplus_of);
  add_sample(
      row, "beta and threshold", {6, 5},
      [](const Variable& x) { return autograd::softplus(x, 0.5, 1.5); },
      [](double x) { return x > 3 ? x : 2 * softplus_of(x / 2); });
  row.bad.push_back(bad_value(
      "beta 0", [] { autograd::softplus(zeros({2}), 0); }, "beta"));
  return row;
}

OpRow mish() {
  return activation(autograd::mish, [](double x) { return x * std::tanh(softplus_of(x)); });
}

OpRow log_sigmoid() {
  return activation(autograd::log_sigmoid, [](double x) { return -softplus_of(-x); });
}

OpRow clamp() {
  OpRow row = activation([](const Variable& x) { return autograd::clamp(x, -2.5, 1.5); },
                         [](double x) { return std::clamp(x, -2.5, 1.5); });
  row.bad.erase(row.bad.begin());  // integers are welcome
  add_sample(
      row, "from below", {3, 5}, [](const Variable& x) { return autograd::clamp(x, 1); },
      [](double x) { return std::max(x, 1.0); });
  row.bad.push_back(bad_value(
      "no number", [] { autograd::clamp(zeros({2}), NAN); }, "nan"));
  row.bad.push_back({.name = "bool",
                     .call = [] { autograd::clamp(zeros({2}, {.dtype = DType::kBool}), 0, 1); },
                     .error = Throws::kDTypeError,
                     .message = {"bool"}});
  return row;
}

OpRow hardtanh() {
  OpRow row = activation([](const Variable& x) { return autograd::hardtanh(x); },
                         [](double x) { return std::clamp(x, -1.0, 1.0); });
  add_sample(
      row, "range", {3, 5}, [](const Variable& x) { return autograd::hardtanh(x, 0, 3); },
      [](double x) { return std::clamp(x, 0.0, 3.0); });
  row.bad.push_back(bad_value(
      "bounds in the wrong order", [] { autograd::hardtanh(zeros({2}), 1, 1); }, "low below high"));
  return row;
}

OpRow hardsigmoid() {
  return activation(autograd::hardsigmoid,
                    [](double x) { return std::clamp(x / 6 + 0.5, 0.0, 1.0); });
}

OpRow hardswish() {
  return activation(autograd::hardswish,
                    [](double x) { return x * std::clamp(x / 6 + 0.5, 0.0, 1.0); });
}

OpRow prelu() {
  const auto sample = [](std::string name, const Shape& x, const Shape& weight) -> Sample {
    return {.name = std::move(name),
            .inputs = {values(x, -4, 4, 1), values(weight, -1, 1, 2)},
            .call = [](Inputs in) { return autograd::prelu(in[0], in[1]); },
            .reference =
                [](Values in) {
                  const Array slopes(in[1]);
                  Array y(in[0]);
                  for_each_index(y.shape, [&](const Dims& i) {
                    const bool one = slopes.values.size() == 1;
                    const double slope = slopes.values[one ? 0 : static_cast<std::size_t>(i[1])];
                    double& v = y.at(i);
                    v = v > 0 ? v : slope * v;
                  });
                  return y.tensor();
                }};
  };
  return {.name = {},
          .dtypes = floating(),
          .samples = {sample("images", {2, 3, 2, 2}, {3}), sample("rows", {4, 3}, {3}),
                      sample("one slope", {4, 3}, {1}), sample("0-d slope", {5}, {}),
                      sample("0-d", {}, {1}), sample("empty", {0, 3}, {3})},
          .bad = {{.name = "a wrong number of slopes",
                   .call =
                       [] {
                         autograd::prelu(zeros({2, 3, 4}), zeros({4}));
                       },
                   .error = Throws::kShapeError,
                   .message = {"weight", "[3]", "[4]"}},
                  {.name = "another dtype",
                   .call =
                       [] {
                         autograd::prelu(zeros({2, 3}), zeros({3}, {.dtype = DType::kF64}));
                       },
                   .error = Throws::kDTypeError,
                   .message = {"weight", "f64"}}},
          .tolerance = 1};
}

OpRow maxout() {
  const auto sample = [](std::string name, const Shape& shape, int pieces, int dim) -> Sample {
    return {.name = std::move(name),
            .inputs = {values(shape, -5, 5)},
            .call = [=](Inputs x) { return autograd::maxout(x[0], pieces, dim); },
            .reference =
                [=](Values x) {
                  const Array source(x[0]);
                  const int along = dim < 0 ? dim + source.shape.size() : dim;
                  Shape shape = source.shape;
                  shape[along] /= pieces;
                  Array result(shape);
                  for_each_index(shape, [&](const Dims& i) {
                    Dims at = i;
                    double& y = result.at(i);
                    y = -INFINITY;
                    for (int piece = 0; piece < pieces; ++piece) {
                      at[along] = i[along] * pieces + piece;
                      y = std::max(y, source.at(at));
                    }
                  });
                  return result.tensor();
                }};
  };
  return {.name = {},
          .dtypes = numeric(),
          .samples = {sample("rows", {3, 6}, 2, 1), sample("images", {2, 6, 2, 3}, 3, 1),
                      sample("columns", {4, 3}, 4, -2), sample("empty", {0, 4}, 2, 1)},
          .bad = {{.name = "pieces that do not divide",
                   .call =
                       [] {
                         autograd::maxout(zeros({3, 5}), 2);
                       },
                   .error = Throws::kShapeError,
                   .message = {"[3,5]", "2"}},
                  {.name = "no pieces",
                   .call =
                       [] {
                         autograd::maxout(zeros({3, 5}), 0);
                       },
                   .error = Throws::kValueError,
                   .message = {"pieces"}},
                  {.name = "dim out of range",
                   .call = [] { autograd::maxout(zeros({3}), 1, 1); },
                   .error = Throws::kIndexError,
                   .message = {"1"}}},
          .tolerance = 1};
}

}  // namespace tenon::autograd::testing::rows

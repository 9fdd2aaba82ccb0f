#include <algorithm>
#include <cmath>
#include <utility>

#include "autograd/ops.h"
#include "autograd/testing/reference.h"
#include "autograd/testing/rows.h"

namespace tenon::autograd::testing::rows {
namespace {

using Binary = Variable (*)(const Variable&, const Variable&);
using BinaryReference = double (*)(double, double);

/// Bounds of both arguments.
struct Domain {
  double a_low = -3, a_high = 3;
  double b_low = -3, b_high = 3;
};

Sample pair(std::string name, const Shape& a, const Shape& b, Binary op, BinaryReference reference,
            Domain domain) {
  return {.name = std::move(name),
          .inputs = {values(a, domain.a_low, domain.a_high, 1),
                     values(b, domain.b_low, domain.b_high, 2)},
          .call = [op](Inputs x) { return op(x[0], x[1]); },
          .reference = [reference](Values x) { return map2(x[0], x[1], reference); }};
}

OpRow binary(Binary op, BinaryReference reference, std::vector<DType> dtypes, Domain domain = {}) {
  const auto sample = [&](std::string name, const Shape& a, const Shape& b) {
    return pair(std::move(name), a, b, op, reference, domain);
  };
  Sample large = sample("large", kLarge, kLarge);
  large.differentiable = false;
  return {.name = {},
          .dtypes = std::move(dtypes),
          .samples = {sample("same shape", {3, 4}, {3, 4}), sample("row", {3, 4}, {4}),
                      sample("column", {3, 1}, {3, 4}), sample("both", {2, 1, 3}, {4, 1}),
                      sample("0-d", {}, {}), sample("0-d with 2-d", {}, {2, 3}),
                      sample("empty", {0, 3}, {1, 3}),
                      sample("seven dimensions", {1, 2, 1, 2, 1, 2, 2}, {2, 1, 1, 1, 2, 1, 2}),
                      std::move(large)},
          .bad = {{.name = "shapes that do not broadcast",
                   .call =
                       [op] {
                         op(zeros({2, 3}), zeros({4, 3}));
                       },
                   .error = Throws::kShapeError,
                   .message = {"[2,3]", "[4,3]"}},
                  {.name = "undefined argument",
                   .call =
                       [op] {
                         op(zeros({2, 3}), Variable());
                       },
                   .error = Throws::kValueError,
                   .message = {"b", "undefined"}}},
          .tolerance = 1};
}

Sample with_number(std::string name, std::function<Variable(const Variable&)> op,
                   std::function<double(double)> reference, double low = -3, double high = 3) {
  return {
      .name = std::move(name),
      .inputs = {values({3, 4}, low, high)},
      .call = [op = std::move(op)](Inputs x) { return op(x[0]); },
      .reference = [reference = std::move(reference)](Values x) { return map(x[0], reference); }};
}

BadInput integers(Binary op) {
  return {.name = "integers",
          .call = [op] { op(zeros({2}, {.dtype = DType::kI64}), zeros({2})); },
          .error = Throws::kDTypeError,
          .message = {"i64"}};
}

/// A quotient's whole part, or what is left beside it.
OpRow division(Binary op, std::function<Variable(const Variable&)> by_number,
               BinaryReference reference) {
  const Domain domain{.a_low = -9, .a_high = 9, .b_low = 1, .b_high = 4};
  OpRow row = binary(op, reference, numeric(), domain);
  row.samples.push_back(pair("negative divisor", {3, 4}, {3, 4}, op, reference,
                             {.a_low = -9, .a_high = 9, .b_low = -4, .b_high = -1}));
  row.samples.push_back(with_number("number", std::move(by_number),
                                    [reference](double x) { return reference(x, 2.5); }));
  row.bad.push_back({.name = "integers by zero",
                     .call =
                         [op] {
                           const TensorOptions whole{.dtype = DType::kI64};
                           op(ones({2}, whole), zeros({2}, whole));
                         },
                     .error = Throws::kValueError,
                     .message = {"b without zeros"}});
  row.bad.push_back({.name = "bool",
                     .call =
                         [op] {
                           const TensorOptions truth{.dtype = DType::kBool};
                           op(ones({2}, truth), ones({2}, truth));
                         },
                     .error = Throws::kDTypeError,
                     .message = {"bool"}});
  return row;
}

}  // namespace

OpRow add() {
  OpRow row = binary(
      autograd::add, [](double a, double b) { return a + b; }, numeric());
  row.samples.push_back(with_number(
      "number", [](const Variable& x) { return x + 2; }, [](double x) { return x + 2; }));
  return row;
}

OpRow sub() {
  OpRow row = binary(
      autograd::sub, [](double a, double b) { return a - b; }, numeric());
  row.samples.push_back(with_number(
      "minus a number", [](const Variable& x) { return x - 2; }, [](double x) { return x - 2; }));
  row.samples.push_back(with_number(
      "from a number", [](const Variable& x) { return 2 - x; }, [](double x) { return 2 - x; }));
  return row;
}

OpRow mul() {
  OpRow row = binary(
      autograd::mul, [](double a, double b) { return a * b; }, numeric());
  row.samples.push_back(with_number(
      "number", [](const Variable& x) { return x * 3; }, [](double x) { return x * 3; }));
  return row;
}

OpRow div() {
  OpRow row = binary(autograd::div, [](double a, double b) { return a / b; }, numeric(),
                     {.b_low = 1, .b_high = 4});
  row.samples.push_back(with_number(
      "by a number", [](const Variable& x) { return x / 4; }, [](double x) { return x / 4; }));
  row.samples.push_back(with_number(
      "a number", [](const Variable& x) { return 4 / x; }, [](double x) { return 4 / x; }, 1, 4));
  return row;
}

OpRow pow() {
  OpRow row = binary(autograd::pow, [](double a, double b) { return std::pow(a, b); }, floating(),
                     {.a_low = 0.5, .a_high = 2, .b_low = -2, .b_high = 2});
  for (const double exponent : {0.0, 0.5, 1.0, 2.0, 3.0, -1.0}) {
    row.samples.push_back(with_number(
        "to the " + std::to_string(exponent),
        [exponent](const Variable& x) { return autograd::pow(x, exponent); },
        [exponent](double x) { return std::pow(x, exponent); }, 0.5, 2));
  }
  row.bad.push_back(integers(autograd::pow));
  // exp(b log a) in f32 loses a bit or two to the size of the exponent.
  row.tolerance = 4;
  return row;
}

OpRow maximum() {
  OpRow row = binary(
      autograd::maximum, [](double a, double b) { return std::max(a, b); }, numeric());
  row.samples.push_back(with_number(
      "number", [](const Variable& x) { return autograd::maximum(x, 1); },
      [](double x) { return std::max(x, 1.0); }));
  return row;
}

OpRow minimum() {
  OpRow row = binary(
      autograd::minimum, [](double a, double b) { return std::min(a, b); }, numeric());
  row.samples.push_back(with_number(
      "number", [](const Variable& x) { return autograd::minimum(x, 1); },
      [](double x) { return std::min(x, 1.0); }));
  return row;
}

OpRow atan2() {
  OpRow row = binary(autograd::atan2, [](double a, double b) { return std::atan2(a, b); },
                     numeric(), {.b_low = 0.5});
  row.samples.push_back(pair("to the left", {3, 4}, {3, 4}, autograd::atan2,
                             [](double a, double b) { return std::atan2(a, b); },
                             {.a_low = 1, .b_high = -0.5}));
  return row;
}

OpRow fmod() {
  return division(
      autograd::fmod, [](const Variable& x) { return autograd::fmod(x, 2.5); },
      [](double a, double b) { return std::fmod(a, b); });
}

OpRow remainder() {
  return division(
      autograd::remainder, [](const Variable& x) { return autograd::remainder(x, 2.5); },
      [](double a, double b) { return a - std::floor(a / b) * b; });
}

OpRow floor_divide() {
  return division(
      autograd::floor_divide, [](const Variable& x) { return autograd::floor_divide(x, 2.5); },
      [](double a, double b) { return std::floor(a / b); });
}

OpRow where() {
  const auto sample = [](std::string name, const Shape& condition, const Shape& a,
                         const Shape& b) -> Sample {
    const Tensor chosen = tenon::gt(values(condition, -1, 1, 3), 0);
    return {.name = std::move(name),
            .inputs = {values(a, -3, 3, 1), values(b, -3, 3, 2)},
            .call = [chosen](Inputs x) { return autograd::where(beside(chosen, x), x[0], x[1]); },
            .reference =
                [chosen](Values x) {
                  const Array c(chosen), a(x[0]), b(x[1]);
                  Array result(
                      broadcast_shapes(broadcast_shapes(chosen.shape(), x[0].shape(), "reference"),
                                       x[1].shape(), "reference"));
                  for_each_index(result.shape, [&](const Dims& i) {
                    result.at(i) = c.at(i) != 0 ? a.at(i) : b.at(i);
                  });
                  return result.tensor();
                }};
  };
  return {
      .name = {},
      .dtypes = numeric(),
      .samples = {sample("same shape", {3, 4}, {3, 4}, {3, 4}),
                  sample("broadcast", {3, 1}, {4}, {3, 4}), sample("0-d", {}, {}, {}),
                  sample("wider condition", {3, 4}, {}, {1}), sample("empty", {0, 3}, {0, 3}, {3})},
      .bad = {{.name = "condition that is not bool",
               .call = [] { autograd::where(zeros({2}), zeros({2}), zeros({2})); },
               .error = Throws::kDTypeError,
               .message = {"condition", "bool", "f32"}},
              {.name = "shapes that do not broadcast",
               .call =
                   [] {
                     autograd::where(zeros({2}, {.dtype = DType::kBool}), zeros({2}), zeros({3}));
                   },
               .error = Throws::kShapeError,
               .message = {"[2]", "[3]"}}},
      .tolerance = 1};
}

}  // namespace tenon::autograd::testing::rows

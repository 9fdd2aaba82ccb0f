#include <cmath>
#include <utility>

#include "autograd/ops.h"
#include "autograd/testing/reference.h"
#include "autograd/testing/rows.h"

namespace tenon::autograd::testing::rows {
namespace {

using Unary = Variable (*)(const Variable&);
using UnaryReference = double (*)(double);

struct Domain {
  double low = -3;
  double high = 3;
};

Sample sample(std::string name, const Shape& shape, Unary op, UnaryReference reference,
              Domain domain) {
  return {.name = std::move(name),
          .inputs = {values(shape, domain.low, domain.high)},
          .call = [op](Inputs x) { return op(x[0]); },
          .reference = [reference](Values x) { return map(x[0], reference); }};
}

OpRow any_number(Unary op, UnaryReference reference, Domain domain = {}) {
  OpRow row{.name = {},
            .dtypes = numeric(),
            .samples = {sample("2-d", {3, 5}, op, reference, domain),
                        sample("4-d", {2, 3, 2, 2}, op, reference, domain),
                        sample("0-d", {}, op, reference, domain),
                        sample("empty", {3, 0}, op, reference, domain),
                        sample("large", kLarge, op, reference, domain)},
            .bad = {{.name = "undefined argument",
                     .call = [op] { op(Variable()); },
                     .error = Throws::kValueError,
                     .message = {"undefined"}}},
            .tolerance = 1};
  row.samples.back().differentiable = false;
  return row;
}

OpRow floating_only(Unary op, UnaryReference reference, Domain domain = {}) {
  OpRow row = any_number(op, reference, domain);
  row.dtypes = floating();
  row.bad.push_back({.name = "integers",
                     .call = [op] { op(zeros({2}, {.dtype = DType::kI64})); },
                     .error = Throws::kDTypeError,
                     .message = {"floating", "i64", "[2]"}});
  return row;
}

}  // namespace

OpRow neg() {
  return any_number(autograd::neg, [](double x) { return -x; });
}
OpRow abs() {
  return any_number(autograd::abs, [](double x) { return std::abs(x); });
}
OpRow square() {
  return any_number(autograd::square, [](double x) { return x * x; });
}
OpRow sqrt() {
  return floating_only(autograd::sqrt, [](double x) { return std::sqrt(x); }, {0.25, 4});
}
OpRow rsqrt() {
  return floating_only(autograd::rsqrt, [](double x) { return 1 / std::sqrt(x); }, {0.25, 4});
}
OpRow reciprocal() {
  return floating_only(autograd::reciprocal, [](double x) { return 1 / x; }, {0.25, 4});
}
OpRow exp() {
  return floating_only(autograd::exp, [](double x) { return std::exp(x); });
}
OpRow expm1() {
  return floating_only(autograd::expm1, [](double x) { return std::expm1(x); });
}
OpRow log() {
  return floating_only(autograd::log, [](double x) { return std::log(x); }, {0.25, 4});
}
OpRow log1p() {
  return floating_only(autograd::log1p, [](double x) { return std::log1p(x); }, {-0.5, 3});
}
OpRow sin() {
  return floating_only(autograd::sin, [](double x) { return std::sin(x); });
}
OpRow cos() {
  return floating_only(autograd::cos, [](double x) { return std::cos(x); });
}
OpRow tan() {
  return floating_only(autograd::tan, [](double x) { return std::tan(x); }, {-1.25, 1.25});
}
OpRow asin() {
  return floating_only(autograd::asin, [](double x) { return std::asin(x); }, {-0.9, 0.9});
}
OpRow acos() {
  return floating_only(autograd::acos, [](double x) { return std::acos(x); }, {-0.9, 0.9});
}
OpRow atan() {
  return floating_only(autograd::atan, [](double x) { return std::atan(x); });
}
OpRow sinh() {
  return floating_only(autograd::sinh, [](double x) { return std::sinh(x); });
}
OpRow cosh() {
  return floating_only(autograd::cosh, [](double x) { return std::cosh(x); });
}
OpRow floor() {
  return floating_only(autograd::floor, [](double x) { return std::floor(x); });
}
OpRow ceil() {
  return floating_only(autograd::ceil, [](double x) { return std::ceil(x); });
}
OpRow round() {
  return floating_only(autograd::round, [](double x) { return std::nearbyint(x); });
}
OpRow trunc() {
  return floating_only(autograd::trunc, [](double x) { return std::trunc(x); });
}
OpRow frac() {
  return floating_only(autograd::frac, [](double x) { return x - std::trunc(x); });
}
OpRow tanh() {
  return floating_only(autograd::tanh, [](double x) { return std::tanh(x); });
}
OpRow erf() {
  return floating_only(autograd::erf, [](double x) { return std::erf(x); });
}
OpRow sigmoid() {
  return floating_only(autograd::sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); });
}
OpRow relu() {
  return floating_only(autograd::relu, [](double x) { return x > 0 ? x : 0; });
}

OpRow relu_grad() {
  const auto sample = [](std::string name, const Shape& shape) -> Sample {
    return {.name = std::move(name),
            .inputs = {values(shape, -3, 3, 1), values(shape, -1, 1, 2)},
            .call = [](Inputs x) { return autograd::relu_grad(x[0], x[1]); },
            .reference =
                [](Values x) {
                  return map2(x[0], x[1], [](double grad, double y) { return y > 0 ? grad : 0; });
                }};
  };
  return {.name = {},
          .dtypes = floating(),
          .samples = {sample("2-d", {3, 5}), sample("0-d", {}), sample("empty", {0, 2})},
          .bad = {{.name = "different shapes",
                   .call =
                       [] {
                         autograd::relu_grad(zeros({2, 3}), zeros({3}));
                       },
                   .error = Throws::kShapeError,
                   .message = {"y", "[2,3]", "[3]"}}},
          .tolerance = 1};
}

}  // namespace tenon::autograd::testing::rows

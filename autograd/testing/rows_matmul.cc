#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "autograd/ops.h"
#include "autograd/testing/reference.h"
#include "autograd/testing/rows.h"

namespace tenon::autograd::testing::rows {
namespace {

Tensor matmul_reference(const Tensor& a, const Tensor& b) {
  Array left(a), right(b);
  if (a.ndim() == 1) left.shape = {1, a.size(0)};
  if (b.ndim() == 1) right.shape = {b.size(0), 1};
  Array product = tenon::testing::matmul_reference(left, right);
  if (a.ndim() == 1) product.shape.erase(product.shape.size() - 2);
  if (b.ndim() == 1) product.shape.erase(product.shape.size() - 1);
  return product.tensor();
}

Sample product(std::string name, const Shape& a, const Shape& b) {
  return {.name = std::move(name),
          .inputs = {values(a, -1, 1, 1), values(b, -1, 1, 2)},
          .call = [](Inputs x) { return autograd::matmul(x[0], x[1]); },
          .reference = [](Values x) { return matmul_reference(x[0], x[1]); }};
}

double activated(Activation activation, double x) {
  switch (activation) {
    case Activation::kNone:
      return x;
    case Activation::kRelu:
      return std::max(x, 0.0);
    case Activation::kGelu:
      return x * 0.5 * std::erfc(-x * std::sqrt(0.5));
    case Activation::kGeluTanh:
      break;
  }
  return x / (1 + std::exp(-2 * std::sqrt(2 * std::numbers::inv_pi) * (x + 0.044715 * x * x * x)));
}

Tensor linear_reference(const Tensor& x, const Tensor& weight, const Tensor& bias,
                        Activation activation) {
  Shape shape = x.shape();
  shape[x.ndim() - 1] = weight.size(0);
  const Array input(x), w(weight), offsets(bias.defined() ? bias : zeros({1}));
  Array result(shape);
  for_each_index(shape, [&](const Dims& i) {
    double sum = offsets.at({i.back()});
    Dims at = i;
    for (std::int64_t k = 0; k < weight.size(1); ++k) {
      at[i.size() - 1] = k;
      sum += input.at(at) * w.at({i.back(), k});
    }
    result.at(i) = activated(activation, sum);
  });
  return result.tensor();
}

Sample layer(std::string name, const Shape& x, const Shape& weight, bool bias,
             Activation activation = Activation::kNone) {
  Sample sample{
      .name = std::move(name),
      .inputs = {values(x, -1, 1, 1), values(weight, -1, 1, 2)},
      .call =
          [activation](Inputs x) {
            return autograd::linear(x[0], x[1], x.size() > 2 ? x[2] : Variable(), activation);
          },
      .reference =
          [activation](Values x) {
            return linear_reference(x[0], x[1], x.size() > 2 ? x[2] : Tensor(), activation);
          }};
  if (bias) sample.inputs.push_back(values({weight[0]}, -1, 1, 3));
  return sample;
}

/// One linear after another, the first with a GELU: a derivative that passes both in one product.
/// All are positive: what lies between is rounded, and sums that cancel would magnify that.
Sample two_layers(std::string name, Activation activation) {
  return {.name = std::move(name),
          .inputs = {values({2, 3, 4}, 0, 1, 1), values({8, 4}, 0, 1, 2), values({8}, 0, 1, 3),
                     values({5, 8}, 0, 1, 4)},
          .call =
              [activation](Inputs x) {
                return autograd::linear(autograd::linear(x[0], x[1], x[2], activation), x[3]);
              },
          .reference =
              [activation](Values x) {
                const Tensor hidden = linear_reference(x[0], x[1], x[2], activation);
                return linear_reference(hidden, x[3], {}, Activation::kNone);
              }};
}

BadInput refused(std::string name, std::function<void()> call, Throws error,
                 std::vector<std::string> message) {
  return {.name = std::move(name),
          .call = std::move(call),
          .error = error,
          .message = std::move(message)};
}

}  // namespace

OpRow matmul() {
  Sample large = product("large", {67, 129}, {129, 45});
  large.differentiable = false;
  return {
      .name = {},
      .dtypes = floating(),
      .samples = {product("2-d", {3, 4}, {4, 5}), product("1-d", {4}, {4}),
                  product("row by matrix", {4}, {4, 3}), product("matrix by column", {3, 4}, {4}),
                  product("batch", {2, 3, 4}, {2, 4, 2}),
                  product("batch by matrix", {2, 3, 4}, {4, 2}),
                  product("matrix by batch", {3, 4}, {2, 4, 2}),
                  product("broadcast batches", {2, 1, 2, 3}, {3, 3, 2}),
                  product("batch by column", {2, 3, 4}, {4}),
                  product("row by batch", {4}, {2, 4, 3}), product("no terms", {2, 0}, {0, 3}),
                  product("no rows", {0, 4}, {4, 3}), product("empty batch", {0, 2, 3}, {3, 2}),
                  std::move(large)},
      .bad = {refused("inner sizes",
                      [] {
                        autograd::matmul(zeros({2, 3}), zeros({4, 5}));
                      },
                      Throws::kShapeError, {"[2,3]", "[4,5]"}),
              refused("batches",
                      [] {
                        autograd::matmul(zeros({2, 2, 3}), zeros({3, 3, 2}));
                      },
                      Throws::kShapeError, {"[2]", "[3]"}),
              refused("0-d",
                      [] {
                        autograd::matmul(scalar(1), zeros({4, 5}));
                      },
                      Throws::kShapeError, {"[4,5]"}),
              refused("dtypes",
                      [] {
                        autograd::matmul(zeros({2, 3}), zeros({3, 2}, {.dtype = DType::kF64}));
                      },
                      Throws::kDTypeError, {"f32", "f64"}),
              refused("integers",
                      [] {
                        const Tensor i = zeros({2, 2}, {.dtype = DType::kI64});
                        autograd::matmul(i, i);
                      },
                      Throws::kDTypeError, {"i64"}),
              refused("undefined",
                      [] {
                        autograd::matmul(zeros({2, 3}), Variable());
                      },
                      Throws::kValueError, {"undefined"})},
      .tolerance = 4};
}

OpRow linear() {
  Sample large = layer("large", {67, 129}, {45, 129}, true, Activation::kRelu);
  large.differentiable = false;
  return {
      .name = {},
      .dtypes = floating(),
      .samples = {layer("plain", {3, 4}, {5, 4}, false), layer("bias", {3, 4}, {5, 4}, true),
                  layer("bias and relu", {3, 4}, {5, 4}, true, Activation::kRelu),
                  layer("relu", {3, 4}, {5, 4}, false, Activation::kRelu),
                  layer("bias and gelu", {3, 4}, {5, 4}, true, Activation::kGelu),
                  layer("gelu", {3, 4}, {8, 4}, false, Activation::kGelu),
                  layer("bias and gelu_tanh", {3, 4}, {8, 4}, true, Activation::kGeluTanh),
                  layer("gelu_tanh", {3, 4}, {5, 4}, false, Activation::kGeluTanh),
                  layer("gelu of no terms", {2, 0}, {8, 0}, true, Activation::kGeluTanh),
                  layer("1-d", {4}, {5, 4}, true),
                  layer("3-d", {2, 3, 4}, {5, 4}, true, Activation::kRelu),
                  layer("3-d and gelu", {2, 3, 4}, {5, 4}, true, Activation::kGelu),
                  layer("no rows", {0, 4}, {5, 4}, true, Activation::kRelu),
                  layer("no rows and gelu", {0, 4}, {5, 4}, true, Activation::kGelu),
                  layer("one", {1, 1}, {1, 1}, true), two_layers("two and gelu", Activation::kGelu),
                  two_layers("two and gelu_tanh", Activation::kGeluTanh), std::move(large)},
      .bad = {refused("features",
                      [] {
                        autograd::linear(zeros({2, 3}), zeros({5, 4}));
                      },
                      Throws::kShapeError, {"[2,3]", "[5,4]"}),
              refused("bias",
                      [] {
                        autograd::linear(zeros({2, 4}), zeros({5, 4}), zeros({4}));
                      },
                      Throws::kShapeError, {"bias", "[5]", "[4]"}),
              refused("1-d weight",
                      [] {
                        autograd::linear(zeros({2, 4}), zeros({4}));
                      },
                      Throws::kShapeError, {"weight", "[4]"}),
              refused("dtypes",
                      [] {
                        autograd::linear(zeros({2, 4}), zeros({5, 4}, {.dtype = DType::kF64}));
                      },
                      Throws::kDTypeError, {"f32", "f64"}),
              refused("undefined weight",
                      [] {
                        autograd::linear(zeros({2, 4}), Variable());
                      },
                      Throws::kValueError, {"weight", "undefined"})},
      .tolerance = 4};
}

}  // namespace tenon::autograd::testing::rows

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "autograd/ops.h"
#include "autograd/testing/reference.h"
#include "autograd/testing/rows.h"

namespace tenon::autograd::testing::rows {
namespace {

/// Which numbers are normalized together (0, 1, …), and whose weight an element takes.
struct Rule {
  std::function<std::size_t(const Dims&)> group;
  std::function<std::size_t(const Dims&)> weight;
  bool centered = true;
};

constexpr double kEps = 1e-3;

/// inputs: x, then weight and bias where there are any.
Tensor reference(Values inputs, const Rule& rule) {
  const Array x(inputs[0]);
  const std::size_t most = x.values.size() + 1;
  std::vector<double> sums(most), squares(most), counts(most);
  for_each_index(x.shape, [&](const Dims& i) {
    sums[rule.group(i)] += rule.centered ? x.at(i) : 0;
    counts[rule.group(i)] += 1;
  });
  const auto centered = [&](const Dims& i) {
    return x.at(i) - sums[rule.group(i)] / counts[rule.group(i)];
  };
  for_each_index(x.shape,
                 [&](const Dims& i) { squares[rule.group(i)] += centered(i) * centered(i); });
  Array y(x.shape);
  for_each_index(x.shape, [&](const Dims& i) {
    const std::size_t group = rule.group(i);
    y.at(i) = centered(i) / std::sqrt(squares[group] / counts[group] + kEps);
    if (inputs.size() > 1) y.at(i) *= Array(inputs[1]).values[rule.weight(i)];
    if (inputs.size() > 2) y.at(i) += Array(inputs[2]).values[rule.weight(i)];
  });
  return y.tensor();
}

std::size_t channel(const Dims& i) { return static_cast<std::size_t>(i[1]); }

std::vector<Tensor> with_parameters(const Shape& x, const Shape& parameter, int count) {
  std::vector<Tensor> inputs{values(x)};
  for (int i = 0; i < count; ++i) inputs.push_back(values(parameter, 0.5, 2, 3 + i));
  return inputs;
}

Variable at(Inputs inputs, std::size_t i) { return i < inputs.size() ? inputs[i] : Variable(); }

Sample batch_sample(std::string name, const Shape& shape, int parameters) {
  return {
      .name = std::move(name),
      .inputs = with_parameters(shape, {shape[1]}, parameters),
      .call =
          [](Inputs x) {
            return autograd::batch_norm(x[0], at(x, 1), at(x, 2), {}, {}, {.eps = kEps});
          },
      .reference = [](Values x) { return reference(x, {.group = channel, .weight = channel}); }};
}

/// The same with a ReLU or GELU behind it.
Sample activated_sample(std::string name, const Shape& shape, Activation activation) {
  Sample sample = batch_sample(std::move(name), shape, 2);
  sample.call = [activation](Inputs x) {
    return autograd::batch_norm(x[0], x[1], x[2], {}, {}, {.eps = kEps}, activation);
  };
  sample.reference = [activation](Values x) {
    Array y(reference(x, {.group = channel, .weight = channel}));
    for (double& value : y.values) {
      const double cdf = (1 + std::erf(value * std::sqrt(0.5))) / 2;
      value = activation == Activation::kRelu ? std::max(value, 0.0) : value * cdf;
    }
    return y.tensor();
  };
  return sample;
}

/// The last `dims` dimensions of `shape` are normalized.
Sample row_sample(std::string name, const Shape& shape, int dims, int parameters, bool rms) {
  Shape inner;
  for (int i = shape.size() - dims; i < shape.size(); ++i) inner.push_back(shape[i]);
  const auto number = [shape](const Dims& i, int first, int last) {
    std::int64_t n = 0;
    for (int d = first; d < last; ++d) n = n * shape[d] + i[d];
    return static_cast<std::size_t>(n);
  };
  const int split = shape.size() - dims, end = shape.size();
  const Rule rule{.group = [=](const Dims& i) { return number(i, 0, split); },
                  .weight = [=](const Dims& i) { return number(i, split, end); },
                  .centered = !rms};
  return {.name = std::move(name),
          .inputs = with_parameters(shape, inner, parameters),
          .call =
              [inner, rms](Inputs x) {
                return rms ? autograd::rms_norm(x[0], inner, at(x, 1), kEps)
                           : autograd::layer_norm(x[0], inner, at(x, 1), at(x, 2), kEps);
              },
          .reference = [rule](Values x) { return reference(x, rule); }};
}

Sample group_sample(std::string name, const Shape& shape, int groups, int parameters) {
  const auto group = [=](const Dims& i) {
    return static_cast<std::size_t>(i[0] * groups + i[1] / (shape[1] / groups));
  };
  return {
      .name = std::move(name),
      .inputs = with_parameters(shape, {shape[1]}, parameters),
      .call =
          [groups](Inputs x) {
            return autograd::group_norm(x[0], groups, at(x, 1), at(x, 2), kEps);
          },
      .reference = [group](Values x) { return reference(x, {.group = group, .weight = channel}); }};
}

template <class Call>
BadInput bad(std::string name, Throws error, std::vector<std::string> message, Call call) {
  return {.name = std::move(name), .call = call, .error = error, .message = std::move(message)};
}

const TensorOptions kInteger{.dtype = DType::kI64};

std::vector<BadInput> bad_rows(Variable (*op)(const Variable&, const Shape&, const Variable&)) {
  return {bad("another inner shape", Throws::kShapeError, {"[4]", "[2,3]"},
              [op] {
                op(zeros({2, 3}), {4}, {});
              }),
          bad("an empty inner shape", Throws::kShapeError, {"[]", "[2,3]"},
              [op] {
                op(zeros({2, 3}), {}, {});
              }),
          bad("weight of another shape", Throws::kShapeError, {"weight", "[3]", "[2]"},
              [op] {
                op(zeros({2, 3}), {3}, zeros({2}));
              }),
          bad("weight of another dtype", Throws::kDTypeError, {"weight", "f32", "f64"},
              [op] {
                op(zeros({2, 3}), {3}, zeros({3}, {.dtype = DType::kF64}));
              }),
          bad("integers", Throws::kDTypeError, {"i64"},
              [op] {
                op(zeros({2, 3}, kInteger), {3}, {});
              }),
          bad("undefined argument", Throws::kValueError, {"undefined"},
              [op] { op(Variable(), {3}, {}); })};
}

}  // namespace

OpRow batch_norm() {
  const Tensor mean = values({3}, -1, 1, 5), variance = values({3}, 0.5, 2, 6);
  Sample eval = batch_sample("running statistics", {4, 3, 2}, 2);
  eval.call = [=](Inputs x) {
    return autograd::batch_norm(x[0], x[1], x[2], beside(mean.to(DType::kF32).to(x[0].dtype()), x),
                                beside(variance.to(DType::kF32).to(x[0].dtype()), x),
                                {.training = false, .eps = kEps});
  };
  eval.reference = [=](Values x) {
    const DType dtype = x[0].dtype();
    const Array m(mean.to(DType::kF32).to(dtype)), v(variance.to(DType::kF32).to(dtype));
    const Array weight(x[1]), bias(x[2]);
    Array y(x[0]);
    for_each_index(y.shape, [&](const Dims& i) {
      const Dims channel{i[1]};
      const double normal = (y.at(i) - m.at(channel)) / std::sqrt(v.at(channel) + kEps);
      y.at(i) = normal * weight.at(channel) + bias.at(channel);
    });
    return y.tensor();
  };
  Sample large = batch_sample("large", {300, 37}, 0);
  Sample large_relu = activated_sample("large with ReLU", {300, 37}, Activation::kRelu);
  large.differentiable = large_relu.differentiable = false;
  const auto call = [](const Variable& x, const Variable& weight, const Variable& bias) {
    autograd::batch_norm(x, weight, bias);
  };
  return {
      .name = {},
      .dtypes = floating(),
      .samples = {batch_sample("plain", {5, 3}, 0), batch_sample("affine", {5, 3}, 2),
                  batch_sample("scaled", {5, 3}, 1), batch_sample("images", {2, 3, 2, 3}, 2),
                  batch_sample("sequences", {2, 3, 4}, 2), batch_sample("no items", {0, 0, 2}, 2),
                  activated_sample("ReLU", {5, 3}, Activation::kRelu),
                  activated_sample("ReLU of images", {2, 3, 2, 3}, Activation::kRelu),
                  activated_sample("GELU", {5, 3}, Activation::kGelu), std::move(eval),
                  std::move(large), std::move(large_relu)},
      .bad = {bad("one value a channel", Throws::kShapeError, {"more than 1", "[1,3]"},
                  [call] {
                    call(zeros({1, 3}), {}, {});
                  }),
              bad("1-d", Throws::kShapeError, {"x", "[3]"}, [call] { call(zeros({3}), {}, {}); }),
              bad("weight of another size", Throws::kShapeError, {"weight", "[3]", "[2]"},
                  [call] {
                    call(zeros({2, 3}), zeros({2}), {});
                  }),
              bad("bias of another size", Throws::kShapeError, {"bias", "[3]", "[2]"},
                  [call] {
                    call(zeros({2, 3}), {}, zeros({2}));
                  }),
              bad("no running statistics in evaluation", Throws::kValueError,
                  {"running_mean", "undefined"},
                  [] {
                    autograd::batch_norm(zeros({2, 3}), {}, {}, {}, {}, {.training = false});
                  }),
              bad("running statistics of another size", Throws::kShapeError,
                  {"running_var", "[3]", "[4]"},
                  [] {
                    autograd::batch_norm(zeros({2, 3}), {}, {}, zeros({3}), zeros({4}));
                  }),
              bad("negative eps", Throws::kValueError, {"eps", "-1"},
                  [] {
                    autograd::batch_norm(zeros({2, 3}), {}, {}, {}, {}, {.eps = -1});
                  }),
              bad("integers", Throws::kDTypeError, {"i64"},
                  [call] {
                    call(zeros({2, 3}, kInteger), {}, {});
                  }),
              bad("undefined argument", Throws::kValueError, {"undefined"},
                  [call] { call({}, {}, {}); })},
      .tolerance = 8};
}

OpRow layer_norm() {
  Sample large = row_sample("large", kLarge, 1, 0, false);
  large.differentiable = false;
  return {.name = {},
          .dtypes = floating(),
          .samples = {row_sample("plain", {3, 5}, 1, 0, false),
                      row_sample("affine", {3, 5}, 1, 2, false),
                      row_sample("scaled", {3, 5}, 1, 1, false),
                      row_sample("two dimensions", {2, 3, 4}, 2, 2, false),
                      row_sample("whole", {5}, 1, 2, false),
                      row_sample("no rows", {0, 3}, 1, 2, false), std::move(large)},
          .bad = bad_rows([](const Variable& x, const Shape& shape, const Variable& weight) {
            return autograd::layer_norm(x, shape, weight);
          }),
          .tolerance = 8};
}

OpRow rms_norm() {
  Sample large = row_sample("large", kLarge, 1, 0, true);
  large.differentiable = false;
  return {
      .name = {},
      .dtypes = floating(),
      .samples = {row_sample("plain", {3, 5}, 1, 0, true), row_sample("scaled", {3, 5}, 1, 1, true),
                  row_sample("two dimensions", {2, 3, 4}, 2, 1, true),
                  row_sample("no rows", {0, 3}, 1, 1, true), std::move(large)},
      .bad = bad_rows([](const Variable& x, const Shape& shape, const Variable& weight) {
        return autograd::rms_norm(x, shape, weight);
      }),
      .tolerance = 8};
}

OpRow group_norm() {
  const auto call = [](const Variable& x, int groups, const Variable& weight) {
    autograd::group_norm(x, groups, weight);
  };
  return {
      .name = {},
      .dtypes = floating(),
      .samples = {group_sample("images", {2, 4, 2, 3}, 2, 2),
                  group_sample("one group", {2, 3, 4}, 1, 2),
                  group_sample("plain", {2, 4, 5}, 2, 0), group_sample("2-d", {3, 6}, 2, 2),
                  group_sample("each channel", {2, 3, 4}, 3, 1),
                  group_sample("no items", {0, 4, 2}, 2, 2)},
      .bad = {bad("groups that do not divide", Throws::kValueError, {"groups", "4", "3"},
                  [call] {
                    call(zeros({2, 4, 2}), 3, {});
                  }),
              bad("no groups", Throws::kValueError, {"groups", "0"},
                  [call] {
                    call(zeros({2, 4, 2}), 0, {});
                  }),
              bad("weight of another size", Throws::kShapeError, {"weight", "[4]", "[2]"},
                  [call] {
                    call(zeros({2, 4}), 2, zeros({2}));
                  }),
              bad("1-d", Throws::kShapeError, {"x", "[4]"}, [call] { call(zeros({4}), 2, {}); }),
              bad("integers", Throws::kDTypeError, {"i64"},
                  [call] {
                    call(zeros({2, 4}, kInteger), 2, {});
                  }),
              bad("undefined argument", Throws::kValueError, {"undefined"},
                  [call] { call({}, 2, {}); })},
      .tolerance = 8};
}

}  // namespace tenon::autograd::testing::rows

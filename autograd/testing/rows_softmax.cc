#include <cmath>
#include <utility>

#include "autograd/ops.h"
#include "autograd/testing/reference.h"
#include "autograd/testing/rows.h"

namespace tenon::autograd::testing::rows {
namespace {

/// Along a dimension (from 0), also of a tensor without any.
Array log_softmax_reference(const Tensor& x, int dim) {
  Array result =
      tenon::testing::log_softmax_reference(Array(x.ndim() == 0 ? x.unsqueeze(0) : x), dim);
  result.shape = x.shape();
  return result;
}

using Softmax = Variable (*)(const Variable&, int);

OpRow softmax_row(Softmax op, bool log) {
  const auto sample = [&](std::string name, const Shape& shape, int dim, int axis) -> Sample {
    return {.name = std::move(name),
            .inputs = {values(shape, -4, 4)},
            .call = [op, dim](Inputs x) { return op(x[0], dim); },
            .reference =
                [axis, log](Values x) {
                  const Tensor result = log_softmax_reference(x[0], axis).tensor();
                  return log ? result : map(result, [](double v) { return std::exp(v); });
                }};
  };
  Sample large = sample("large", kLarge, 1, 1);
  large.differentiable = false;
  return {.name = {},
          .dtypes = floating(),
          .samples = {sample("rows", {3, 5}, 1, 1), sample("columns", {3, 5}, 0, 0),
                      sample("middle", {2, 3, 4}, -2, 1), sample("one class", {3, 1}, 1, 1),
                      sample("0-d", {}, 0, 0), sample("empty", {0, 3}, 1, 1), std::move(large)},
          .bad = {{.name = "dim out of range",
                   .call =
                       [op] {
                         op(zeros({2, 3}), 2);
                       },
                   .error = Throws::kIndexError,
                   .message = {"2"}},
                  {.name = "integers",
                   .call =
                       [op] {
                         op(zeros({2, 3}, {.dtype = DType::kI64}), 1);
                       },
                   .error = Throws::kDTypeError,
                   .message = {"i64", "[2,3]"}},
                  {.name = "undefined argument",
                   .call = [op] { op(Variable(), 0); },
                   .error = Throws::kValueError,
                   .message = {"undefined"}}},
          .tolerance = 4};
}

}  // namespace

OpRow softmax() { return softmax_row(autograd::softmax, false); }

OpRow log_softmax() { return softmax_row(autograd::log_softmax, true); }

namespace {

/// Losses by the definition: sum over classes of target times -log p.
Tensor cross_entropy_reference(const Tensor& x, const Tensor& labels,
                               const CrossEntropyParams& params) {
  const Array logs = log_softmax_reference(x, 1), classes(labels);
  const Array weight(params.weight.defined() ? params.weight : ones({x.size(1)}));
  const double share = params.label_smoothing / static_cast<double>(x.size(1));
  Array losses(labels.shape());
  double total = 0, weights = 0;
  for_each_index(losses.shape, [&](const Dims& i) {
    const auto label = static_cast<std::int64_t>(classes.at(i));
    if (label == params.ignore_index) return;
    for (std::int64_t c = 0; c < x.size(1); ++c) {
      const double target = share + (c == label ? 1 - params.label_smoothing : 0);
      losses.at(i) -= target * weight.at({c}) * logs.at({i[0], c});
    }
    total += losses.at(i);
    weights += weight.at({label});
  });
  if (params.reduction == Reduction::kNone) return losses.tensor();
  if (params.reduction == Reduction::kMean) total /= weights;
  return scalar(total, {.dtype = DType::kF64});
}

Sample cross_entropy_sample(std::string name, const Shape& shape,
                            const CrossEntropyParams& params) {
  const Tensor labels = indices({shape[0]}, shape[1]);
  return {.name = std::move(name),
          .inputs = {values(shape, -4, 4)},
          .call =
              [labels, params](Inputs x) {
                CrossEntropyParams moved = params;
                moved.weight = beside(params.weight, x);
                return autograd::cross_entropy(x[0], beside(labels, x), moved);
              },
          .reference =
              [labels, params](Values x) { return cross_entropy_reference(x[0], labels, params); }};
}

}  // namespace

OpRow cross_entropy() {
  const auto sample = cross_entropy_sample;
  const Tensor weight = from_vector<float>({0.5f, 2, 0.25f, 1, 0});
  Sample large = sample("large", kLarge, {.label_smoothing = 0.1});
  large.differentiable = false;
  const Tensor logits = zeros({2, 3});
  return {
      .name = {},
      .dtypes = floating(),
      .samples = {sample("mean", {4, 5}, {}), sample("sum", {4, 5}, {.reduction = Reduction::kSum}),
                  sample("per row", {4, 5}, {.reduction = Reduction::kNone}),
                  sample("two classes", {3, 2}, {}), sample("weights", {6, 5}, {.weight = weight}),
                  sample("smoothing", {4, 5}, {.label_smoothing = 0.25}),
                  sample("ignored", {7, 3}, {.ignore_index = 1}),
                  sample("all of them", {7, 5},
                         {.weight = weight, .label_smoothing = 0.5, .ignore_index = 3}),
                  sample("all of them per row", {7, 5},
                         {.weight = weight,
                          .label_smoothing = 0.5,
                          .ignore_index = 3,
                          .reduction = Reduction::kNone}),
                  sample("no rows", {0, 3}, {.reduction = Reduction::kSum}), std::move(large)},
      .bad = {{.name = "label out of range",
               .call =
                   [logits] {
                     autograd::cross_entropy(logits, from_vector<std::int64_t>({0, 3}));
                   },
               .error = Throws::kIndexError,
               .message = {"[0, 3)", "3", "row 1"}},
              {.name = "negative label",
               .call =
                   [logits] {
                     autograd::cross_entropy(logits, from_vector<std::int64_t>({-1, 0}));
                   },
               .error = Throws::kIndexError,
               .message = {"-1", "row 0"}},
              {.name = "another number of labels",
               .call =
                   [logits] {
                     autograd::cross_entropy(logits, from_vector<std::int64_t>({0, 1, 2}));
                   },
               .error = Throws::kShapeError,
               .message = {"labels", "[2]", "[3]"}},
              {.name = "labels that are not i64",
               .call = [logits] { autograd::cross_entropy(logits, zeros({2})); },
               .error = Throws::kDTypeError,
               .message = {"labels", "i64", "f32"}},
              {.name = "weights of another number of classes",
               .call =
                   [logits] {
                     autograd::cross_entropy(logits, from_vector<std::int64_t>({0, 1}),
                                             {.weight = ones({2})});
                   },
               .error = Throws::kShapeError,
               .message = {"weight", "[3]", "[2]"}},
              {.name = "smoothing",
               .call =
                   [logits] {
                     autograd::cross_entropy(logits, from_vector<std::int64_t>({0, 1}),
                                             {.label_smoothing = 1.5});
                   },
               .error = Throws::kValueError,
               .message = {"label_smoothing", "1.5"}},
              {.name = "1-d logits",
               .call =
                   [] {
                     autograd::cross_entropy(zeros({3}), from_vector<std::int64_t>({0, 1, 2}));
                   },
               .error = Throws::kShapeError,
               .message = {"logits", "[3]"}}},
      .tolerance = 4};
}

OpRow dropout() {
  const auto sample = [](std::string name, const Shape& shape, double p) -> Sample {
    return {.name = std::move(name),
            .inputs = {values(shape)},
            .call =
                [p](Inputs x) {
                  Generator generator(7);
                  return autograd::dropout(x[0], p, generator);
                },
            // Which elements survive is the generator's affair; what becomes of them is checked.
            .reference =
                [p](Values x) {
                  Generator generator(7);
                  const Tensor ones = tenon::ones_like(x[0]);
                  const Tensor alive = tenon::ne(tenon::dropout(ones, p, generator).first, 0);
                  return map2(x[0], alive.to(DType::kF64),
                              [p](double v, double keep) { return keep != 0 ? v / (1 - p) : 0; });
                }};
  };
  const auto refused = [](std::string name, double p, std::string got) -> BadInput {
    return {.name = std::move(name),
            .call = [p] { autograd::dropout(zeros({2}), p); },
            .error = Throws::kValueError,
            .message = {"[0, 1)", std::move(got)}};
  };
  return {
      .name = {},
      .dtypes = floating(),
      .samples = {sample("half", {4, 7}, 0.5), sample("tenth", {4, 7}, 0.1),
                  sample("none", {4, 7}, 0), sample("0-d", {}, 0.5), sample("empty", {0, 2}, 0.5)},
      .bad = {refused("p 1", 1, "1"),
              refused("negative p", -0.1, "-0.1"),
              {.name = "integers",
               .call = [] { autograd::dropout(zeros({2}, {.dtype = DType::kI64}), 0.5); },
               .error = Throws::kDTypeError,
               .message = {"i64"}}},
      .tolerance = 1};
}

}  // namespace tenon::autograd::testing::rows

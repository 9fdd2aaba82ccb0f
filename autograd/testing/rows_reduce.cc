#include <algorithm>
#include <limits>
#include <utility>

#include "autograd/ops.h"
#include "autograd/testing/reference.h"
#include "autograd/testing/rows.h"

namespace tenon::autograd::testing::rows {
namespace {

using Reduce = Variable (*)(const Variable&, std::span<const int>, bool);

/// Folds the elements that share a result, then finishes with how many they were.
struct Fold {
  double start;
  double (*step)(double, double);
  double (*finish)(double, double count) = [](double value, double) { return value; };
};

bool reduces(const std::vector<int>& dims, int d, int ndim) {
  return dims.empty() || std::any_of(dims.begin(), dims.end(),
                                     [&](int dim) { return (dim < 0 ? dim + ndim : dim) == d; });
}

Tensor fold(const Tensor& tensor, const std::vector<int>& dims, bool keepdim, const Fold& fold) {
  const Array x(tensor);
  Shape kept = x.shape, dropped;
  for (int d = 0; d < kept.size(); ++d) {
    if (reduces(dims, d, x.shape.size())) {
      kept[d] = 1;
    } else {
      dropped.push_back(kept[d]);
    }
  }
  Array result(kept);
  std::fill(result.values.begin(), result.values.end(), fold.start);
  for_each_index(x.shape, [&](const Dims& i) { result.at(i) = fold.step(result(i), x(i)); });
  const double count =
      static_cast<double>(x.values.size()) / static_cast<double>(result.values.size());
  for (double& value : result.values) value = fold.finish(value, count);
  if (!keepdim) result.shape = dropped;
  return result.tensor();
}

Sample sample(std::string name, const Shape& shape, std::vector<int> dims, bool keepdim, Reduce op,
              const Fold& how) {
  return {.name = std::move(name),
          .inputs = {values(shape, -5, 5)},
          .call = [op, dims, keepdim](Inputs x) { return op(x[0], dims, keepdim); },
          .reference = [dims, keepdim, how](Values x) { return fold(x[0], dims, keepdim, how); }};
}

OpRow reduction(Reduce op, const Fold& how, std::vector<DType> dtypes, bool of_nothing) {
  const auto make = [&](std::string name, const Shape& shape, std::vector<int> dims,
                        bool keepdim = false) {
    return sample(std::move(name), shape, std::move(dims), keepdim, op, how);
  };
  OpRow row{
      .name = {},
      .dtypes = std::move(dtypes),
      .samples = {make("all", {3, 4}, {}), make("rows", {3, 4}, {0}), make("columns", {3, 4}, {-1}),
                  make("kept", {3, 4}, {1}, true), make("all kept", {3, 4}, {}, true),
                  make("middle", {2, 3, 4}, {1}), make("outer and inner", {2, 3, 4}, {0, 2}),
                  make("per channel", {2, 3, 2, 2}, {0, 2, 3}), make("0-d", {}, {}),
                  make("empty result", {0, 3}, {1}), make("large", kLarge, {}),
                  make("large columns", kLarge, {0}), make("large rows", kLarge, {1})},
      .bad = {{.name = "dim out of range",
               .call =
                   [op] {
                     op(zeros({2, 3}), std::vector<int>{2}, false);
                   },
               .error = Throws::kIndexError,
               .message = {"2"}},
              {.name = "dim twice",
               .call =
                   [op] {
                     op(zeros({2, 3}), std::vector<int>{1, -1}, false);
                   },
               .error = Throws::kShapeError,
               .message = {"-1"}},
              {.name = "undefined argument",
               .call = [op] { op(Variable(), {}, false); },
               .error = Throws::kValueError,
               .message = {"undefined"}}},
      .tolerance = 4};
  for (std::size_t i = row.samples.size() - 3; i < row.samples.size(); ++i) {
    row.samples[i].differentiable = false;
  }
  if (of_nothing) {
    row.samples.push_back(make("of nothing", {0, 3}, {0}));
  } else {
    row.bad.push_back({.name = "no elements",
                       .call =
                           [op] {
                             op(zeros({0, 3}), std::vector<int>{0}, false);
                           },
                       .error = Throws::kShapeError,
                       .message = {"[0,3]"}});
  }
  return row;
}

double plus(double a, double b) { return a + b; }

}  // namespace

OpRow sum() { return reduction(autograd::sum, {.start = 0, .step = plus}, numeric(), true); }

OpRow mean() {
  const Fold how{
      .start = 0, .step = plus, .finish = [](double value, double count) { return value / count; }};
  OpRow row = reduction(autograd::mean, how, floating(), true);
  row.bad.push_back({.name = "integers",
                     .call = [] { autograd::mean(zeros({2}, {.dtype = DType::kI64})); },
                     .error = Throws::kDTypeError,
                     .message = {"floating", "i64"}});
  return row;
}

OpRow max() {
  return reduction(autograd::max,
                   {.start = -std::numeric_limits<double>::infinity(),
                    .step = [](double a, double b) { return std::max(a, b); }},
                   numeric(), false);
}

OpRow min() {
  return reduction(autograd::min,
                   {.start = std::numeric_limits<double>::infinity(),
                    .step = [](double a, double b) { return std::min(a, b); }},
                   numeric(), false);
}

OpRow sum_to() {
  const auto make = [](std::string name, const Shape& from, const Shape& to) -> Sample {
    return {.name = std::move(name),
            .inputs = {values(from, -5, 5)},
            .call = [to](Inputs x) { return autograd::sum_to(x[0], to); },
            .reference =
                [to](Values x) {
                  const Array source(x[0]);
                  Array result(to);
                  for_each_index(source.shape, [&](const Dims& i) { result.at(i) += source(i); });
                  return result.tensor();
                }};
  };
  return {.name = {},
          .dtypes = floating(),
          .samples = {make("same", {2, 3}, {2, 3}), make("leading", {4, 2, 3}, {2, 3}),
                      make("kept", {2, 3}, {2, 1}), make("both", {4, 2, 3}, {1, 3}),
                      make("0-d", {2, 3}, {}), make("empty", {0, 3}, {3})},
          .bad = {{.name = "shape that does not broadcast",
                   .call =
                       [] {
                         autograd::sum_to(zeros({2, 3}), {2});
                       },
                   .error = Throws::kShapeError,
                   .message = {"[2,3]", "[2]"}},
                  {.name = "more dimensions",
                   .call =
                       [] {
                         autograd::sum_to(zeros({3}), {1, 3});
                       },
                   .error = Throws::kShapeError,
                   .message = {"[3]", "[1,3]"}}},
          .tolerance = 4};
}

}  // namespace tenon::autograd::testing::rows

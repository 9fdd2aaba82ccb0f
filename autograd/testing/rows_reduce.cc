#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

#include "autograd/ops.h"
#include "autograd/testing/reference.h"
#include "autograd/testing/rows.h"

namespace tenon::autograd::testing::rows {
namespace {

using V = const Variable&;
using Reduce = std::function<Variable(const Variable&, const std::vector<int>&, bool)>;
/// Of the elements that go into one result.
using Statistic = std::function<double(const std::vector<double>&)>;

bool reduces(const std::vector<int>& dims, int d, int ndim) {
  return dims.empty() || std::any_of(dims.begin(), dims.end(),
                                     [&](int dim) { return (dim < 0 ? dim + ndim : dim) == d; });
}

Tensor reduce(const Tensor& tensor, const std::vector<int>& dims, bool keepdim,
              const Statistic& statistic) {
  const Array x(tensor);
  Shape kept = x.shape, dropped;
  for (int d = 0; d < kept.size(); ++d) {
    if (reduces(dims, d, x.shape.size())) {
      kept[d] = 1;
    } else {
      dropped.push_back(kept[d]);
    }
  }
  Array result(kept), place(kept);
  std::iota(place.values.begin(), place.values.end(), 0.0);
  std::vector<std::vector<double>> elements(result.values.size());
  for_each_index(x.shape, [&](const Dims& i) {
    elements[static_cast<std::size_t>(place.at(i))].push_back(x.at(i));
  });
  std::transform(elements.begin(), elements.end(), result.values.begin(), statistic);
  if (!keepdim) result.shape = dropped;
  return result.tensor();
}

Sample sample(std::string name, const Shape& shape, std::vector<int> dims, bool keepdim,
              const Reduce& op, const Statistic& statistic) {
  return {.name = std::move(name),
          .inputs = {values(shape, -5, 5)},
          .call = [op, dims, keepdim](Inputs x) { return op(x[0], dims, keepdim); },
          .reference = [dims, keepdim,
                        statistic](Values x) { return reduce(x[0], dims, keepdim, statistic); }};
}

OpRow reduction(const Reduce& op, const Statistic& statistic, std::vector<DType> dtypes,
                bool of_nothing) {
  const auto make = [&](std::string name, const Shape& shape, std::vector<int> dims,
                        bool keepdim = false) {
    return sample(std::move(name), shape, std::move(dims), keepdim, op, statistic);
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

BadInput integers(const Reduce& op) {
  return {.name = "integers",
          .call = [op] { op(zeros({2}, {.dtype = DType::kI64}), {}, false); },
          .error = Throws::kDTypeError,
          .message = {"floating", "i64"}};
}

OpRow floating_reduction(const Reduce& op, const Statistic& statistic) {
  OpRow row = reduction(op, statistic, floating(), true);
  row.bad.push_back(integers(op));
  return row;
}

double total(const std::vector<double>& x) { return std::accumulate(x.begin(), x.end(), 0.0); }

double mean_of(const std::vector<double>& x) { return total(x) / static_cast<double>(x.size()); }

double variance_of(const std::vector<double>& x, double correction) {
  const double mean = mean_of(x);
  double squares = 0;
  for (const double v : x) squares += (v - mean) * (v - mean);
  return squares / std::max(0.0, static_cast<double>(x.size()) - correction);
}

double norm_of(const std::vector<double>& x, double p) {
  double sum = 0, largest = 0, smallest = INFINITY;
  for (const double v : x) {
    sum += p == 0 ? v != 0 : std::pow(std::abs(v), p);
    largest = std::max(largest, std::abs(v));
    smallest = std::min(smallest, std::abs(v));
  }
  return std::isinf(p) ? (p > 0 ? largest : smallest) : p == 0 ? sum : std::pow(sum, 1 / p);
}

/// Variances of one element and of none are NaN.
void skip_gradients_of_too_few(OpRow& row) {
  for (Sample& sample : row.samples) {
    if (sample.name == "0-d" || sample.name == "of nothing") sample.differentiable = false;
  }
}

/// One more sample of [3,4] over the rows.
void add_sample(OpRow& row, std::string name, const Reduce& op, const Statistic& statistic) {
  row.samples.push_back(sample(std::move(name), {3, 4}, {1}, false, op, statistic));
}

}  // namespace

OpRow sum() {
  return reduction([](V x, const auto& dims, bool keep) { return autograd::sum(x, dims, keep); },
                   total, numeric(), true);
}

OpRow mean() {
  return floating_reduction(
      [](V x, const auto& dims, bool keep) { return autograd::mean(x, dims, keep); }, mean_of);
}

OpRow max() {
  return reduction([](V x, const auto& dims, bool keep) { return autograd::max(x, dims, keep); },
                   [](const auto& x) { return *std::max_element(x.begin(), x.end()); }, numeric(),
                   false);
}

OpRow min() {
  return reduction([](V x, const auto& dims, bool keep) { return autograd::min(x, dims, keep); },
                   [](const auto& x) { return *std::min_element(x.begin(), x.end()); }, numeric(),
                   false);
}

OpRow prod() {
  const Reduce op = [](V x, const auto& dims, bool keep) { return autograd::prod(x, dims, keep); };
  const Statistic product = [](const std::vector<double>& x) {
    return std::accumulate(x.begin(), x.end(), 1.0, std::multiplies<>());
  };
  // Products of thousands of such numbers are in no dtype's range.
  OpRow row = reduction(op, product, floating(), true);
  std::erase_if(row.samples, [](const Sample& s) { return s.name.starts_with("large"); });
  for (const double zeros : {1.0, 2.0, 3.0}) {
    Sample with_zeros = sample("with zeros", {2, 3, 4}, {0, 2}, false, op, product);
    const Tensor is_zero = tenon::lt(arange(0, 24).reshape({2, 3, 4}), zeros);
    with_zeros.inputs = {
        tenon::where(is_zero, scalar(0, {.dtype = DType::kF64}), with_zeros.inputs[0])};
    row.samples.push_back(std::move(with_zeros));
  }
  row.tolerance = 8;
  return row;
}

OpRow var() {
  const auto corrected = [](double correction) -> Reduce {
    return
        [=](V x, const auto& dims, bool keep) { return autograd::var(x, dims, correction, keep); };
  };
  OpRow row = floating_reduction(corrected(1), [](const auto& x) { return variance_of(x, 1); });
  add_sample(row, "of all there is", corrected(0), [](const auto& x) { return variance_of(x, 0); });
  skip_gradients_of_too_few(row);
  add_sample(row, "half", corrected(0.5), [](const auto& x) { return variance_of(x, 0.5); });
  return row;
}

OpRow stddev() {
  const auto corrected = [](double correction) -> Reduce {
    return [=](V x, const auto& dims, bool keep) {
      return autograd::stddev(x, dims, correction, keep);
    };
  };
  OpRow row =
      floating_reduction(corrected(1), [](const auto& x) { return std::sqrt(variance_of(x, 1)); });
  add_sample(row, "of all there is", corrected(0),
             [](const auto& x) { return std::sqrt(variance_of(x, 0)); });
  skip_gradients_of_too_few(row);
  return row;
}

OpRow norm() {
  const auto with_power = [](double p) -> Reduce {
    return [=](V x, const auto& dims, bool keep) { return autograd::norm(x, dims, p, keep); };
  };
  OpRow row = floating_reduction(with_power(2), [](const auto& x) { return norm_of(x, 2); });
  for (const double p : {0.0, 0.5, 1.0, 1.5, 3.0, -2.0, double{INFINITY}, -double{INFINITY}}) {
    add_sample(row, "power " + std::to_string(p), with_power(p),
               [=](const auto& x) { return norm_of(x, p); });
  }
  row.bad.push_back({.name = "no number",
                     .call = [] { autograd::norm(zeros({2}), {}, NAN); },
                     .error = Throws::kValueError,
                     .message = {"nan"}});
  row.bad.push_back({.name = "smallest of nothing",
                     .call = [] { autograd::norm(zeros({0}), {}, -INFINITY); },
                     .error = Throws::kShapeError,
                     .message = {"[0]"}});
  return row;
}

OpRow logsumexp() {
  return floating_reduction(
      [](V x, const auto& dims, bool keep) { return autograd::logsumexp(x, dims, keep); },
      [](const std::vector<double>& x) {
        double sum = 0;
        for (const double v : x) sum += std::exp(v);
        return std::log(sum);
      });
}

OpRow cumsum() {
  const auto make = [](std::string name, const Shape& shape, int dim, bool reverse) -> Sample {
    return {.name = std::move(name),
            .inputs = {values(shape, -5, 5)},
            .call = [=](Inputs x) { return autograd::cumsum(x[0], dim, reverse); },
            .reference =
                [=](Values x) {
                  const Array source(x[0]);
                  Array result(source.shape);
                  const int along = dim < 0 ? dim + source.shape.size() : dim;
                  if (source.shape.empty()) return source.tensor();
                  Shape others = source.shape;
                  others[along] = 1;
                  for_each_index(others, [&](Dims at) {
                    double sum = 0;
                    for (std::int64_t k = 0; k < source.shape[along]; ++k) {
                      at[along] = reverse ? source.shape[along] - 1 - k : k;
                      result.at(at) = sum += source.at(at);
                    }
                  });
                  return result.tensor();
                }};
  };
  OpRow row{.name = {},
            .dtypes = numeric(),
            .samples = {make("rows", {3, 4}, 1, false), make("columns", {3, 4}, 0, false),
                        make("middle", {2, 3, 4}, -2, false), make("reverse", {2, 3, 4}, 2, true),
                        make("reverse middle", {2, 3, 4}, 1, true), make("0-d", {}, 0, false),
                        make("empty", {3, 0}, 1, false), make("large", kLarge, 1, false),
                        make("large columns", kLarge, 0, true)},
            .bad = {{.name = "dim out of range",
                     .call =
                         [] {
                           autograd::cumsum(zeros({2, 3}), 2);
                         },
                     .error = Throws::kIndexError,
                     .message = {"2"}},
                    {.name = "undefined argument",
                     .call = [] { autograd::cumsum(Variable(), 0); },
                     .error = Throws::kValueError,
                     .message = {"undefined"}}},
            .tolerance = 4};
  for (std::size_t i = row.samples.size() - 2; i < row.samples.size(); ++i) {
    row.samples[i].differentiable = false;
  }
  return row;
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
                  for_each_index(source.shape,
                                 [&](const Dims& i) { result.at(i) += source.at(i); });
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

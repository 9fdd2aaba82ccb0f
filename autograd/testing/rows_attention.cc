#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "autograd/ops.h"
#include "autograd/testing/reference.h"
#include "autograd/testing/rows.h"

namespace tenon::autograd::testing::rows {
namespace {

/// Sizes of q [B,H,T,D], k [B,G,S,D] and v [B,G,S,E].
struct Sizes {
  std::int64_t b, h, g, t, s, d, e;
};

/// What is added to the score of query i and key j of one head; -infinity where it is not seen.
double hidden_or_added(const Tensor& mask, const Array& added, const AttentionParams& params,
                       const Dims& at) {
  constexpr double kHidden = -std::numeric_limits<double>::infinity();
  if (params.causal && at[3] > at[2] + params.offset) return kHidden;
  if (!mask.defined()) return 0;
  if (mask.dtype() == DType::kBool) return added.at(at) != 0 ? 0 : kHidden;
  return added.at(at);
}

Tensor attention_reference(Values in, const Tensor& mask, const AttentionParams& params) {
  const Array q(in[0]), k(in[1]), v(in[2]);
  const Array added(mask.defined() ? mask : zeros({}));
  const std::int64_t served = q.shape[1] / k.shape[1], keys = k.shape[2], width = q.shape[3];
  const double scale = params.scale != 0 ? params.scale : 1 / std::sqrt(static_cast<double>(width));
  Array y({q.shape[0], q.shape[1], q.shape[2], v.shape[3]});
  for_each_index({q.shape[0], q.shape[1], q.shape[2]}, [&](const Dims& i) {
    double total = 0;
    std::vector<double> weights;
    for (std::int64_t j = 0; j < keys; ++j) {
      double score = 0;
      for (std::int64_t d = 0; d < width; ++d) {
        score += q.at({i[0], i[1], i[2], d}) * k.at({i[0], i[1] / served, j, d});
      }
      const double bias = hidden_or_added(mask, added, params, {i[0], i[1], i[2], j});
      weights.push_back(std::exp(score * scale + bias));
      total += weights.back();
    }
    for (std::int64_t j = 0; j < keys && total > 0; ++j) {
      for (std::int64_t e = 0; e < v.shape[3]; ++e) {
        y.at({i[0], i[1], i[2], e}) +=
            weights[static_cast<std::size_t>(j)] / total * v.at({i[0], i[1] / served, j, e});
      }
    }
  });
  return y.tensor();
}

Sample attention(std::string name, const Sizes& n, const AttentionParams& params = {},
                 const Tensor& mask = {}) {
  return {.name = std::move(name),
          .inputs = {values({n.b, n.h, n.t, n.d}, -1, 1, 1), values({n.b, n.g, n.s, n.d}, -1, 1, 2),
                     values({n.b, n.g, n.s, n.e}, -1, 1, 3)},
          .call =
              [params, mask](Inputs x) {
                const bool added = mask.defined() && is_floating(mask.dtype());
                return autograd::scaled_dot_product_attention(
                    x[0], x[1], x[2], beside(added ? mask.to(x[0].dtype()) : mask, x), params);
              },
          .reference = [params, mask](Values x) { return attention_reference(x, mask, params); }};
}

/// Sees about two thirds of the keys, and the last query none.
Tensor some_seen(const Shape& shape) {
  const Tensor mask = ne(indices(shape, 3), 0.0);
  mask.select(-2, -1).fill_(0);
  return mask;
}

/// Multiples of 1/4, exact in every dtype, and some -infinity.
Tensor some_added(const Shape& shape) {
  const Tensor whole = indices(shape, 9).to(DType::kF64);
  return where(eq(whole, 8.0), full({}, -INFINITY, {.dtype = DType::kF64}), (whole - 4.0) / 4.0);
}

BadInput refused(std::string name, const Shape& q, const Shape& k, const Shape& v,
                 std::vector<std::string> message, const Tensor& mask = {},
                 Throws error = Throws::kShapeError, const AttentionParams& params = {}) {
  return {.name = std::move(name),
          .call =
              [=] {
                autograd::scaled_dot_product_attention(zeros(q), zeros(k), zeros(v), mask, params);
              },
          .error = error,
          .message = std::move(message)};
}

std::vector<Sample> attention_samples() {
  std::vector<Sample> samples = {
      attention("one head", {1, 1, 1, 3, 4, 2, 3}),
      attention("batch and heads", {2, 2, 2, 3, 3, 4, 2}),
      attention("grouped heads", {1, 4, 2, 2, 3, 2, 2}),
      attention("causal", {1, 2, 1, 4, 4, 2, 2}, {.causal = true}),
      attention("causal after a cache", {1, 1, 1, 2, 5, 2, 2}, {.causal = true, .offset = 3}),
      attention("causal with fewer keys", {1, 1, 1, 4, 2, 2, 2}, {.causal = true}),
      attention("scale", {1, 1, 1, 3, 3, 2, 2}, {.scale = 0.25}),
      attention("mask", {1, 2, 2, 3, 4, 2, 2}, {}, some_seen({1, 1, 3, 4})),
      attention("mask of heads, causal", {1, 2, 2, 3, 3, 2, 2}, {.causal = true},
                some_seen({2, 3, 3})),
      attention("added mask", {2, 1, 1, 2, 4, 2, 2}, {}, some_added({2, 1, 1, 4})),
      attention("one query", {1, 2, 2, 1, 3, 4, 4}),
      attention("no batch", {0, 2, 2, 3, 3, 4, 4}),
      attention("no keys", {1, 1, 1, 2, 0, 4, 4})};
  // More than one tile each way. Values do not cancel: the weights are rounded to 16 bits.
  Sample large = attention("large", {1, 2, 1, 150, 300, 5, 3}, {.causal = true, .offset = 140});
  large.inputs[2] = values({1, 1, 300, 3}, 0.5, 1.5);
  large.differentiable = false;
  samples.push_back(std::move(large));
  return samples;
}

}  // namespace

OpRow scaled_dot_product_attention() {
  const Shape x{2, 4, 3, 8};
  return {
      .name = {},
      .dtypes = floating(),
      .samples = attention_samples(),
      .bad = {refused("3-d query", {4, 3, 8}, x, x, {"q", "4 dimensions", "[4,3,8]"}),
              refused("batch", {3, 4, 3, 8}, x, x, {"batch", "[3,4,3,8]", "[2,4,3,8]"}),
              refused("heads", {2, 6, 3, 8}, x, x, {"multiple", "[2,6,3,8]", "[2,4,3,8]"}),
              refused("keys and values", x, {2, 4, 5, 8}, x, {"k and v", "[2,4,5,8]"}),
              refused("width", {2, 4, 3, 7}, x, x, {"width", "[2,4,3,7]", "[2,4,3,8]"}),
              refused("mask", x, x, x, {"mask", "[2,4,3,3]", "[3,4]"},
                      zeros({3, 4}, {.dtype = DType::kBool})),
              refused("dtype of the mask", x, x, x, {"mask", "f64", "f32"},
                      zeros({3, 3}, {.dtype = DType::kF64}), Throws::kDTypeError),
              refused("offset", x, x, x, {"offset", "-1"}, {}, Throws::kValueError, {.offset = -1}),
              {.name = "dropout",
               .call =
                   [x] {
                     autograd::scaled_dot_product_attention(zeros(x), zeros(x), zeros(x), {}, {},
                                                            1);
                   },
               .error = Throws::kValueError,
               .message = {"dropout", "1"}}},
      .tolerance = 8};
}

OpRow embed_columns() {
  // The categories are no inputs: next to a whole number lies another row of the table.
  const auto sample = [](std::string name, std::int64_t count, std::int64_t numbers,
                         const std::vector<Shape>& tables) -> Sample {
    std::vector<Tensor> inputs = {values({count, numbers})}, ids;
    for (const Shape& table : tables) {
      inputs.push_back(values(table, -2, 2, 3 + table[0]));
      ids.push_back(indices({count, 1}, table[0], 5 + table[1]));
    }
    const Tensor categories =
        ids.empty() ? zeros({count, 0}, {.dtype = DType::kI64}) : tenon::cat(ids, 1);
    return {.name = std::move(name),
            .inputs = std::move(inputs),
            .call =
                [categories, numbers](Inputs x) {
                  const Variable which = beside(categories, x).to(x[0].dtype());
                  const std::vector<Variable> parts = {x[0], which};
                  return autograd::embed_columns(cat(parts, 1), numbers, x.subspan(1));
                },
            .reference =
                [categories, count, numbers](Values in) {
                  const Array number(in[0]), id(categories);
                  std::int64_t width = numbers;
                  for (const Tensor& table : in.subspan(1)) width += table.size(1);
                  Array y({count, width});
                  for (std::int64_t r = 0; r < count; ++r) {
                    for (std::int64_t c = 0; c < numbers; ++c) y.at({r, c}) = number.at({r, c});
                    std::int64_t at = numbers, k = 0;
                    for (const Tensor& values : in.subspan(1)) {
                      const Array table(values);
                      const auto row = static_cast<std::int64_t>(id.at({r, k++}));
                      for (std::int64_t d = 0; d < values.size(1); ++d) {
                        y.at({r, at++}) = table.at({row, d});
                      }
                    }
                  }
                  return y.tensor();
                }};
  };
  const auto refused = [](std::string name, const Tensor& rows, std::int64_t numbers,
                          const Tensor& table, Throws error,
                          std::vector<std::string> message) -> BadInput {
    return {.name = std::move(name),
            .call =
                [=] {
                  const std::vector<Variable> tables = {table};
                  autograd::embed_columns(rows, numbers, tables);
                },
            .error = error,
            .message = std::move(message)};
  };
  const Tensor rows = tensor({1, 2, 3, 0}).reshape({2, 2}), table = zeros({3, 4});
  return {.name = {},
          .dtypes = floating(),
          .samples = {sample("two tables", 5, 2, {{4, 3}, {2, 1}}), sample("wide", 3, 1, {{2, 9}}),
                      sample("no numbers", 4, 0, {{3, 5}}), sample("no tables", 3, 2, {}),
                      sample("no rows", 0, 2, {{3, 2}}), sample("many", 67, 10, {{40, 6}, {4, 2}})},
          .bad = {refused("category beyond its table", tensor({1, 2, 0, 3}).reshape({2, 2}), 1,
                          table, Throws::kIndexError, {"[0, 3)", "column 1", "got 3", "row 1"}),
                  refused("negative category", tensor({1, -1}).reshape({1, 2}), 1, table,
                          Throws::kIndexError, {"-1"}),
                  refused("another number of columns", rows, 2, table, Throws::kShapeError,
                          {"[N,3]", "[2,2]"}),
                  refused("1-d table", rows, 1, zeros({3}), Throws::kShapeError, {"table", "[3]"}),
                  refused("rows of integers", rows.to(DType::kI64), 1, table, Throws::kDTypeError,
                          {"rows", "i64"})},
          .tolerance = 1};
}

OpRow embedding() {
  const auto sample = [](std::string name, const Shape& table, const Shape& ids,
                         std::int64_t padding = -1) -> Sample {
    const Tensor index = indices(ids, table[0]);
    return {.name = std::move(name),
            .inputs = {values(table)},
            .call = [index, padding](
                        Inputs x) { return autograd::embedding(x[0], beside(index, x), padding); },
            .reference =
                [index](Values in) {
                  const Array weight(in[0]), at(index);
                  Shape shape = index.shape();
                  shape.push_back(weight.shape[1]);
                  Array y(shape);
                  for_each_index(shape, [&](const Dims& i) {
                    const Shape place(std::span<const std::int64_t>(i).first(i.size() - 1));
                    y.at(i) = weight.at({static_cast<std::int64_t>(at.at(place)), i.back()});
                  });
                  return y.tensor();
                }};
  };
  Sample padded = sample("padding", {4, 3}, {6}, 2);
  padded.differentiable = false;  // differences see the row that collects no gradient
  const auto refused = [](std::string name, const Tensor& table, const Tensor& ids, Throws error,
                          std::vector<std::string> message) -> BadInput {
    return {.name = std::move(name),
            .call = [table, ids] { autograd::embedding(table, ids); },
            .error = error,
            .message = std::move(message)};
  };
  const Tensor table = zeros({3, 2});
  return {.name = {},
          .dtypes = floating(),
          .samples = {sample("words", {5, 3}, {2, 4}), sample("one", {3, 2}, {}),
                      sample("one column", {7, 1}, {9}), sample("none", {3, 2}, {0, 4}),
                      std::move(padded)},
          .bad = {refused("index beyond the table", table, from_vector<std::int64_t>({0, 3}),
                          Throws::kIndexError, {"[0, 3)", "3", "position 1", "i64 [2]"}),
                  refused("negative index", table, from_vector<std::int64_t>({-1}),
                          Throws::kIndexError, {"-1", "position 0"}),
                  refused("indices of f32", table, zeros({2}), Throws::kDTypeError,
                          {"indices", "i64", "f32"}),
                  refused("3-d table", zeros({2, 2, 2}), from_vector<std::int64_t>({0}),
                          Throws::kShapeError, {"weight", "[2,2,2]"})},
          .tolerance = 1};
}

}  // namespace tenon::autograd::testing::rows

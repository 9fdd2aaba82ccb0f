#include <algorithm>
#include <numeric>
#include <utility>

#include "autograd/ops.h"
#include "autograd/testing/reference.h"
#include "autograd/testing/rows.h"

namespace tenon::autograd::testing::rows {
namespace {

/// The first k along `dim`, equals in their order: values, or the places they had.
Tensor first_of(const Tensor& tensor, std::int64_t k, int dim, bool descending, bool places) {
  const Array x(tensor);
  if (x.shape.empty()) return places ? zeros({}, {.dtype = DType::kF64}) : x.tensor();
  Shape shape = x.shape;
  if (dim < 0) dim += shape.size();
  shape[dim] = k;
  Shape others = x.shape;
  others[dim] = 1;
  Array result(shape);
  for_each_index(others, [&](Dims at) {
    std::vector<double> row;
    for (at[dim] = 0; at[dim] < x.shape[dim]; ++at[dim]) row.push_back(x.at(at));
    std::vector<std::size_t> order(row.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return descending ? row[a] > row[b] : row[a] < row[b];
    });
    for (at[dim] = 0; at[dim] < k; ++at[dim]) {
      const std::size_t place = order[static_cast<std::size_t>(at[dim])];
      result.at(at) = places ? static_cast<double>(place) : row[place];
    }
  });
  return result.tensor();
}

struct Call {
  std::string name;
  Shape shape;
  std::int64_t k;
  int dim;
  bool descending;
};

/// What an operation returns of both, `of` the same for the reference.
template <class Op>
Sample sample(const Call& c, const Op& op, bool places) {
  return {.name = c.name + (places ? ", indices" : ""),
          .inputs = {values(c.shape, -50, 50)},
          .call = [=](Inputs x) -> Variable {
            const auto [ordered, indices] = op(x[0], c);
            return places ? Variable(indices) : ordered;
          },
          .reference = [=](Values x) { return first_of(x[0], c.k, c.dim, c.descending, places); },
          .differentiable = !places && numel(c.shape) < 1000};
}

template <class Op>
OpRow row_of(const std::vector<Call>& calls, const Op& op) {
  OpRow row{.name = {},
            .dtypes = numeric(),
            .samples = {},
            .bad = {{.name = "dim out of range",
                     .call =
                         [op] {
                           op(zeros({2, 3}), Call{"", {}, 1, 2, false});
                         },
                     .error = Throws::kIndexError,
                     .message = {"2"}},
                    {.name = "bool",
                     .call =
                         [op] {
                           op(zeros({2}, {.dtype = DType::kBool}), Call{"", {}, 1, 0, false});
                         },
                     .error = Throws::kDTypeError,
                     .message = {"bool", "[2]"}},
                    {.name = "undefined argument",
                     .call =
                         [op] {
                           op(Variable(), Call{"", {}, 1, 0, false});
                         },
                     .error = Throws::kValueError,
                     .message = {"undefined"}}},
            .tolerance = 1};
  for (const Call& call : calls) {
    row.samples.push_back(sample(call, op, false));
    row.samples.push_back(sample(call, op, true));
  }
  return row;
}

}  // namespace

OpRow sort() {
  const auto op = [](const Variable& x, const Call& c) {
    return autograd::sort(x, c.dim, c.descending);
  };
  return row_of({{"rows", {3, 5}, 5, 1, false},
                 {"columns, descending", {3, 5}, 3, 0, true},
                 {"middle", {2, 4, 3}, 4, -2, false},
                 {"0-d", {}, 1, 0, false},
                 {"empty", {2, 0}, 0, 1, false},
                 {"large", {3, 301}, 301, 1, true}},
                op);
}

OpRow topk() {
  const auto op = [](const Variable& x, const Call& c) {
    return autograd::topk(x, c.k, c.dim, c.descending);
  };
  OpRow row = row_of({{"largest", {3, 5}, 2, 1, true},
                      {"smallest of columns", {4, 3}, 3, 0, false},
                      {"middle", {2, 4, 3}, 1, -2, true},
                      {"none", {2, 3}, 0, 1, true},
                      {"0-d", {}, 1, 0, true},
                      {"large", {3, 301}, 17, 1, true}},
                     op);
  row.bad.push_back({.name = "more than there are",
                     .call =
                         [] {
                           autograd::topk(zeros({2, 3}), 4, 1);
                         },
                     .error = Throws::kValueError,
                     .message = {"[2,3]", "3", "4"}});
  row.bad.push_back({.name = "a negative number",
                     .call =
                         [] {
                           autograd::topk(zeros({2, 3}), -1, 1);
                         },
                     .error = Throws::kValueError,
                     .message = {"-1"}});
  return row;
}

}  // namespace tenon::autograd::testing::rows

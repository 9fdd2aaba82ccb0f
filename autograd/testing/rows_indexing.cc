#include <utility>

#include "autograd/ops.h"
#include "autograd/testing/reference.h"
#include "autograd/testing/rows.h"

namespace tenon::autograd::testing::rows {
namespace {

std::int64_t whole(double value) { return static_cast<std::int64_t>(value); }

Shape with_size(Shape shape, int dim, std::int64_t size) {
  shape[dim] = size;
  return shape;
}

Tensor i64(const std::vector<std::int64_t>& list) { return from_vector(list); }

/// What all four refuse: an index out of range, one that is not i64, a dim that is not there.
template <class Call>
std::vector<BadInput> refusals(Call call, const Shape& index_shape, const char* argument) {
  const Tensor zero = zeros(index_shape, {.dtype = DType::kI64});
  return {{.name = "index out of range",
           .call = [=] { call(0, zero + tenon::full({}, 2, {.dtype = DType::kI64})); },
           .error = Throws::kIndexError,
           .message = {"[0, 2)", "2"}},
          {.name = "negative index",
           .call = [=] { call(0, zero - tenon::full({}, 1, {.dtype = DType::kI64})); },
           .error = Throws::kIndexError,
           .message = {"-1"}},
          {.name = "index that is not i64",
           .call = [=] { call(0, zeros(index_shape)); },
           .error = Throws::kDTypeError,
           .message = {"i64", "f32"}},
          {.name = "dim out of range",
           .call = [=] { call(2, zero); },
           .error = Throws::kIndexError,
           .message = {"2"}},
          {.name = "index of another rank",
           .call = [=] { call(0, zero.unsqueeze(0)); },
           .error = Throws::kShapeError,
           .message = {argument}}};
}

}  // namespace

OpRow index_select() {
  const auto sample = [](std::string name, const Shape& shape, int dim, int axis,
                         const std::vector<std::int64_t>& list) -> Sample {
    const Tensor rows = i64(list);
    return {.name = std::move(name),
            .inputs = {values(shape, -100, 100)},
            .call = [dim,
                     rows](Inputs x) { return autograd::index_select(x[0], dim, beside(rows, x)); },
            .reference =
                [axis, rows](Values in) {
                  const Array x(in[0]), row(rows);
                  Array result(with_size(x.shape, axis, rows.numel()));
                  for_each_index(result.shape, [&](const Dims& i) {
                    Dims from = i;
                    from[axis] = whole(row.at({i[axis]}));
                    result.at(i) = x.at(from);
                  });
                  return result.tensor();
                }};
  };
  return {.name = {},
          .dtypes = numeric(),
          .samples = {sample("rows", {4, 3}, 0, 0, {2, 0, 2}),
                      sample("columns", {2, 5}, -1, 1, {4, 4, 1}),
                      sample("middle", {2, 3, 2}, 1, 1, {1}), sample("1-d", {5}, 0, 0, {3, 1}),
                      sample("nothing", {4, 3}, 0, 0, {}),
                      sample("of empty rows", {2, 0}, 0, 0, {1, 1})},
          .bad = refusals(
              [](int dim, const Tensor& index) {
                autograd::index_select(zeros({2, 3}), dim, index);
              },
              {2}, "indices"),
          .tolerance = 1};
}

OpRow index_add() {
  const auto sample = [](std::string name, const Shape& shape, int dim, int axis,
                         const std::vector<std::int64_t>& list) -> Sample {
    const Tensor rows = i64(list);
    return {.name = std::move(name),
            .inputs = {values(shape, -10, 10, 1),
                       values(with_size(shape, axis, rows.numel()), -10, 10, 2)},
            .call = [dim, rows](
                        Inputs x) { return autograd::index_add(x[0], dim, beside(rows, x), x[1]); },
            .reference =
                [axis, rows](Values in) {
                  Array result(in[0]);
                  const Array added(in[1]), row(rows);
                  for_each_index(added.shape, [&](const Dims& i) {
                    Dims to = i;
                    to[axis] = whole(row.at({i[axis]}));
                    result.at(to) += added.at(i);
                  });
                  return result.tensor();
                }};
  };
  OpRow row{
      .name = {},
      .dtypes = numeric(),
      .samples = {sample("rows", {4, 3}, 0, 0, {2, 0, 2}),
                  sample("columns", {2, 5}, -1, 1, {4, 4, 1}),
                  sample("middle", {2, 3, 2}, 1, 1, {1}), sample("nothing", {4, 3}, 0, 0, {})},
      .bad = refusals(
          [](int dim, const Tensor& index) {
            autograd::index_add(zeros({2, 3}), dim, index, zeros({2, 3}));
          },
          {2}, "indices"),
      .tolerance = 2};
  row.bad.push_back({.name = "values of another shape",
                     .call =
                         [] {
                           autograd::index_add(zeros({2, 3}), 0, i64({0, 1}), zeros({1, 3}));
                         },
                     .error = Throws::kShapeError,
                     .message = {"values", "[2,3]", "[1,3]"}});
  return row;
}

OpRow gather() {
  const auto sample = [](std::string name, const Shape& shape, int dim, int axis,
                         const Shape& index_shape) -> Sample {
    const Tensor index = indices(index_shape, shape[axis]);
    return {
        .name = std::move(name),
        .inputs = {values(shape, -100, 100)},
        .call = [dim, index](Inputs x) { return autograd::gather(x[0], dim, beside(index, x)); },
        .reference =
            [axis, index](Values in) {
              const Array x(in[0]), place(index);
              Array result(index.shape());
              for_each_index(result.shape, [&](const Dims& i) {
                Dims from = i;
                from[axis] = whole(place.at(i));
                result.at(i) = x.at(from);
              });
              return result.tensor();
            }};
  };
  OpRow row{
      .name = {},
      .dtypes = numeric(),
      .samples = {sample("rows", {4, 3}, 0, 0, {2, 3}), sample("columns", {3, 5}, -1, 1, {3, 7}),
                  sample("fewer rows", {3, 4}, 1, 1, {2, 2}), sample("1-d", {5}, 0, 0, {3}),
                  sample("3-d", {2, 3, 2}, 1, 1, {2, 2, 2}),
                  sample("nothing", {4, 3}, 0, 0, {0, 3})},
      .bad = refusals(
          [](int dim, const Tensor& index) {
            autograd::gather(zeros({2, 3}), dim, index);
          },
          {1, 3}, "index"),
      .tolerance = 1};
  row.bad.push_back(
      {.name = "index larger than x",
       .call =
           [] {
             autograd::gather(zeros({2, 3}), 0, zeros({2, 4}, {.dtype = DType::kI64}));
           },
       .error = Throws::kShapeError,
       .message = {"[2,3]", "[2,4]"}});
  return row;
}

OpRow scatter_add() {
  const auto sample = [](std::string name, const Shape& shape, int dim, int axis,
                         const Shape& index_shape) -> Sample {
    const Tensor index = indices(index_shape, shape[axis]);
    return {
        .name = std::move(name),
        .inputs = {values(shape, -10, 10, 1), values(index_shape, -10, 10, 2)},
        .call = [dim, index](
                    Inputs x) { return autograd::scatter_add(x[0], dim, beside(index, x), x[1]); },
        .reference =
            [axis, index](Values in) {
              Array result(in[0]);
              const Array added(in[1]), place(index);
              for_each_index(added.shape, [&](const Dims& i) {
                Dims to = i;
                to[axis] = whole(place.at(i));
                result.at(to) += added.at(i);
              });
              return result.tensor();
            }};
  };
  OpRow row{
      .name = {},
      .dtypes = numeric(),
      .samples = {sample("rows", {4, 3}, 0, 0, {2, 3}), sample("columns", {3, 5}, -1, 1, {3, 7}),
                  sample("fewer rows", {3, 4}, 1, 1, {2, 2}),
                  sample("nothing", {4, 3}, 0, 0, {0, 3})},
      .bad = refusals(
          [](int dim, const Tensor& index) {
            autograd::scatter_add(zeros({2, 3}), dim, index, zeros(index.shape()));
          },
          {1, 3}, "index"),
      .tolerance = 4};
  row.bad.push_back({.name = "values of another shape",
                     .call =
                         [] {
                           autograd::scatter_add(zeros({2, 3}), 0,
                                                 zeros({1, 3}, {.dtype = DType::kI64}),
                                                 zeros({2, 3}));
                         },
                     .error = Throws::kShapeError,
                     .message = {"values", "[1,3]", "[2,3]"}});
  return row;
}

}  // namespace tenon::autograd::testing::rows

#include <algorithm>
#include <utility>

#include "autograd/ops.h"
#include "autograd/testing/reference.h"
#include "autograd/testing/rows.h"

namespace tenon::autograd::testing::rows {
namespace {

std::int64_t whole(double value) { return static_cast<std::int64_t>(value); }

/// true where the seed says so, about half of the time.
Tensor mask_of(const Shape& shape, std::uint64_t seed = 7) {
  return indices(shape, 2, seed).to(DType::kBool);
}

BadInput refused(std::string name, std::function<void()> call, Throws error,
                 std::vector<std::string> message) {
  return {.name = std::move(name),
          .call = std::move(call),
          .error = error,
          .message = std::move(message)};
}

/// What all masks refuse.
template <class Call>
std::vector<BadInput> mask_refusals(Call call) {
  return {refused("mask that is not bool",
                  [=] {
                    call(zeros({2, 3}), zeros({2, 3}));
                  },
                  Throws::kDTypeError, {"mask", "bool", "f32"}),
          refused("mask of another shape",
                  [=] {
                    call(zeros({2, 3}), mask_of({2, 2}));
                  },
                  Throws::kShapeError, {"[2,3]", "[2,2]"}),
          refused("undefined x", [=] { call(Variable(), mask_of({2})); }, Throws::kValueError,
                  {"undefined"}),
          refused("undefined mask", [=] { call(zeros({2}), Tensor()); }, Throws::kValueError,
                  {"mask", "undefined"})};
}

/// What all indices refuse.
template <class Call>
std::vector<BadInput> index_refusals(Call call) {
  const Tensor zero = zeros({2, 3}, {.dtype = DType::kI64});
  return {
      refused("index out of range",
              [=] { call(0, zero + tenon::full({}, 2, {.dtype = DType::kI64})); },
              Throws::kIndexError, {"[0, 2)", "2"}),
      refused("negative index", [=] { call(0, zero - tenon::full({}, 1, {.dtype = DType::kI64})); },
              Throws::kIndexError, {"-1"}),
      refused("index that is not i64",
              [=] {
                call(0, zeros({2, 3}));
              },
              Throws::kDTypeError, {"i64", "f32"}),
      refused("dim out of range", [=] { call(2, zero); }, Throws::kIndexError, {"2"}),
      refused("index of another rank", [=] { call(0, zero.unsqueeze(0)); }, Throws::kShapeError,
              {"index"})};
}

}  // namespace

OpRow scatter() {
  const auto sample = [](std::string name, const Shape& shape, int dim, int axis,
                         const Tensor& index) -> Sample {
    return {.name = std::move(name),
            .inputs = {values(shape, -100, 100, 1), values(index.shape(), -100, 100, 2)},
            .call = [=](Inputs x) { return autograd::scatter(x[0], dim, beside(index, x), x[1]); },
            .reference =
                [axis, index](Values in) {
                  Array result(in[0]);
                  const Array written(in[1]), place(index);
                  for_each_index(index.shape(), [&](const Dims& i) {
                    Dims to = i;
                    to[axis] = whole(place.at(i));
                    result.at(to) = written.at(i);
                  });
                  return result.tensor();
                }};
  };
  OpRow row{.name = {},
            .dtypes = numeric(),
            .samples = {sample("rows", {4, 3}, 0, 0, indices({2, 3}, 4)),
                        sample("columns", {3, 5}, -1, 1, indices({2, 4}, 5)),
                        sample("middle", {2, 3, 2}, 1, 1, indices({2, 1, 2}, 3)),
                        sample("one place many times", {3}, 0, 0, indices({7}, 2)),
                        sample("nothing", {4, 3}, 0, 0, indices({0, 3}, 4))},
            .bad = index_refusals([](int dim, const Tensor& index) {
              autograd::scatter(zeros({2, 3}), dim, index, zeros({2, 3}));
            }),
            .tolerance = 1};
  row.bad.push_back(
      refused("values of another shape",
              [] {
                autograd::scatter(zeros({2, 3}), 0, indices({2, 3}, 2), zeros({1, 3}));
              },
              Throws::kShapeError, {"values", "[2,3]", "[1,3]"}));
  return row;
}

OpRow take_along_dim() {
  const auto sample = [](std::string name, const Shape& shape, int dim, int axis,
                         const Shape& index_shape, const Shape& result_shape) -> Sample {
    const Tensor index = indices(index_shape, shape[axis]);
    return {.name = std::move(name),
            .inputs = {values(shape, -100, 100)},
            .call = [dim, index](
                        Inputs x) { return autograd::take_along_dim(x[0], beside(index, x), dim); },
            .reference =
                [axis, index, result_shape](Values in) {
                  const Array x(in[0]), place(index);
                  Array result(result_shape);
                  for_each_index(result.shape, [&](const Dims& i) {
                    Dims from = i;
                    from[axis] = whole(place.at(i));
                    result.at(i) = x.at(from);
                  });
                  return result.tensor();
                }};
  };
  return {.name = {},
          .dtypes = numeric(),
          .samples = {sample("same shape", {3, 4}, 1, 1, {3, 4}, {3, 4}),
                      sample("one index a row", {3, 4}, -1, 1, {3, 1}, {3, 1}),
                      sample("index broadcast", {3, 4}, 1, 1, {1, 2}, {3, 2}),
                      sample("x broadcast", {4, 1}, 0, 0, {2, 3}, {2, 3}),
                      sample("nothing", {3, 4}, 0, 0, {0, 4}, {0, 4})},
          .bad = index_refusals([](int dim, const Tensor& index) {
            autograd::take_along_dim(zeros({2, 3}), index, dim);
          }),
          .tolerance = 1};
}

OpRow masked_fill() {
  const auto sample = [](std::string name, const Shape& shape, const Shape& mask_shape,
                         double value) -> Sample {
    const Tensor mask = mask_of(mask_shape);
    return {.name = std::move(name),
            .inputs = {values(shape, -100, 100)},
            .call = [=](Inputs x) { return autograd::masked_fill(x[0], beside(mask, x), value); },
            .reference =
                [=](Values in) {
                  return map2(mask, in[0],
                              [value](double m, double x) { return m != 0 ? value : x; });
                }};
  };
  return {.name = {},
          .dtypes = numeric(),
          .samples = {sample("same shape", {3, 4}, {3, 4}, 7), sample("row mask", {3, 4}, {4}, -2),
                      sample("x broadcast", {4}, {3, 4}, 1), sample("0-d", {}, {}, 5),
                      sample("empty", {0, 3}, {3}, 1)},
          .bad = mask_refusals(
              [](const Variable& x, const Tensor& mask) { autograd::masked_fill(x, mask, 1); }),
          .tolerance = 1};
}

OpRow masked_select() {
  const auto sample = [](std::string name, const Shape& shape, const Tensor& mask) -> Sample {
    return {.name = std::move(name),
            .inputs = {values(shape, -100, 100)},
            .call = [mask](Inputs x) { return autograd::masked_select(x[0], beside(mask, x)); },
            .reference =
                [mask](Values in) {
                  const Array x(in[0]), chosen(mask);
                  Array result(Shape{0});
                  const Shape shape = broadcast_shapes(x.shape, chosen.shape, "reference");
                  for_each_index(shape, [&](const Dims& i) {
                    if (chosen.at(i) != 0) result.values.push_back(x.at(i));
                  });
                  result.shape[0] = static_cast<std::int64_t>(result.values.size());
                  return result.tensor();
                }};
  };
  return {.name = {},
          .dtypes = numeric(),
          .samples = {sample("same shape", {3, 4}, mask_of({3, 4})),
                      sample("mask broadcast", {3, 4}, mask_of({3, 1})),
                      sample("x broadcast", {4}, mask_of({3, 4})),
                      sample("0-d", {}, ones({}, {.dtype = DType::kBool})),
                      sample("none", {3}, zeros({3}, {.dtype = DType::kBool})),
                      sample("empty", {0, 3}, mask_of({3}))},
          .bad = mask_refusals(
              [](const Variable& x, const Tensor& mask) { autograd::masked_select(x, mask); }),
          .tolerance = 1};
}

}  // namespace tenon::autograd::testing::rows

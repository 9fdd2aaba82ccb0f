#include <algorithm>
#include <utility>

#include "autograd/ops.h"
#include "autograd/testing/reference.h"
#include "autograd/testing/rows.h"
#include "autograd/testing/rows_moves.h"

namespace tenon::autograd::testing::rows {
OpRow reshape() {
  const auto to = [](Shape shape) { return [shape](V x) { return autograd::reshape(x, shape); }; };
  return row({renamed("2-d to 3-d", {4, 6}, to({2, 3, 4}), {2, 3, 4}),
              renamed("inferred size", {4, 6}, to({3, -1}), {3, 8}),
              renamed("to 1-d", {2, 3, 2}, to({-1}), {12}), renamed("0-d to 1-d", {}, to({1}), {1}),
              renamed("to 0-d", {1, 1}, to({}), {}), renamed("empty", {0, 3}, to({3, 0}), {3, 0})},
             {refused("other count", to({4}), Throws::kShapeError, {"[2,3]", "[4]"}),
              refused("two inferred sizes", to({-1, -1}), Throws::kShapeError, {"[-1,-1]"}),
              undefined(to({4}))});
}

OpRow flatten() {
  const auto from = [](int first, int last) {
    return [first, last](V x) { return autograd::flatten(x, first, last); };
  };
  return row({renamed("all", {2, 3, 2}, from(0, -1), {12}),
              renamed("all but the batch", {2, 3, 2}, from(1, -1), {2, 6}),
              renamed("middle", {2, 3, 2, 2}, from(1, 2), {2, 6, 2}),
              renamed("0-d", {}, from(0, -1), {1}), renamed("empty", {0, 3}, from(0, -1), {0})},
             {refused("dim out of range", from(0, 2), Throws::kIndexError, {"2"}),
              refused("wrong order", from(1, 0), Throws::kShapeError, {"1", "0"}),
              undefined(from(0, -1))});
}

OpRow transpose() {
  const auto swap = [](int a, int b) {
    return [a, b](V x) { return autograd::transpose(x, a, b); };
  };
  const auto swapped = [](int a, int b) {
    return [a, b](Dims i) {
      std::swap(i[a], i[b]);
      return i;
    };
  };
  return row(
      {moved("2-d", {3, 4}, swap(0, 1), {4, 3}, swapped(0, 1)),
       moved("last two", {2, 3, 4}, swap(-1, -2), {2, 4, 3}, swapped(1, 2)),
       moved("outer and inner", {2, 3, 4}, swap(0, 2), {4, 3, 2}, swapped(0, 2)),
       moved("empty", {0, 3}, swap(0, 1), {3, 0}, swapped(0, 1))},
      {refused("dim out of range", swap(0, 2), Throws::kIndexError, {"2"}), undefined(swap(0, 1))});
}

OpRow permute() {
  const auto by = [](std::vector<int> order) {
    return [order](V x) { return autograd::permute(x, order); };
  };
  const auto source = [](Dims order) {
    return [order](const Dims& i) {
      Dims from = i;
      for (int d = 0; d < i.size(); ++d) from[static_cast<int>(order[d])] = i[d];
      return from;
    };
  };
  return row(
      {moved("3-d", {2, 3, 4}, by({2, 0, 1}), {4, 2, 3}, source({2, 0, 1})),
       moved("negative", {2, 3, 4}, by({-1, 0, -2}), {4, 2, 3}, source({2, 0, 1})),
       moved("channels last", {2, 3, 4, 2}, by({0, 2, 3, 1}), {2, 4, 2, 3}, source({0, 2, 3, 1})),
       moved("0-d", {}, by({}), {}, source({})),
       moved("empty", {2, 0}, by({1, 0}), {0, 2}, source({1, 0}))},
      {refused("too few", by({0}), Throws::kShapeError, {"permute"}),
       refused("twice the same", by({0, 0}), Throws::kShapeError, {"permute"}), undefined(by({}))});
}

OpRow expand() {
  const auto to = [](Shape shape) { return [shape](V x) { return autograd::expand(x, shape); }; };
  // Array broadcasts by itself.
  const auto same = [](const Dims& i) { return i; };
  return row({moved("one dimension", {3, 1}, to({3, 4}), {3, 4}, same),
              moved("leading dimension", {3}, to({2, 3}), {2, 3}, same),
              moved("kept size", {3, 1}, to({2, -1, 4}), {2, 3, 4}, same),
              moved("0-d", {}, to({2, 3}), {2, 3}, same),
              moved("to empty", {1, 3}, to({0, 3}), {0, 3}, same)},
             {refused("size that is not 1", to({4, 3}), Throws::kShapeError, {"[2,3]", "[4,3]"}),
              refused("fewer dimensions", to({3}), Throws::kShapeError, {"[2,3]", "[3]"}),
              undefined(to({4, 3}))});
}

OpRow slice() {
  const auto part = [](int dim, std::int64_t begin, std::int64_t end, std::int64_t step) {
    return [=](V x) { return autograd::slice(x, dim, begin, end, step); };
  };
  const auto source = [](int dim, std::int64_t begin, std::int64_t step) {
    return [=](Dims i) {
      i[dim] = begin + i[dim] * step;
      return i;
    };
  };
  return row(
      {moved("rows", {5, 3}, part(0, 1, 3, 1), {2, 3}, source(0, 1, 1)),
       moved("every second column", {2, 7}, part(1, 1, INT64_MAX, 2), {2, 3}, source(1, 1, 2)),
       moved("from the end", {6}, part(-1, -3, -1, 1), {2}, source(0, 3, 1)),
       moved("clipped", {3, 2}, part(0, -10, 10, 1), {3, 2}, source(0, 0, 1)),
       moved("nothing", {3, 2}, part(0, 2, 1, 1), {0, 2}, source(0, 0, 1)),
       moved("of empty", {0, 2}, part(1, 0, 1, 1), {0, 1}, source(1, 0, 1))},
      {refused("dim out of range", part(2, 0, 1, 1), Throws::kIndexError, {"2"}),
       refused("step 0", part(0, 0, 1, 0), Throws::kValueError, {"step", "0"}),
       undefined(part(0, 0, 1, 1))});
}

OpRow select() {
  const auto one = [](int dim, std::int64_t index) {
    return [=](V x) { return autograd::select(x, dim, index); };
  };
  const auto source = [](int dim, std::int64_t index) {
    return [=](Dims i) {
      i.insert(dim, index);
      return i;
    };
  };
  return row(
      {moved("row", {3, 4}, one(0, 2), {4}, source(0, 2)),
       moved("column from the end", {3, 4}, one(-1, -1), {3}, source(1, 3)),
       moved("of 1-d", {3}, one(0, 1), {}, source(0, 1)),
       moved("of empty", {2, 0}, one(0, 1), {0}, source(0, 1))},
      {refused("index out of range", one(0, 2), Throws::kIndexError, {"2"}),
       refused("dim out of range", one(2, 0), Throws::kIndexError, {"2"}), undefined(one(0, 0))});
}

OpRow squeeze() {
  const auto at = [](int dim) { return [dim](V x) { return autograd::squeeze(x, dim); }; };
  return row(
      {renamed("middle", {3, 1, 2}, at(1), {3, 2}), renamed("last", {3, 1}, at(-1), {3}),
       renamed("larger than 1", {3, 2}, at(0), {3, 2}), renamed("empty", {1, 0}, at(0), {0})},
      {refused("dim out of range", at(2), Throws::kIndexError, {"2"}), undefined(at(0))});
}

OpRow unsqueeze() {
  const auto at = [](int dim) { return [dim](V x) { return autograd::unsqueeze(x, dim); }; };
  return row(
      {renamed("first", {3, 2}, at(0), {1, 3, 2}), renamed("last", {3, 2}, at(-1), {3, 2, 1}),
       renamed("before the last", {3, 2}, at(-2), {3, 1, 2}), renamed("0-d", {}, at(0), {1}),
       renamed("empty", {0}, at(1), {0, 1})},
      {refused("dim out of range", at(3), Throws::kIndexError, {"3"}), undefined(at(0))});
}

OpRow cat() {
  const auto sample = [](std::string name, std::vector<Shape> shapes, int dim, int axis) -> Sample {
    std::vector<Tensor> parts;
    for (const Shape& shape : shapes) parts.push_back(values(shape, -100, 100, parts.size()));
    return {.name = std::move(name),
            .inputs = std::move(parts),
            .call = [dim](Inputs x) { return autograd::cat(x, dim); },
            .reference =
                [axis](Values x) {
                  Shape shape = x[0].shape();
                  shape[axis] = 0;
                  for (const Tensor& part : x) shape[axis] += part.size(axis);
                  Array result(shape);
                  std::int64_t begin = 0;
                  for (const Tensor& tensor : x) {
                    const Array part(tensor);
                    for_each_index(part.shape, [&](Dims i) {
                      const double value = part.at(i);
                      i[axis] += begin;
                      result.at(i) = value;
                    });
                    begin += part.shape[axis];
                  }
                  return result.tensor();
                }};
  };
  const auto join = [](std::vector<Variable> parts, int dim) {
    return [parts, dim] { autograd::cat(parts, dim); };
  };
  return row(
      {sample("rows", {{2, 3}, {1, 3}, {2, 3}}, 0, 0), sample("columns", {{2, 3}, {2, 1}}, -1, 1),
       sample("one", {{2, 3}}, 0, 0), sample("with an empty one", {{2, 3}, {0, 3}}, 0, 0),
       sample("five", {{1}, {2}, {3}, {1}, {1}}, 0, 0)},
      {{.name = "none", .call = join({}, 0), .error = Throws::kValueError, .message = {"none"}},
       {.name = "other sizes",
        .call = join({zeros({2, 3}), zeros({2, 4})}, 0),
        .error = Throws::kShapeError,
        .message = {"[2,3]", "[2,4]"}},
       {.name = "0-d",
        .call = join({scalar(1), scalar(2)}, 0),
        .error = Throws::kShapeError,
        .message = {"0-d"}}});
}

OpRow to() {
  const auto sample = [](std::string name, const Shape& shape, DType dtype,
                         double (*reference)(double)) -> Sample {
    return {.name = std::move(name),
            .inputs = {values(shape, -3, 3)},
            .call = [dtype](Inputs x) { return autograd::to(x[0], dtype); },
            .reference = [reference](Values x) { return map(x[0], reference); },
            .differentiable = dtype == DType::kF64};
  };
  const auto same = [](double x) { return x; };
  return row({sample("f64", {3, 4}, DType::kF64, same), sample("f32", {3, 4}, DType::kF32, same),
              sample("i64", {3, 4}, DType::kI64,
                     [](double x) { return static_cast<double>(static_cast<std::int64_t>(x)); }),
              sample("0-d", {}, DType::kF64, same), sample("empty", {0}, DType::kF64, same),
              renamed("channels-last", {2, 3, 2, 2},
                      [](V x) { return autograd::to(x, Layout::kChannelsLast); }, {2, 3, 2, 2}),
              renamed("row-major", {3, 4}, [](V x) { return autograd::to(x, Layout::kRowMajor); },
                      {3, 4})},
             {undefined([](V x) { return autograd::to(x, DType::kF64); }),
              refused("channels-last of 2-d",
                      [](V x) {
                        return autograd::to(autograd::transpose(x, 0, 1), Layout::kChannelsLast);
                      },
                      Throws::kShapeError, {"4 dimensions", "[3,2]"})});
}

}  // namespace tenon::autograd::testing::rows

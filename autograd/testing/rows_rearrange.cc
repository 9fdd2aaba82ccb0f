#include <utility>

#include "autograd/ops.h"
#include "autograd/testing/reference.h"
#include "autograd/testing/rows.h"
#include "autograd/testing/rows_moves.h"

namespace tenon::autograd::testing::rows {
namespace {

/// Zeros where `keep(row, column)` says no.
template <class Call, class Keep>
Sample triangle(std::string name, const Shape& shape, Call call, Keep keep) {
  return {.name = std::move(name),
          .inputs = {values(shape, -100, 100)},
          .call = [call](Inputs x) { return call(x[0]); },
          .reference =
              [keep](Values x) {
                Array result(x[0]);
                for_each_index(result.shape, [&](const Dims& i) {
                  if (!keep(i[i.size() - 2], i.back())) result.at(i) = 0;
                });
                return result.tensor();
              }};
}

template <class Triangle, class Keep>
OpRow triangles(Triangle part, Keep keep) {
  const auto at = [part](std::int64_t diagonal) { return [=](V x) { return part(x, diagonal); }; };
  const auto kept = [keep](std::int64_t diagonal) {
    return [=](std::int64_t r, std::int64_t c) { return keep(c - r, diagonal); };
  };
  return row(
      {triangle("square", {4, 4}, at(0), kept(0)), triangle("above", {3, 5}, at(2), kept(2)),
       triangle("below", {5, 3}, at(-1), kept(-1)), triangle("batch", {2, 3, 3}, at(0), kept(0)),
       triangle("far right", {2, 3}, at(INT64_MAX), kept(9)),
       triangle("far left", {2, 3}, at(INT64_MIN), kept(-9)),
       triangle("empty", {0, 3}, at(0), kept(0))},
      {{.name = "1-d",
        .call = [at] { at(0)(zeros({3})); },
        .error = Throws::kShapeError,
        .message = {"2 dimensions", "[3]"}},
       undefined(at(0))});
}

}  // namespace

OpRow flip() {
  const auto by = [](std::vector<int> dims) {
    return [dims](V x) { return autograd::flip(x, dims); };
  };
  const auto source = [](std::vector<int> dims, Shape shape) {
    return [=](Dims i) {
      for (const int d : dims) i[d] = shape[d] - 1 - i[d];
      return i;
    };
  };
  return row(
      {moved("rows", {3, 4}, by({0}), {3, 4}, source({0}, {3, 4})),
       moved("columns", {3, 4}, by({-1}), {3, 4}, source({1}, {3, 4})),
       moved("outer and inner", {2, 3, 4}, by({2, 0}), {2, 3, 4}, source({0, 2}, {2, 3, 4})),
       moved("no dimension", {3}, by({}), {3}, source({}, {3})),
       moved("empty", {0, 2}, by({0, 1}), {0, 2}, source({}, {0, 2}))},
      {refused("dim out of range", by({2}), Throws::kIndexError, {"2"}),
       refused("dim twice", by({0, -2}), Throws::kShapeError, {"0 twice"}), undefined(by({}))});
}

OpRow roll() {
  const auto by = [](std::int64_t shift, int dim) {
    return [=](V x) { return autograd::roll(x, shift, dim); };
  };
  const auto source = [](std::int64_t shift, int dim, std::int64_t size) {
    return [=](Dims i) {
      i[dim] = ((i[dim] - shift) % size + size) % size;
      return i;
    };
  };
  return row({moved("up", {5}, by(2, 0), {5}, source(2, 0, 5)),
              moved("down", {2, 5}, by(-1, 1), {2, 5}, source(-1, 1, 5)),
              moved("more than a turn", {4, 2}, by(7, 0), {4, 2}, source(7, 0, 4)),
              moved("not at all", {3}, by(0, -1), {3}, source(0, 0, 3)),
              moved("farthest", {3}, by(INT64_MIN, 0), {3}, source(INT64_MIN % 3, 0, 3)),
              moved("empty", {0, 2}, by(1, 0), {0, 2}, source(0, 1, 2))},
             {refused("dim out of range", by(1, 2), Throws::kIndexError, {"2"}),
              {.name = "0-d",
               .call = [] { autograd::roll(scalar(1), 1, 0); },
               .error = Throws::kShapeError,
               .message = {"0-d"}},
              undefined(by(1, 0))});
}

OpRow repeat() {
  const auto by = [](Shape counts) { return [=](V x) { return autograd::repeat(x, counts); }; };
  const auto source = [](Shape shape) {
    return [=](const Dims& i) {
      Dims from = shape;
      const int lead = i.size() - shape.size();
      for (int d = 0; d < shape.size(); ++d) from[d] = i[lead + d] % shape[d];
      return from;
    };
  };
  return row(
      {moved("columns", {2, 3}, by({1, 2}), {2, 6}, source({2, 3})),
       moved("both", {2, 3}, by({3, 2}), {6, 6}, source({2, 3})),
       moved("leading dimension", {3}, by({2, 2}), {2, 6}, source({3})),
       moved("0-d", {}, by({4}), {4}, source({})), moved("0-d alone", {}, by({}), {}, source({})),
       moved("no times", {2, 3}, by({1, 0}), {2, 0}, source({2, 3})),
       moved("of empty", {0, 3}, by({2, 1}), {0, 3}, source({0, 3}))},
      {refused("too few counts", by({2}), Throws::kShapeError, {"[2,3]", "[2]"}),
       refused("negative count", by({1, -1}), Throws::kShapeError, {"[1,-1]"}),
       refused("more elements than can be counted", by({INT64_MAX, 1}), Throws::kShapeError,
               {"2^63 - 1"}),
       undefined(by({1, 1}))});
}

OpRow tril() {
  return triangles([](V x, std::int64_t d) { return autograd::tril(x, d); },
                   [](std::int64_t right, std::int64_t d) { return right <= d; });
}

OpRow triu() {
  return triangles([](V x, std::int64_t d) { return autograd::triu(x, d); },
                   [](std::int64_t right, std::int64_t d) { return right >= d; });
}

}  // namespace tenon::autograd::testing::rows

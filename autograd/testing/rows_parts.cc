#include <algorithm>
#include <utility>

#include "autograd/ops.h"
#include "autograd/testing/reference.h"
#include "autograd/testing/rows.h"
#include "autograd/testing/rows_moves.h"

namespace tenon::autograd::testing::rows {
namespace {

/// The index of x from which part `begin`.. along `dim` came.
auto from(int dim, std::int64_t begin) {
  return [=](Dims i) {
    i[dim] += begin;
    return i;
  };
}

/// Two parts of equal size multiplied: both, and not the others, get gradients.
template <class Parts>
Sample product(std::string name, const Shape& shape, Parts parts, int dim, std::int64_t first,
               std::int64_t second, std::int64_t size) {
  Sample sample = moved(
      std::move(name), shape, [](V x) { return x; }, shape, from(dim, 0));
  sample.inputs = {values(shape, -8, 8)};
  sample.call = [=](Inputs x) {
    const std::vector<Variable> all = parts(x[0]);
    return autograd::mul(all[static_cast<std::size_t>(first / size)],
                         all[static_cast<std::size_t>(second / size)]);
  };
  sample.reference = [=](Values x) {
    Shape part = shape;
    part[dim] = size;
    const Array whole(x[0]);
    Array result(part);
    for_each_index(part, [&](const Dims& i) {
      result.at(i) = whole.at(from(dim, first)(i)) * whole.at(from(dim, second)(i));
    });
    return result.tensor();
  };
  return sample;
}

}  // namespace

OpRow narrow() {
  const auto part = [](int dim, std::int64_t begin, std::int64_t length) {
    return [=](V x) { return autograd::narrow(x, dim, begin, length); };
  };
  return row({moved("rows", {5, 3}, part(0, 1, 2), {2, 3}, from(0, 1)),
              moved("last columns", {2, 4}, part(-1, 2, 2), {2, 2}, from(1, 2)),
              moved("nothing", {3, 2}, part(0, 3, 0), {0, 2}, from(0, 3)),
              moved("of empty", {0, 2}, part(1, 0, 1), {0, 1}, from(1, 0))},
             {refused("beyond the end", part(1, 2, 2), Throws::kIndexError, {"[2,3]", "2 from 2"}),
              refused("negative begin", part(1, -1, 2), Throws::kIndexError, {"-1"}),
              refused("dim out of range", part(2, 0, 1), Throws::kIndexError, {"2"}),
              undefined(part(0, 0, 1))});
}

OpRow split() {
  const auto part = [](std::int64_t size, int dim, std::size_t i) {
    return [=](V x) { return autograd::split(x, size, dim)[i]; };
  };
  const auto listed = [](std::vector<std::int64_t> sizes, int dim, std::size_t i) {
    return [=](V x) { return autograd::split(x, sizes, dim)[i]; };
  };
  return row(
      {moved("first", {5, 3}, part(2, 0, 0), {2, 3}, from(0, 0)),
       moved("smaller last", {5, 3}, part(2, 0, 2), {1, 3}, from(0, 4)),
       moved("larger than the whole", {2, 3}, part(9, -1, 0), {2, 3}, from(1, 0)),
       moved("sizes", {2, 7}, listed({1, 4, 2}, 1, 1), {2, 4}, from(1, 1)),
       moved("size 0", {2, 3}, listed({0, 3}, 1, 0), {2, 0}, from(1, 0)),
       moved("of empty", {0, 3}, part(2, 0, 0), {0, 3}, from(0, 0)),
       product(
           "two of three", {2, 6}, [](V x) { return autograd::split(x, 2, 1); }, 1, 4, 0, 2)},
      {refused("size 0", part(0, 0, 0), Throws::kValueError, {"0"}),
       refused("sizes that do not add up", listed({1, 1}, 1, 0), Throws::kShapeError,
               {"[2,3]", "[1,1]"}),
       refused("negative size", listed({4, -1}, 1, 0), Throws::kShapeError, {"[4,-1]"}),
       refused("dim out of range", part(1, 2, 0), Throws::kIndexError, {"2"}),
       undefined(part(1, 0, 0))});
}

OpRow chunk() {
  const auto part = [](std::int64_t count, int dim, std::size_t i) {
    return [=](V x) { return autograd::chunk(x, count, dim)[i]; };
  };
  return row({moved("two", {4, 3}, part(2, 0, 1), {2, 3}, from(0, 2)),
              moved("5 into 4", {5}, part(4, 0, 2), {1}, from(0, 4)),
              moved("more than there are", {2, 3}, part(9, 1, 2), {2, 1}, from(1, 2)),
              moved("of empty", {0, 3}, part(2, 0, 1), {0, 3}, from(0, 0)),
              product(
                  "both", {6, 2}, [](V x) { return autograd::chunk(x, 2); }, 0, 0, 3, 3)},
             {refused("none", part(0, 0, 0), Throws::kValueError, {"0"}),
              refused("dim out of range", part(1, 2, 0), Throws::kIndexError, {"2"}),
              undefined(part(1, 0, 0))});
}

OpRow diagonal() {
  const auto of = [](std::int64_t offset, int dim0, int dim1) {
    return [=](V x) { return autograd::diagonal(x, offset, dim0, dim1); };
  };
  // The result's last index walks both dimensions; the others keep their order.
  const auto source = [](std::int64_t row, std::int64_t column, int dim0, int dim1) {
    return [=](Dims i) {
      const std::int64_t step = i.back();
      i.erase(i.size() - 1);
      const std::pair<int, std::int64_t> a{dim0, row + step}, b{dim1, column + step};
      for (const auto& [dim, index] : {std::min(a, b), std::max(a, b)}) i.insert(dim, index);
      return i;
    };
  };
  return row({moved("square", {3, 3}, of(0, 0, 1), {3}, source(0, 0, 0, 1)),
              moved("above", {3, 4}, of(1, 0, 1), {3}, source(0, 1, 0, 1)),
              moved("below", {4, 3}, of(-2, 0, 1), {2}, source(2, 0, 0, 1)),
              moved("outside", {2, 3}, of(7, 0, 1), {0}, source(0, 0, 0, 1)),
              moved("outer two", {2, 3, 2}, of(0, 0, -1), {3, 2}, source(0, 0, 0, 2)),
              moved("swapped", {2, 3, 4}, of(1, 2, 0), {3, 1}, source(0, 1, 2, 0)),
              moved("of empty", {0, 3}, of(0, 0, 1), {0}, source(0, 0, 0, 1))},
             {refused("one dimension twice", of(0, 1, -1), Throws::kShapeError, {"1", "twice"}),
              refused("dim out of range", of(0, 0, 2), Throws::kIndexError, {"2"}),
              {.name = "1-d",
               .call = [] { autograd::diagonal(zeros({3})); },
               .error = Throws::kShapeError,
               .message = {"2 dimensions", "[3]"}},
              undefined(of(0, 0, 1))});
}

OpRow unflatten() {
  const auto to = [](int dim, Shape sizes) {
    return [=](V x) { return autograd::unflatten(x, dim, sizes); };
  };
  return row(
      {renamed("last", {2, 6}, to(-1, {2, 3}), {2, 2, 3}),
       renamed("first", {6, 2}, to(0, {3, -1}), {3, 2, 2}),
       renamed("one size", {2, 3}, to(1, {3}), {2, 3}),
       renamed("of empty", {2, 0}, to(1, {0, 5}), {2, 0, 5})},
      {refused("other product", to(1, {2, 2}), Throws::kShapeError, {"[2,3]", "[2,2]"}),
       refused("does not divide", to(1, {2, -1}), Throws::kShapeError, {"[2,-1]"}),
       refused("dim out of range", to(2, {3}), Throws::kIndexError, {"2"}), undefined(to(0, {2}))});
}

OpRow movedim() {
  const auto move = [](int a, int b) { return [=](V x) { return autograd::movedim(x, a, b); }; };
  const auto source = [](int a, int b) {
    return [=](Dims i) {
      const std::int64_t index = i[b];
      i.erase(b);
      i.insert(a, index);
      return i;
    };
  };
  return row({moved("first to last", {2, 3, 4}, move(0, -1), {3, 4, 2}, source(0, 2)),
              moved("last to first", {2, 3, 4}, move(-1, 0), {4, 2, 3}, source(2, 0)),
              moved("in place", {2, 3}, move(1, 1), {2, 3}, source(1, 1)),
              moved("of empty", {0, 3}, move(0, 1), {3, 0}, source(0, 1))},
             {refused("from out of range", move(2, 0), Throws::kIndexError, {"2"}),
              refused("to out of range", move(0, -3), Throws::kIndexError, {"-3"}),
              undefined(move(0, 0))});
}

OpRow stack() {
  const auto sample = [](std::string name, const Shape& shape, int count, int dim,
                         int axis) -> Sample {
    std::vector<Tensor> parts;
    for (int i = 0; i < count; ++i) {
      parts.push_back(values(shape, -100, 100, static_cast<std::uint64_t>(i) + 1));
    }
    return {.name = std::move(name),
            .inputs = std::move(parts),
            .call = [dim](Inputs x) { return autograd::stack(x, dim); },
            .reference =
                [axis](Values x) {
                  Shape wide = x[0].shape();
                  wide.insert(axis, static_cast<std::int64_t>(x.size()));
                  std::vector<Array> parts(x.begin(), x.end());
                  Array result(wide);
                  for_each_index(wide, [&](Dims i) {
                    double& to = result.at(i);
                    const auto part = static_cast<std::size_t>(i[axis]);
                    i.erase(axis);
                    to = parts[part].at(i);
                  });
                  return result.tensor();
                }};
  };
  const auto join = [](std::vector<Variable> parts, int dim) {
    return [parts, dim] { autograd::stack(parts, dim); };
  };
  return row(
      {sample("first", {2, 3}, 3, 0, 0), sample("last", {2, 3}, 2, -1, 2),
       sample("middle", {2, 3}, 2, 1, 1), sample("0-d", {}, 4, 0, 0), sample("one", {3}, 1, 0, 0),
       sample("of empty", {0, 2}, 2, 1, 1)},
      {{.name = "none", .call = join({}, 0), .error = Throws::kValueError, .message = {"none"}},
       {.name = "other sizes",
        .call = join({zeros({2, 3}), zeros({2, 4})}, 0),
        .error = Throws::kShapeError,
        .message = {"[2,3]", "[2,4]"}},
       {.name = "dim out of range",
        .call = join({zeros({2})}, 2),
        .error = Throws::kIndexError,
        .message = {"2"}}});
}

OpRow clone() {
  const auto copy = [](V x) { return autograd::clone(x); };
  return row({renamed("2-d", {3, 4}, copy, {3, 4}), renamed("0-d", {}, copy, {}),
              renamed("empty", {0, 2}, copy, {0, 2})},
             {undefined(copy)});
}

}  // namespace tenon::autograd::testing::rows

// What the rows of operations that only move elements are built from.
#ifndef TENON_AUTOGRAD_TESTING_ROWS_MOVES_H_
#define TENON_AUTOGRAD_TESTING_ROWS_MOVES_H_

#include <string>
#include <utility>
#include <vector>

#include "autograd/testing/op_table.h"
#include "autograd/testing/reference.h"
#include "autograd/testing/rows.h"

namespace tenon::autograd::testing::rows {

/// An operation that moves elements: `source(index of the result)` is the index of x it came from.
template <class Call, class Source>
Sample moved(std::string name, const Shape& shape, Call call, const Shape& result, Source source) {
  return {.name = std::move(name),
          .inputs = {values(shape, -100, 100)},
          .call = [call](Inputs x) { return call(x[0]); },
          .reference =
              [result, source](Values x) {
                const Array from(x[0]);
                Array to(result);
                for_each_index(result, [&](const Dims& i) { to.at(i) = from.at(source(i)); });
                return to.tensor();
              }};
}

/// An operation that gives the same elements, in row-major order, another shape.
template <class Call>
Sample renamed(std::string name, const Shape& shape, Call call, const Shape& result) {
  return {.name = std::move(name),
          .inputs = {values(shape, -100, 100)},
          .call = [call](Inputs x) { return call(x[0]); },
          .reference =
              [result](Values x) {
                Array to(result);
                to.values = Array(x[0]).values;
                return to.tensor();
              }};
}

template <class Call>
BadInput refused(std::string name, Call call, Throws error, std::vector<std::string> message) {
  return {.name = std::move(name),
          .call =
              [call] {
                call(Variable(zeros({2, 3})));
              },
          .error = error,
          .message = std::move(message)};
}

template <class Call>
BadInput undefined(Call call) {
  return {.name = "undefined argument",
          .call = [call] { call(Variable()); },
          .error = Throws::kValueError,
          .message = {"undefined"}};
}

inline OpRow row(std::vector<Sample> samples, std::vector<BadInput> bad) {
  return {.name = {},
          .dtypes = numeric(),
          .samples = std::move(samples),
          .bad = std::move(bad),
          .tolerance = 1};
}

using V = const Variable&;

}  // namespace tenon::autograd::testing::rows

#endif  // TENON_AUTOGRAD_TESTING_ROWS_MOVES_H_

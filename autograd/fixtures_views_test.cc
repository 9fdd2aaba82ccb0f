// Writes in place to views and through what they are views of: values, gradients and second
// derivatives agree with PyTorch's (testdata/make_views.py).
#include <vector>

#include "autograd/ops.h"
#include "autograd/testing/fixtures.h"
#include "gtest/gtest.h"

namespace tenon::autograd {
namespace {

using testing::In;
using V = const Variable&;

Variable slice_add(V x, V y) {
  const Variable b = x * 2;
  slice(b, 0, 1, 3).add_(y);
  return square(b);
}

Variable masked_column(V x, V y) {
  const Variable b = x * y;
  select(b, 1, 1).masked_fill_(tensor({1, 0, 1}).to(DType::kBool), 3);
  return square(b);
}

Variable rows(V x, V y) {
  const Variable out(zeros({3, 4}, x.value().options()));
  for (int i = 0; i < 3; ++i) select(out, 0, i).copy_(select(x, 0, i) * y);
  return square(out) * x;
}

Variable view_of_views(V x, V y) {
  const Variable b = x * 3;
  slice(slice(transpose(b, 0, 1), 0, 1, 3), 1, 0, 2).mul_(slice(y, 0, 0, 2));
  return exp(b);
}

Variable siblings(V x, V y) {
  const Variable b = x * 1;
  const Variable row = select(b, 0, 0), corner = slice(slice(b, 0, 0, 2), 1, 1);
  corner.mul_(slice(y, 0, 1));
  return square(row) + sum(square(corner)) + b;
}

Variable base_first(V x, V y) {
  const Variable b = x * 1;
  const Variable turned = transpose(b, 0, 1);
  b.mul_(y);
  return square(turned);
}

Variable one_after_the_other(V x, V y) {
  const Variable b = x * 1;
  const Variable row = select(b, 0, 1);
  row.add_(y);
  row.mul_(y);
  slice(b, 0, 1).div_(2 + square(y));
  b.sub_(select(y, 0, 0));
  return square(b) * row;
}

Variable repeated(V x, V y) {
  const Variable b = slice(x, 0, 0, 1) * 1;
  const Variable wide = expand(b, {3, 4});
  b.mul_(y);
  return square(wide) * x;
}

Variable on_the_diagonal(V x, V y) {
  const Variable b = slice(x * 1, 1, 0, 3);
  diagonal(b).copy_(slice(y, 0, 0, 3));
  return square(b) * select(y, 0, 3);
}

Variable numbers(V x, V y) {
  const Variable b = x * y;
  select(b, 0, 0).add_(2).mul_(3);
  select(b, 0, 1).zero_();
  return square(b);
}

using Function = Variable (*)(V, V);

template <Function function>
Variable value(const In& in) {
  return function(in["x"], in["y"]);
}

template <Function function>
Variable squared_gradients(const In& in) {
  const std::vector<Variable> inputs{in["x"], in["y"]};
  const std::vector<Variable> loss{sum(square(function(inputs[0], inputs[1])))};
  const std::vector<Variable> grads = grad(loss, inputs, {}, {.create_graph = true});
  return sum(square(grads[0])) + sum(square(grads[1]));
}

const testing::Expressions kExpressions = {
    {"slice_add", value<slice_add>},
    {"slice_add_twice", squared_gradients<slice_add>},
    {"masked_column", value<masked_column>},
    {"masked_column_twice", squared_gradients<masked_column>},
    {"rows", value<rows>},
    {"rows_twice", squared_gradients<rows>},
    {"view_of_views", value<view_of_views>},
    {"view_of_views_twice", squared_gradients<view_of_views>},
    {"siblings", value<siblings>},
    {"siblings_twice", squared_gradients<siblings>},
    {"base_first", value<base_first>},
    {"base_first_twice", squared_gradients<base_first>},
    {"one_after_the_other", value<one_after_the_other>},
    {"one_after_the_other_twice", squared_gradients<one_after_the_other>},
    {"repeated", value<repeated>},
    {"repeated_twice", squared_gradients<repeated>},
    {"diagonal", value<on_the_diagonal>},
    {"diagonal_twice", squared_gradients<on_the_diagonal>},
    {"numbers", value<numbers>},
    {"numbers_twice", squared_gradients<numbers>},
};

TEST(Fixtures, WritesToViewsAgreeWithPyTorch) {
  testing::expect_fixtures("autograd/testdata/views.txt", kExpressions, DType::kF64, 1e-11);
}

}  // namespace
}  // namespace tenon::autograd

// grad(): gradients of chosen outputs with respect to chosen inputs.
#include <vector>

#include "autograd/ops.h"
#include "autograd/record.h"
#include "autograd/variable.h"
#include "gtest/gtest.h"

namespace tenon::autograd {
namespace {

using Numbers = std::vector<float>;

Variable leaf(std::initializer_list<float> values) { return Variable(tensor(values), true); }
Numbers numbers(const Variable& x) { return x.value().to_vector<float>(); }

std::vector<Variable> grad_of(const Variable& y, const std::vector<Variable>& inputs,
                              const GradOptions& options = {}) {
  return grad({&y, 1}, inputs, {}, options);
}

/// x itself; counts how often its rule runs.
Variable counted(const Variable& x, int* runs) {
  return record(
      "counted", x.value(),
      [runs](Gradients& g) {
        ++*runs;
        g.set(0, g.output());
      },
      x);
}

TEST(Grad, TouchesNoGradient) {
  const Variable x = leaf({2}), w = leaf({3});
  const auto grads = grad_of(x * w, {x, w});
  EXPECT_EQ(numbers(grads[0]), Numbers{3});
  EXPECT_EQ(numbers(grads[1]), Numbers{2});
  EXPECT_FALSE(x.grad().defined());
  EXPECT_FALSE(w.grad().defined());
}

TEST(Grad, OfIntermediateResults) {
  const Variable x = leaf({2});
  const Variable y = square(x), z = y * x;
  const auto grads = grad_of(z, {y, x});
  EXPECT_EQ(numbers(grads[0]), Numbers{2});
  EXPECT_EQ(numbers(grads[1]), Numbers{12});
}

TEST(Grad, OfAnOutputWithRespectToItself) {
  const Variable x = leaf({2});
  const Variable y = square(x);
  EXPECT_EQ(numbers(grad_of(y, {y})[0]), Numbers{1});
  EXPECT_EQ(numbers(grad_of(x, {x})[0]), Numbers{1});
}

TEST(Grad, SumsOverOutputsWithTheirGradients) {
  const Variable x = leaf({1, 2});
  const Variable outputs[] = {square(x), x * 3};
  const Variable seeds[] = {Variable(tensor({1, 10})), Variable(tensor({1, 1}))};
  const auto grads = grad(outputs, {&x, 1}, seeds);
  EXPECT_EQ(numbers(grads[0]), (Numbers{5, 43}));
}

TEST(Grad, OfTheSameInputTwice) {
  const Variable x = leaf({3});
  const auto grads = grad_of(square(x), {x, x});
  EXPECT_EQ(numbers(grads[0]), Numbers{6});
  EXPECT_EQ(numbers(grads[1]), Numbers{6});
}

TEST(Grad, DoesNoWorkThatLeadsNowhere) {
  int towards_x = 0, towards_w = 0;
  const Variable x = leaf({2}), w = leaf({3});
  const Variable y = counted(x, &towards_x) * counted(w, &towards_w);
  grad_of(y, {x});
  EXPECT_EQ(towards_x, 1);
  EXPECT_EQ(towards_w, 0);
}

TEST(Grad, StopsAtAChosenResult) {
  int runs = 0;
  const Variable x = leaf({2});
  const Variable y = counted(x, &runs), z = square(y);
  EXPECT_EQ(numbers(grad_of(z, {y})[0]), Numbers{4});
  EXPECT_EQ(runs, 0);
}

TEST(Grad, UnusedInputs) {
  const Variable x = leaf({2}), w = leaf({3});
  EXPECT_THROW(grad_of(square(x), {x, w}), AutogradError);
  const auto grads = grad_of(square(x), {x, w}, {.allow_unused = true});
  EXPECT_EQ(numbers(grads[0]), Numbers{4});
  EXPECT_FALSE(grads[1].defined());
  // An input that was made after the output.
  const Variable y = square(x);
  const Variable later = x * 2;
  EXPECT_FALSE(grad_of(y, {later}, {.allow_unused = true})[0].defined());
}

TEST(Grad, RefusesWhatHasNoGradient) {
  const Variable x = leaf({2}), constant(tensor({1}));
  EXPECT_THROW(grad_of(square(x), {constant}), AutogradError);
  EXPECT_THROW(grad_of(square(x), {Variable()}), AutogradError);
  EXPECT_THROW(grad_of(constant, {x}), AutogradError);
  const Variable y = square(x);
  const Variable two[] = {y, y};
  EXPECT_THROW(grad({&y, 1}, {&x, 1}, two), AutogradError);
}

TEST(Grad, ReleasesAndRetains) {
  const Variable x = leaf({2});
  const Variable y = square(x);
  grad_of(y, {x}, {.retain_graph = true});
  grad_of(y, {x});
  EXPECT_THROW(grad_of(y, {x}), AutogradError);
}

TEST(Grad, OfGradients) {
  const Variable x = leaf({2});
  const Variable y = pow(x, 4);
  const Variable first = grad_of(y, {x}, {.create_graph = true})[0];
  const Variable second = grad_of(first, {x}, {.create_graph = true})[0];
  const Variable third = grad_of(second, {x})[0];
  EXPECT_EQ(numbers(first), Numbers{32});
  EXPECT_EQ(numbers(second), Numbers{48});
  EXPECT_EQ(numbers(third), Numbers{48});
  EXPECT_FALSE(third.requires_grad());
}

TEST(Grad, ThroughAGradientPenalty) {
  // d/dw (d(w x^2)/dx)^2 = d/dw (2 w x)^2 = 8 w x^2
  const Variable x = leaf({3}), w = leaf({2});
  const Variable slope = grad_of(w * square(x), {x}, {.create_graph = true})[0];
  square(slope).backward();
  EXPECT_EQ(numbers(w.grad()), Numbers{144});
}

}  // namespace
}  // namespace tenon::autograd

#include "autograd/variable.h"

#include <string>
#include <thread>
#include <vector>

#include "autograd/ops.h"
#include "gtest/gtest.h"
#include "tensor/allocator.h"

namespace tenon::autograd {
namespace {

Variable leaf(std::initializer_list<float> values) { return Variable(tensor(values), true); }

std::vector<float> numbers(const Variable& x) { return x.value().to_vector<float>(); }
using Numbers = std::vector<float>;

/// The message of the Error that `call` throws.
template <class Error, class Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Variable, UndefinedHasNoValue) {
  const Variable none;
  EXPECT_FALSE(none.defined());
  EXPECT_FALSE(none.value().defined());
  EXPECT_FALSE(Variable(Tensor()).defined());
  EXPECT_THROW(none.requires_grad(), AutogradError);
  EXPECT_THROW(none.backward(), AutogradError);
  EXPECT_THROW(none.grad(), AutogradError);
}

TEST(Variable, OnlyFloatingValuesCanRequireGradients) {
  const Tensor integers = zeros({2}, {.dtype = DType::kI64});
  EXPECT_THROW(Variable(integers, true), DTypeError);
  const Variable constant(integers);
  EXPECT_THROW(constant.set_requires_grad(true), DTypeError);
  EXPECT_FALSE(constant.requires_grad());
}

TEST(Variable, LeavesAndResults) {
  const Variable x = leaf({1, 2}), constant(tensor({3, 4}));
  const Variable y = x * constant, z = constant * constant;
  EXPECT_TRUE(x.is_leaf());
  EXPECT_FALSE(y.is_leaf());
  EXPECT_TRUE(y.requires_grad());
  EXPECT_TRUE(z.is_leaf());
  EXPECT_FALSE(z.requires_grad());
  EXPECT_THROW(y.set_requires_grad(false), AutogradError);
  EXPECT_TRUE(contains(message_of<AutogradError>([&] { y.set_value(zeros({2})); }), "[mul]"));
}

TEST(Variable, CopiesNameTheSameVariable) {
  const Variable x = leaf({1}), same = x;
  EXPECT_TRUE(x.same_as(same));
  EXPECT_FALSE(x.same_as(Variable(x.value(), true)));
  square(same).backward();
  EXPECT_EQ(numbers(x.grad()), Numbers{2});
}

TEST(Backward, AccumulatesUntilForgotten) {
  const Variable x = leaf({1, 2});
  sum(square(x)).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{2, 4}));
  sum(x * 3).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{5, 7}));
  x.zero_grad();
  EXPECT_FALSE(x.grad().defined());
}

TEST(Backward, AccumulatesWithinOnePass) {
  const Variable x = leaf({3});
  (x * x * x + x).backward();
  EXPECT_EQ(numbers(x.grad()), Numbers{28});
}

TEST(Backward, StartsFromTheGivenGradient) {
  const Variable x = leaf({1, 2});
  square(x).backward(Variable(tensor({10, 100})));
  EXPECT_EQ(numbers(x.grad()), (Numbers{20, 400}));
}

TEST(Backward, OfALeafIsTheGradientItself) {
  const Variable x = leaf({5});
  x.backward();
  x.backward();
  EXPECT_EQ(numbers(x.grad()), Numbers{2});
}

TEST(Backward, DoesNotKeepTheGivenGradientsElements) {
  const Variable x = leaf({1, 2});
  const Tensor seed = tensor({1, 1});
  x.backward(Variable(seed));
  x.backward(Variable(seed));
  EXPECT_EQ(seed.to_vector<float>(), (Numbers{1, 1}));
  EXPECT_EQ(numbers(x.grad()), (Numbers{2, 2}));
}

TEST(Backward, AGradientInHandIsNotChangedByTheNext) {
  const Variable x = leaf({1, 2});
  sum(x * 3).backward();
  const Tensor first = x.grad().value();
  sum(x * 3).backward();
  EXPECT_EQ(first.to_vector<float>(), (Numbers{3, 3}));
  EXPECT_EQ(numbers(x.grad()), (Numbers{6, 6}));
}

TEST(Backward, SkipsWhatNeedsNoGradient) {
  const Variable x = leaf({1, 2}), constant(tensor({3, 4}));
  sum(x * constant).backward();
  EXPECT_FALSE(constant.grad().defined());
}

TEST(Backward, RefusesWhatItCannotStartFrom) {
  const Variable x = leaf({1, 2}), constant(tensor({1}));
  EXPECT_TRUE(contains(message_of<AutogradError>([&] { constant.backward(); }), "does not"));
  EXPECT_TRUE(contains(message_of<AutogradError>([&] { square(x).backward(); }), "[2]"));
  const std::string shapes = message_of<ShapeError>([&] {
    square(x).backward(Variable(tensor({1, 2, 3})));
  });
  EXPECT_TRUE(contains(shapes, "[2]") && contains(shapes, "[3]")) << shapes;
  EXPECT_THROW(square(x).backward(Variable(zeros({2}, {.dtype = DType::kF64}))), DTypeError);
  EXPECT_FALSE(x.grad().defined());
}

TEST(Backward, TwiceIsAnErrorThatNamesTheOperation) {
  const Variable x = leaf({2});
  const Variable y = exp(x);
  y.backward();
  const Numbers before = numbers(x.grad());
  const std::string message = message_of<AutogradError>([&] { y.backward(); });
  EXPECT_TRUE(contains(message, "[exp]") && contains(message, "retain_graph")) << message;
  EXPECT_EQ(numbers(x.grad()), before);
}

TEST(Backward, TwiceThroughASharedTrunkIsAnError) {
  const Variable x = leaf({2});
  const Variable trunk = square(x);
  const Variable a = trunk * 2, b = trunk * 3;
  a.backward();
  EXPECT_TRUE(contains(message_of<AutogradError>([&] { b.backward(); }), "[square]"));
}

TEST(Backward, RetainsTheGraphWhereAsked) {
  const Variable x = leaf({2});
  const Variable y = square(x) * x;
  y.backward({}, {.retain_graph = true});
  y.backward({}, {.retain_graph = true});
  y.backward();
  EXPECT_EQ(numbers(x.grad()), Numbers{36});
  EXPECT_THROW(y.backward(), AutogradError);
}

TEST(Backward, CreatesAGraphForHigherDerivatives) {
  const Variable x = leaf({2});
  pow(x, 3).backward({}, {.create_graph = true});
  const Variable first = x.grad();
  EXPECT_EQ(numbers(first), Numbers{12});
  EXPECT_TRUE(first.requires_grad());
  x.zero_grad();
  first.backward();
  EXPECT_EQ(numbers(x.grad()), Numbers{12});
  EXPECT_FALSE(x.grad().requires_grad());
}

TEST(Backward, CreatedGraphsAccumulateDifferentiably) {
  const Variable x = leaf({2});
  square(x).backward({}, {.create_graph = true});
  pow(x, 3).backward({}, {.create_graph = true});  // grad = 2x + 3x^2
  const Variable total = x.grad();
  x.zero_grad();
  total.backward();  // 2 + 6x
  EXPECT_EQ(numbers(x.grad()), Numbers{14});
}

TEST(Backward, ReleasesWhatWasSavedAsItGoes) {
  const Variable x(zeros({1 << 16}), true);
  const std::int64_t before = allocator().stats().live_bytes;
  Variable y = x;
  for (int i = 0; i < 10; ++i) y = exp(y);
  const Variable loss = sum(y);
  y = {};
  loss.backward();
  // The gradient is left, and the ten results are gone although the loss is still there.
  EXPECT_LE(allocator().stats().live_bytes - before, 2 * (1 << 16) * 4);
}

TEST(Backward, ConvertsGradientsBackToTheLeafsDtype) {
  const Variable x = leaf({1, 2});
  sum(to(x, DType::kF64) * Variable(full({2}, 3, {.dtype = DType::kF64}))).backward();
  EXPECT_EQ(x.grad().dtype(), DType::kF32);
  EXPECT_EQ(numbers(x.grad()), (Numbers{3, 3}));
  const Variable mixed = leaf({1, 2});
  sum(mixed * Variable(full({2}, 3, {.dtype = DType::kF64}))).backward();
  EXPECT_EQ(mixed.grad().dtype(), DType::kF32);
}

TEST(Backward, IntegerResultsAreConstants) {
  const Variable x = leaf({1.5, 2.5});
  EXPECT_FALSE(to(x, DType::kI64).requires_grad());
}

TEST(Saved, ValueOverwrittenInPlaceIsAnErrorThatNamesTheOperation) {
  const Variable x = leaf({1, 2}), w = leaf({3, 4});
  const Variable y = x * w;
  w.value().fill_(0);
  const std::string message = message_of<AutogradError>([&] { sum(y).backward(); });
  EXPECT_TRUE(contains(message, "[mul]") && contains(message, "[2]")) << message;
  EXPECT_FALSE(x.grad().defined());
}

TEST(Saved, ResultOverwrittenInPlaceIsAnError) {
  const Variable x = leaf({1, 2});
  const Variable y = exp(x);
  y.value().fill_(0);
  EXPECT_TRUE(contains(message_of<AutogradError>([&] { sum(y).backward(); }), "[exp]"));
}

TEST(Saved, WritesThroughAViewAreNoticed) {
  const Variable x(zeros({2, 3}), true);
  const Variable y = square(x);
  x.value().select(0, 1).fill_(5);
  EXPECT_THROW(sum(y).backward(), AutogradError);
}

TEST(Saved, ReplacedValueIsAnError) {
  const Variable x = leaf({1, 2});
  const Variable y = square(x);
  x.set_value(tensor({7, 7}));
  EXPECT_THROW(sum(y).backward(), AutogradError);
}

TEST(Saved, WhatWasNotSavedMayBeOverwritten) {
  const Variable x = leaf({1, 2});
  const Variable y = x + 1;
  x.value().fill_(0);
  sum(y).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{1, 1}));
}

TEST(Detach, SharesElementsOutsideTheGraph) {
  const Variable x = leaf({1, 2});
  const Variable y = square(x), d = y.detach();
  EXPECT_FALSE(d.requires_grad());
  EXPECT_EQ(d.value().raw_data(), y.value().raw_data());
  sum(x * d).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{1, 4}));
}

TEST(NoGrad, RecordsNothingWhileItLives) {
  const Variable x = leaf({1, 2});
  {
    const NoGrad guard;
    EXPECT_FALSE(grad_enabled());
    EXPECT_FALSE(square(x).requires_grad());
    { const NoGrad inner; }
    EXPECT_FALSE(grad_enabled());
  }
  EXPECT_TRUE(grad_enabled());
  EXPECT_TRUE(square(x).requires_grad());
}

TEST(NoGrad, IsOfOneThread) {
  const NoGrad guard;
  bool enabled = false;
  std::thread([&] { enabled = grad_enabled(); }).join();
  EXPECT_TRUE(enabled);
}

TEST(Values, LeavesCanBeReplaced) {
  const Variable x = leaf({1, 2});
  x.set_value(tensor({5, 6, 7}));
  EXPECT_EQ(x.shape(), Shape({3}));
  EXPECT_THROW(x.set_value(Tensor()), AutogradError);
  EXPECT_THROW(x.set_value(zeros({2}, {.dtype = DType::kI32})), DTypeError);
}

TEST(Values, GradientsCanBeSet) {
  const Variable x = leaf({1, 2});
  x.set_grad(Variable(tensor({3, 4})));
  EXPECT_EQ(numbers(x.grad()), (Numbers{3, 4}));
  EXPECT_THROW(x.set_grad(Variable(tensor({3}))), ShapeError);
  x.set_grad({});
  EXPECT_FALSE(x.grad().defined());
}

}  // namespace
}  // namespace tenon::autograd

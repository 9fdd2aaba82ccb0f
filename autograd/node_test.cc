// Rules of one's own, and graphs that go wrong or go deep.
#include "autograd/node.h"

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "autograd/gradcheck.h"
#include "autograd/ops.h"
#include "autograd/record.h"
#include "gtest/gtest.h"
#include "tensor/allocator.h"
#include "tensor/random.h"

namespace tenon::autograd {
namespace {

using Numbers = std::vector<float>;

Variable leaf(std::initializer_list<float> values) { return Variable(tensor(values), true); }
Numbers numbers(const Variable& x) { return x.value().to_vector<float>(); }

Variable cube(const Variable& x) {
  const Tensor y = tenon::mul(tenon::square(x.value()), x.value());
  return record(
      "cube", y, [x = save(x)](Gradients& g) { g.set(0, 3 * square(x.get(g)) * g.output()); }, x);
}

/// (x, 2x): a rule with two outputs.
std::vector<Variable> once_and_twice(const Variable& x) {
  return record_all("once_and_twice", {x.value().clone(), tenon::mul(x.value(), 2)},
                    [](Gradients& g) {
                      if (g.output(0).defined()) g.set(0, g.output(0));
                      if (g.output(1).defined()) g.set(0, g.output(1) * 2);
                    },
                    {&x, 1});
}

TEST(Record, ARuleOfOnesOwnHasAllDerivatives) {
  Generator generator(1);
  const Tensor x = uniform({2, 3}, -1, 1, generator, {.dtype = DType::kF64});
  const CheckedFunction fn = [](std::span<const Variable> in) { return cube(in[0]); };
  EXPECT_TRUE(gradcheck(fn, {&x, 1}).ok()) << gradcheck(fn, {&x, 1});
  EXPECT_TRUE(gradgradcheck(fn, {&x, 1}).ok()) << gradgradcheck(fn, {&x, 1});
}

TEST(Record, GradcheckFindsAWrongRule) {
  const CheckedFunction wrong = [](std::span<const Variable> in) {
    return record(
        "wrong", tenon::square(in[0].value()),
        [x = save(in[0])](Gradients& g) {
          g.set(0, x.get(g) * g.output());  // without the 2
        },
        in[0]);
  };
  const Tensor x = full({2}, 3, {.dtype = DType::kF64});
  const absl::Status status = gradcheck(wrong, {&x, 1});
  EXPECT_FALSE(status.ok());
  EXPECT_NE(status.ToString().find("gradient of input 0 [2] at [0]"), std::string::npos) << status;
  EXPECT_NE(status.ToString().find("2 of 2 elements"), std::string::npos) << status;
  const Tensor f32 = full({2}, 3);
  EXPECT_THROW(gradcheck(wrong, {&f32, 1}).IgnoreError(), DTypeError);
}

TEST(Record, GradgradcheckFindsARuleThatHidesItsInput) {
  const CheckedFunction constant = [](std::span<const Variable> in) {
    return record(
        "hidden", tenon::square(in[0].value()),
        [x = in[0].value()](Gradients& g) { g.set(0, g.output() * Variable(tenon::mul(x, 2))); },
        in[0]);
  };
  const Tensor x = full({2}, 3, {.dtype = DType::kF64});
  EXPECT_TRUE(gradcheck(constant, {&x, 1}).ok());
  EXPECT_FALSE(gradgradcheck(constant, {&x, 1}).ok());
}

TEST(Record, SeveralOutputs) {
  const Variable x = leaf({5});
  std::vector<Variable> y = once_and_twice(x);
  (y[0] + y[1]).backward();
  EXPECT_EQ(numbers(x.grad()), Numbers{3});
  x.zero_grad();
  y = once_and_twice(x);
  (y[1] * 10).backward();  // the first output has no gradient
  EXPECT_EQ(numbers(x.grad()), Numbers{20});
  x.zero_grad();
  y = once_and_twice(x);
  const Variable loss = y[0] * y[1];
  const auto grads = grad({&loss, 1}, y);
  EXPECT_EQ(numbers(grads[0]), Numbers{10});
  EXPECT_EQ(numbers(grads[1]), Numbers{5});
}

TEST(Record, ResultsThatAreNotFloatingAreConstants) {
  const Variable x = leaf({1, 4, 2});
  const std::vector<Variable> y =
      record_all("max_and_place", {tenon::max(x.value()), tenon::argmax(x.value(), 0)},
                 [place = tenon::argmax(x.value(), 0)](Gradients& g) {
                   EXPECT_FALSE(g.output(1).defined());
                   g.set(0, expand(g.output(0), g.shape(0)) * Variable(tenon::one_hot(place, 3)));
                 },
                 {&x, 1});
  EXPECT_TRUE(y[0].requires_grad());
  EXPECT_FALSE(y[1].requires_grad());
  y[0].backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{0, 1, 0}));
}

TEST(Record, AGradientOfTheWrongShapeIsAnErrorThatNamesTheOperation) {
  const Variable x = leaf({1, 2});
  const Variable y = record(
      "summed", tenon::sum(x.value()), [](Gradients& g) { g.set(0, g.output()); }, x);
  try {
    y.backward();
    FAIL() << "nothing was thrown";
  } catch (const AutogradError& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.rfind("[summed] expected a gradient [2] f32 for input 0, got [] f32", 0), 0u)
        << message;
  }
}

TEST(Record, AnExceptionInARuleLeavesEverythingUsable) {
  const Variable x = leaf({2}), w = leaf({3});
  bool fail = true;
  const auto fragile = [&](const Variable& in) {
    return record(
        "fragile", in.value().clone(),
        [&fail](Gradients& g) {
          if (fail) throw std::runtime_error("out of luck");
          g.set(0, g.output());
        },
        in);
  };
  const auto program = [&] { return fragile(square(x)) * w + w * 2 + square(x); };
  const Variable first = program();
  EXPECT_THROW(first.backward({}, {.retain_graph = true}), std::runtime_error);
  EXPECT_FALSE(x.grad().defined());  // all or nothing
  EXPECT_FALSE(w.grad().defined());
  EXPECT_TRUE(grad_enabled());
  fail = false;
  first.backward();  // no gradients are left over in the graph
  EXPECT_EQ(numbers(x.grad()), Numbers{16});
  EXPECT_EQ(numbers(w.grad()), Numbers{6});
  program().backward();
  EXPECT_EQ(numbers(x.grad()), Numbers{32});
}

TEST(Record, ARuleMayRunABackwardOfItsOwn) {
  const Variable w = leaf({3}), x = leaf({2});
  // y = w x, whose rule differentiates a program of its own that uses w, too.
  const Variable y = record(
      "nested", tenon::mul(w.value(), x.value()),
      [w, value = x.value()](Gradients& g) {
        const Variable inner(value, true);
        const GradMode mode(true);
        (inner * w).backward(g.output());
        g.set(0, inner.grad());
      },
      x);
  (y + w * 10).backward();
  EXPECT_EQ(numbers(x.grad()), Numbers{3});
  EXPECT_EQ(numbers(w.grad()), Numbers{12});
}

TEST(Record, AGraphAtWorkIsNotDifferentiatedByAnotherPass) {
  const Variable x = leaf({2});
  const Variable trunk = square(x);
  const Variable y = record(
      "nested", trunk.value().clone(),
      [&](Gradients& g) {
        g.set(0, g.output());  // a gradient waits in trunk now
        const GradMode mode(true);
        (trunk * 3).backward();
      },
      trunk);
  try {
    y.backward();
    FAIL() << "nothing was thrown";
  } catch (const AutogradError& error) {
    EXPECT_NE(std::string(error.what()).find("[square]"), std::string::npos) << error.what();
  }
  EXPECT_FALSE(x.grad().defined());
}

TEST(Record, NothingIsKeptWhereNothingIsRecorded) {
  const Variable constant(tensor({1, 2}));
  const Tensor& value = constant.value();
  const Variable y = square(constant);
  EXPECT_EQ(value.storage()->use_count(), 1u);
  EXPECT_TRUE(y.is_leaf());
}

TEST(Record, SavingTheOwnResultMakesNoCycle) {
  const Variable x(zeros({1000}), true);
  const std::int64_t before = allocator().stats().live_bytes;
  { const Variable y = exp(tanh(sigmoid(x))); }
  EXPECT_EQ(allocator().stats().live_bytes, before);
}

TEST(Record, OnlyWhatARuleSavedStaysAlive) {
  const Variable x(zeros({1000}), true);
  const std::int64_t before = allocator().stats().live_bytes;
  const Variable y = sum((x + 1) + 2);
  EXPECT_LT(allocator().stats().live_bytes - before, 1000);
}

// Deep enough for recursion of any kind to run out of stack.
constexpr int kDeep = 300000;

TEST(Depth, AMillionNodesAreDestroyed) {
  const Variable x = leaf({1});
  Variable y = x;
  for (int i = 0; i < 1000000; ++i) y = y + 1;
  EXPECT_EQ(y.item<float>(), 1000001);
  y = {};
}

TEST(Depth, ManyNodesAreDifferentiated) {
  const Variable x = leaf({1});
  Variable y = x;
  for (int i = 0; i < kDeep; ++i) y = y * 1.0;
  y.backward();
  EXPECT_EQ(numbers(x.grad()), Numbers{1});
}

TEST(Depth, ManyNodesWithSavedValuesAreDestroyed) {
  const Variable x = leaf({1});
  Variable y = x;
  for (int i = 0; i < kDeep; ++i) y = y * x;
  y = {};
}

TEST(Threads, DifferentiateGraphsOfTheirOwn) {
  std::vector<float> results(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < results.size(); ++t) {
    threads.emplace_back([&results, t] {
      const Variable x(scalar(static_cast<double>(t)), true);
      Variable y = x;
      for (int i = 0; i < 200; ++i) y = y + x;
      y.backward();
      results[t] = x.grad().item<float>();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(results, Numbers(4, 201));
}

TEST(Threads, AGraphMayBeDroppedByAnother) {
  Variable y = leaf({1});
  for (int i = 0; i < 10000; ++i) y = y + 1;
  std::thread([dropped = std::move(y)]() mutable { dropped = {}; }).join();
}

}  // namespace
}  // namespace tenon::autograd
